import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileWorker } from '@storytelling/shared/testing/compile-worker';
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { MPEGDecoder } from 'mpg123-decoder';
import { AUDIO_FORMATS, type AudioFormat, type MasteredSegment, type Studio } from '../../src/domain/studio.js';
import { loudnessOf } from '../../src/infrastructure/audio/loudness.js';
import { findPitches } from '../../src/infrastructure/audio/pitch.js';
import { openStudio } from '../../src/infrastructure/audio/studio.js';
import { readWav } from '../../src/infrastructure/audio/wav.js';
import { babble, concatenate, never, part, sound, tone } from './sounds.js';

let worker: Awaited<ReturnType<typeof compileWorker>>;
let room: Studio;
beforeAll(async () => {
  worker = await compileWorker('subgraphs/narration/src', ['infrastructure/audio'], 'infrastructure/audio/worker.ts');
  room = openStudio({ workerUrl: worker.url });
});
afterAll(async () => {
  await room.close();
  await worker.remove();
});

/** By decoders that are not ours, without leaving out what an encoder puts in front unless the file says so. */
async function decoded(file: Uint8Array, format: AudioFormat): Promise<{ samples: Float32Array; sampleRate: number }> {
  if (format === 'wav') return readWav(file, 10_000);
  const decoder = format === 'mp3' ? new MPEGDecoder() : new OggVorbisDecoder();
  await decoder.ready;
  const { channelData, sampleRate, errors } = decoder instanceof MPEGDecoder ? decoder.decode(file) : await decoder.decodeFile(file);
  expect(errors).toEqual([]);
  decoder.free();
  return { samples: channelData[0] ?? new Float32Array(), sampleRate };
}

const master = (samples: Float32Array, format: AudioFormat, { rate = 16_000, sampleRate = 16_000, pauseSeconds = 0.3 } = {}) =>
  room.master(sound(samples, rate), { format, sampleRate, pauseSeconds }, never);
const join = async (segments: readonly MasteredSegment[], format: AudioFormat, sampleRate = 16_000) => {
  const chunks: Uint8Array[] = [];
  const parts = segments.map(({ bytes, durationSeconds }) => part(bytes, durationSeconds));
  for await (const chunk of room.join(parts, { format, sampleRate })) chunks.push(chunk.slice());
  return concatenate(chunks);
};
const peak = (samples: Float32Array) => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe.each(AUDIO_FORMATS)('a segment as %s', (format) => {
  it('is a file of its own, as loud as every other, its peaks below clipping', async () => {
    for (const amplitude of [0.02, 0.3, 0.9]) {
      const segment = await master(babble(170, 3, 16_000, { amplitude, noise: 0.0001 }), format);
      const { samples, sampleRate } = await decoded(segment.bytes, format);
      expect(sampleRate).toBe(16_000);
      expect(Math.abs(samples.length / sampleRate - 3.3)).toBeLessThan(0.15);
      expect(Math.abs((loudnessOf(samples, sampleRate) ?? 0) + 19)).toBeLessThan(1);
      expect(Math.abs((segment.loudness ?? 0) + 19)).toBeLessThan(0.5);
      expect(peak(samples)).toBeLessThan(0.9);
    }
  });

  it('is brought to the rate of its narration', async () => {
    const segment = await master(tone(440, 2, 16_000), format, { rate: 16_000, sampleRate: 24_000 });
    const { samples, sampleRate } = await decoded(segment.bytes, format);
    expect(sampleRate).toBe(24_000);
    const pitches = findPitches(samples, sampleRate, 0.01);
    expect(Math.abs((pitches[Math.floor(pitches.length / 2)] ?? 0) / 440 - 1)).toBeLessThan(0.01);
  });

  it('that is silent stays silent', async () => {
    const segment = await master(new Float32Array(16_000), format);
    expect(segment.loudness).toBeNull();
    expect(peak((await decoded(segment.bytes, format)).samples)).toBeLessThan(0.001);
  });

  it('is where its neighbours’ durations say in the joined file, to 0.1 s after minutes', async () => {
    // Lengths that fit no frame, each with a tone of its own.
    const lengths = [0.313, 0.871, 1.537, 0.05, 2.011];
    const segments: MasteredSegment[] = [];
    for (const [index, length] of lengths.entries()) segments.push(await master(tone(150 + 50 * index, length, 16_000), format));
    const order = Array.from({ length: 60 }, (_, index) => index % lengths.length);
    const whole = await decoded(
      await join(
        order.map((index) => segments[index] as MasteredSegment),
        format,
      ),
      format,
    );
    const total = order.reduce((sum, index) => sum + (segments[index]?.durationSeconds ?? 0), 0);
    expect(Math.abs(whole.samples.length / whole.sampleRate - total)).toBeLessThan(0.1);
    let start = 0;
    for (const index of order) {
      const length = lengths[index] as number;
      const found = onset(whole.samples, whole.sampleRate, start);
      expect(Math.abs(found - start)).toBeLessThan(0.1);
      if (length > 0.3) {
        const middle = whole.samples.subarray((found + 0.1) * whole.sampleRate, (found + length - 0.05) * whole.sampleRate);
        const pitches = findPitches(middle, whole.sampleRate, 0.01);
        expect(Math.abs((pitches[Math.floor(pitches.length / 2)] ?? 0) / (150 + 50 * index) - 1)).toBeLessThan(0.02);
      }
      start += segments[index]?.durationSeconds ?? 0;
    }
  });
});

describe('the joined file says of itself', () => {
  const three = async (format: AudioFormat) => {
    const segments = [await master(tone(200, 1.1, 16_000), format), await master(tone(300, 0.7, 16_000), format)];
    const parts = [segments[0], segments[1], segments[0]] as MasteredSegment[];
    return { whole: Buffer.from(await join(parts, format)), parts };
  };
  const seconds = (parts: readonly MasteredSegment[]) => parts.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);

  it('as MP3, in one Info frame, how many frames and bytes follow, and what the encoder put in front', async () => {
    const { whole, parts } = await three('mp3');
    const tag = whole.indexOf('Info');
    expect(tag).toBe(4 + 9);
    expect(whole.readUInt32BE(tag + 8)).toBe(Math.round((seconds(parts) * 16_000) / 576));
    expect(whole.readUInt32BE(tag + 12)).toBe(whole.length);
    expect(whole.readUIntBE(tag + 116 + 21, 3) >> 12).toBe(576);
    expect(whole.indexOf('Info', tag + 4)).toBe(-1);
    expect(whole.length).toBe(216 + parts.reduce((sum, { bytes }) => sum + bytes.length, 0));
  });

  it('as WAV, in one header, how many bytes of samples follow', async () => {
    const { whole, parts } = await three('wav');
    expect([whole.readUInt32LE(4), whole.readUInt32LE(40)]).toEqual([whole.length - 8, whole.length - 44]);
    expect((whole.length - 44) / 32_000).toBeCloseTo(seconds(parts), 6);
  });

  it('as Ogg, in pages of one stream, numbered, checked and timed by the samples that a decoder has given out', async () => {
    const { whole, parts } = await three('ogg');
    const { samples } = await decoded(whole, 'ogg');
    const flags: number[] = [];
    let position = 0n;
    let number = 0;
    for (let at = 0; at < whole.length; number += 1) {
      const laces = whole.subarray(at + 27, at + 27 + whole.readUInt8(at + 26));
      const page = Buffer.from(whole.subarray(at, at + 27 + laces.length + laces.reduce((sum, lace) => sum + lace, 0)));
      expect(page.toString('latin1', 0, 4)).toBe('OggS');
      expect([page.readUInt32LE(14), page.readUInt32LE(18)]).toEqual([1, number]);
      const crc = page.readUInt32LE(22);
      page.writeUInt32LE(0, 22);
      expect(crc).toBe(oggCrc(page));
      flags.push(page.readUInt8(5));
      expect(page.readBigInt64LE(6)).toBeGreaterThanOrEqual(position);
      position = page.readBigInt64LE(6);
      at += page.length;
    }
    expect(flags).toEqual([2, ...flags.slice(1, -1).map(() => 0), 4]);
    expect(Number(position)).toBe(samples.length);
    expect(Math.abs(samples.length / 16_000 - seconds(parts))).toBeLessThan(0.035);
  });
});

/** Bit by bit, as RFC 3533 describes it. */
function oggCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  }
  return crc >>> 0;
}

/** When sound begins again around `from`, in seconds: before, there is a pause. */
function onset(samples: Float32Array, sampleRate: number, from: number): number {
  let at = Math.max(0, Math.round((from - 0.12) * sampleRate));
  while (at < samples.length && Math.abs(samples[at] as number) < 0.02) at += 1;
  return at / sampleRate;
}
