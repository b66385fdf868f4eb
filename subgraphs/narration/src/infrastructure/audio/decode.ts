// What somebody has sent becomes samples, by what is in it and never by its name. Whoever sends it may be an enemy: nothing is believed, and no more is decoded
// than is needed to know that it is too long.

import { BufferSource, EncodedPacketSink, Input, MATROSKA, MP4, OGG, WEBM } from 'mediabunny';
import { MPEGDecoder } from 'mpg123-decoder';
import { OpusDecoder } from 'opus-decoder';
import { findFrames } from './mp3.js';
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
  if (begins(0, 'OggS') || begins(0, '\u001aE\u00df\u00a3') || begins(4, 'ftyp')) return decodeOpus(file, maxSeconds);
  return decodeMp3(file, maxSeconds);
}

/** Opus in Ogg, WebM or MP4: what browsers record. Of AAC in MP4, there is no decoder under a permissive licence. */
async function decodeOpus(file: Uint8Array, maxSeconds: number): Promise<Waveform> {
  using input = new Input({ source: new BufferSource(file), formats: [OGG, WEBM, MATROSKA, MP4] });
  const track = await input.getPrimaryAudioTrack();
  const config = await track?.getDecoderConfig();
  if (!track || config?.codec !== 'opus' || config.numberOfChannels > 2) throw new Unreadable('no Opus');
  const decoder = new OpusDecoder({ sampleRate: HIGHEST_RATE, channels: config.numberOfChannels });
  await decoder.ready;
  const pieces: Float32Array[] = [];
  let length = 0;
  try {
    for await (const { data } of new EncodedPacketSink(track).packets()) {
      const { channelData, errors } = decoder.decodeFrame(data);
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
  const frames = findFrames(file);
  const [first] = frames;
  if (!first || frames.some(({ frame }) => frame.sampleRate !== first.frame.sampleRate)) throw new Unreadable('no MP3');
  const { sampleRate } = first.frame;
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const pieces: Float32Array[] = [];
  let length = 0;
  try {
    for (const { at, frame } of frames) {
      const { channelData } = decoder.decodeFrame(file.subarray(at, at + frame.bytes));
      const piece = mixDown(channelData);
      pieces.push(piece);
      length += piece.length;
      if (length > maxSeconds * sampleRate) break;
    }
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
