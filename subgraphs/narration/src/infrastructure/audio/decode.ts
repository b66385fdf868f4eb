// What somebody has sent becomes samples, by what is in it and never by its name. Whoever sends it may be an enemy: nothing is believed, and no more is decoded
// than is needed to know that it is too long.

import { MPEGDecoder } from 'mpg123-decoder';
import { OpusDecoder } from 'opus-decoder';
import { findFrames } from './mp3.js';
import { opusInOgg, opusInWebm, type OpusStream } from './opus.js';
import { resample } from './resample.js';
import { readWav, Unreadable, type Waveform } from './wav.js';

/** Above the highest rate of a voice's provider nothing is kept. */
const HIGHEST_RATE = 24_000;

/** Whole; more than `maxSeconds` when there is more, by no more than a frame. Rejects when it cannot be read. */
export async function decode(file: Uint8Array, maxSeconds: number): Promise<Waveform> {
  const waveform = await decodeByContent(file, maxSeconds);
  if (waveform.samples.length === 0) throw new Unreadable('no sound');
  return waveform.sampleRate > HIGHEST_RATE ? resample(waveform, HIGHEST_RATE) : waveform;
}

function decodeByContent(file: Uint8Array, maxSeconds: number): Waveform | Promise<Waveform> {
  const begins = (at: number, letters: string) => Buffer.from(file.subarray(at, at + letters.length)).toString('latin1') === letters;
  if (begins(0, 'RIFF') && begins(8, 'WAVE')) return readWav(file, maxSeconds);
  if (begins(0, 'OggS')) return decodeOpus(opusInOgg(file), maxSeconds);
  if (begins(0, '\u001aE\u00df\u00a3')) return decodeOpus(opusInWebm(file), maxSeconds);
  // Of AAC in MP4, there is no decoder under a permissive licence.
  return decodeMp3(file, maxSeconds);
}

async function decodeOpus({ channels, preSkip, packets }: OpusStream, maxSeconds: number): Promise<Waveform> {
  const decoder = new OpusDecoder({ sampleRate: HIGHEST_RATE, channels, preSkip });
  await decoder.ready;
  const pieces: Float32Array[] = [];
  let length = 0;
  try {
    for (const packet of packets) {
      const { channelData, errors } = decoder.decodeFrame(packet);
      if (errors.length > 0) throw new Unreadable('a packet of Opus is damaged');
      const piece = mixDown(channelData);
      pieces.push(piece);
      length += piece.length;
      if (length > maxSeconds * HIGHEST_RATE) break;
    }
  } finally {
    decoder.free();
  }
  return { samples: concatenate(pieces, length), sampleRate: HIGHEST_RATE };
}

async function decodeMp3(file: Uint8Array, maxSeconds: number): Promise<Waveform> {
  const frames = findFrames(file, maxSeconds);
  const [first] = frames;
  if (!first || frames.some(({ frame }) => frame.sampleRate !== first.frame.sampleRate)) throw new Unreadable('no MP3');
  const { sampleRate } = first.frame;
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const pieces: Float32Array[] = [];
  let length = 0;
  try {
    let damaged = 0;
    for (const { at, frame } of frames) {
      const { channelData, errors } = decoder.decodeFrame(file.subarray(at, at + frame.bytes));
      // The first may lean on frames that were cut away in front of them.
      damaged += errors.length;
      const piece = mixDown(channelData);
      pieces.push(piece);
      length += piece.length;
    }
    if (damaged > 3 + frames.length / 100) throw new Unreadable('frames are damaged');
  } finally {
    decoder.free();
  }
  return { samples: concatenate(pieces, length), sampleRate };
}

function mixDown(channels: readonly Float32Array[]): Float32Array {
  const [left, right] = channels;
  if (!left) return new Float32Array();
  // A decoder may hand out its own memory.
  if (!right) return left.slice();
  return left.map((value, i) => (value + (right[i] as number)) / 2);
}

function concatenate(pieces: readonly Float32Array[], length: number): Float32Array {
  const samples = new Float32Array(length);
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return samples;
}
