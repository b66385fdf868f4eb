import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileWorker } from '@storytelling/shared/testing/compile-worker';
import type { Studio } from '../../src/domain/studio.js';
import { opusInWebm } from '../../src/infrastructure/audio/opus.js';
import { openStudio } from '../../src/infrastructure/audio/studio.js';
import { readWav, writeWav } from '../../src/infrastructure/audio/wav.js';
import { babble, never, sound, tone } from './sounds.js';

let worker: Awaited<ReturnType<typeof compileWorker>>;
let room: Studio;
let webm: Uint8Array;
let mp3: Uint8Array;
beforeAll(async () => {
  worker = await compileWorker('subgraphs/narration/src', ['infrastructure/audio'], 'infrastructure/audio/worker.ts');
  room = openStudio({ workerUrl: worker.url });
  webm = await readFile(join(process.cwd(), 'subgraphs/narration/tests/audio/recordings/chromium.webm'));
  ({ bytes: mp3 } = await room.master(
    sound(babble(150, 4, 16_000), 16_000),
    { format: 'mp3', sampleRate: 16_000, pauseSeconds: 0 },
    never,
  ));
});
afterAll(async () => {
  await room.close();
  await worker.remove();
});

const examine = (file: Uint8Array) => room.examine(file, never);
const code = (file: Uint8Array) => examine(file).then(({ measures }) => `read ${measures.durationSeconds.toFixed(1)} s`, codeOf);
const codeOf = (error: { code?: string; message?: string }) => error.code ?? `failed: ${error.message}`;

/** A WAV whose header says what it is told to. */
function wav(says: { format?: number; channels?: number; rate?: number; bits?: number; data?: Buffer; size?: number } = {}): Uint8Array {
  const { format = 1, channels = 1, rate = 16_000, bits = 16, data = Buffer.alloc(64_000) } = says;
  const size = says.size ?? data.length;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(format, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(0, 28);
  header.writeUInt16LE(((channels * bits) / 8) & 0xffff, 32);
  header.writeUInt16LE(bits, 34);
  header.write('data', 36);
  header.writeUInt32LE(size >>> 0, 40);
  return Buffer.concat([header, data]);
}

/** As phones and Firefox record: packets in Ogg, here one to a page. Repeated, so that it is as long as one likes. */
function ogg(packets: readonly Uint8Array[], times = 1): Uint8Array {
  const head = Buffer.from('OpusHead\u0001\u0001\u0038\u0001\u0080\u00bb\u0000\u0000\u0000\u0000\u0000', 'latin1');
  const tags = Buffer.from('OpusTags\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000', 'latin1');
  const page = (packet: Uint8Array) => {
    const laces = [...Array.from({ length: Math.floor(packet.length / 255) }, () => 255), packet.length % 255];
    const header = Buffer.alloc(27);
    header.write('OggS');
    header.writeUInt32LE(7, 14);
    header[26] = laces.length;
    return Buffer.concat([header, Buffer.from(laces), packet]);
  };
  const sound = Buffer.concat(packets.map(page));
  return Buffer.concat([page(head), page(tags), ...Array.from({ length: times }, () => sound)]);
}

describe('a recording', () => {
  it('that Chromium made is read', async () => {
    const { measures, wav: kept } = await examine(webm);
    expect(measures.durationSeconds).toBeCloseTo(5.4, 0);
    expect(measures.speechSeconds).toBeGreaterThan(3);
    expect(Math.abs((measures.pitch ?? 0) / 170 - 1)).toBeLessThan(0.03);
    expect(readWav(kept, 120)).toMatchObject({ sampleRate: 24_000 });
    expect(readWav(kept, 120).samples.length / 24_000).toBeCloseTo(measures.durationSeconds, 2);
  });

  it('in Ogg is read, as Firefox and phones send it', async () => {
    expect(await code(ogg(opusInWebm(webm).packets))).toMatch(/^read 5\.[2-6] s$/u);
  });

  it('in MP3 is read, with tags before and after it', async () => {
    const id3 = Buffer.concat([Buffer.from('ID3\u0003\u0000\u0000\u0000\u0000\u0001\u0000', 'latin1'), Buffer.alloc(128)]);
    const tag = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)]);
    expect(await code(mp3)).toBe('read 4.1 s');
    expect(await code(Buffer.concat([id3, mp3, tag]))).toBe('read 4.1 s');
  });

  it('in WAV is read in each form that recorders write, mixed down to mono', async () => {
    const samples = babble(150, 2, 16_000);
    const write = (bytes: number, value: (data: Buffer, at: number, sample: number) => void) => {
      const data = Buffer.alloc(samples.length * bytes);
      for (const [index, sample] of samples.entries()) value(data, index * bytes, sample);
      return data;
    };
    const forms: Parameters<typeof wav>[0][] = [
      { bits: 8, data: write(1, (data, at, sample) => data.writeUInt8(Math.round(sample * 127) + 128, at)) },
      { bits: 16, data: write(2, (data, at, sample) => data.writeInt16LE(Math.round(sample * 32_767), at)) },
      { bits: 24, data: write(3, (data, at, sample) => data.writeIntLE(Math.round(sample * 8_388_607), at, 3)) },
      { bits: 32, data: write(4, (data, at, sample) => data.writeInt32LE(Math.round(sample * 2_147_483_647), at)) },
      { bits: 32, format: 3, data: write(4, (data, at, sample) => data.writeFloatLE(sample, at)) },
      { bits: 64, format: 3, data: write(8, (data, at, sample) => data.writeDoubleLE(sample, at)) },
      // Both channels the same, so that their mean is either.
      {
        ...{ bits: 16, channels: 2 },
        data: write(4, (data, at, sample) => {
          data.writeInt16LE(Math.round(sample * 32_767), at);
          data.writeInt16LE(Math.round(sample * 32_767), at + 2);
        }),
      },
    ];
    const { measures: exact } = await examine(writeWav({ samples, sampleRate: 16_000 }));
    for (const form of forms) {
      const { measures } = await examine(wav(form));
      expect(measures.durationSeconds).toBe(2);
      expect(measures.pitch).toBeCloseTo(exact.pitch ?? 0, 1);
      expect(measures.speechLevel).toBeCloseTo(exact.speechLevel, 0);
    }
  });

  it('of a recorder that did not know its size beforehand is read', async () => {
    for (const size of [0, 0xffff_ffff, 0x7fff_ffff]) expect(await code(wav({ size }))).toBe('read 2.0 s');
  });

  it('is kept at 24 kHz at most, and with it nothing else that the file said', async () => {
    const secret = Buffer.concat([Buffer.from('LIST\u0010\u0000\u0000\u0000INFOIART', 'latin1'), Buffer.from('My Name!')]);
    const { wav: kept } = await examine(Buffer.concat([writeWav({ samples: tone(440, 2, 48_000), sampleRate: 48_000 }), secret]));
    expect(readWav(kept, 120)).toMatchObject({ sampleRate: 24_000 });
    expect(kept.length).toBe(44 + 2 * 2 * 24_000);
    expect(Buffer.from(kept).includes('My Name!')).toBe(false);
  });
});

describe('refused as unreadable', () => {
  it.each<[string, () => Uint8Array | Promise<Uint8Array>]>([
    ['nothing', () => new Uint8Array()],
    ['an executable, whatever it is called', async () => (await readFile(process.execPath)).subarray(0, 5_000_000)],
    ['a zip bomb', () => gzipSync(Buffer.alloc(50_000_000))],
    ['text', () => Buffer.from('RIFF of the WAVE '.repeat(1_000))],
    ['a WebM that is cut off', () => webm.subarray(0, webm.length - 10)],
    ['Ogg that is cut off', () => ogg(opusInWebm(webm).packets).subarray(0, -10)],
    ['an MP4', () => Buffer.from('\u0000\u0000\u0000\u0018ftypisom\u0000\u0000\u0002\u0000isomiso2', 'latin1')],
    ['a WAV without samples', () => wav({ data: Buffer.alloc(0) })],
    ['a WAV that is cut off', () => wav({ size: 640_000 })],
    ['a WAV without channels', () => wav({ channels: 0 })],
    ['a WAV of 65,535 channels', () => wav({ channels: 65_535 })],
    ['a WAV of no rate', () => wav({ rate: 0 })],
    ['a WAV of four billion samples a second', () => wav({ rate: 4_000_000_000 })],
    ['a WAV of 7 bits', () => wav({ bits: 7 })],
    ['a WAV of a codec', () => wav({ format: 85 })],
    ['a WAV whose header ends at once', () => wav().subarray(0, 20)],
    ['an MP3 that is cut off', () => mp3.subarray(0, mp3.length - 50)],
    ['an MP3 that goes on with something else', () => Buffer.concat([mp3, Buffer.from('something else '.repeat(20))])],
    ['a WebM without its blocks', () => webm.subarray(0, 200)],
    ['a WebM whose sizes lie', () => Buffer.from(webm.map((byte, i) => (i >= 4 && i < 60 ? 255 : byte)))],
    ['Ogg of noise', () => ogg([Buffer.alloc(100, 255)], 20)],
  ])('%s', async (_, file) => {
    expect(await code(await file())).toBe('VOICE_SAMPLE_UNREADABLE');
  });

  it('what takes too long to read, and the next one is read', async () => {
    const hasty = openStudio({ workerUrl: worker.url, examineMs: 1 });
    expect(await hasty.examine(mp3, never).then(() => 'read', codeOf)).toBe('VOICE_SAMPLE_UNREADABLE');
    await hasty.close();
    expect(await code(mp3)).toBe('read 4.1 s');
  });
});

describe('refused as too long, without decoding more than two minutes', () => {
  it.each<[string, () => Uint8Array | Promise<Uint8Array>]>([
    ['a WAV of an hour', () => wav({ bits: 8, rate: 8_000, data: Buffer.alloc(3_600 * 8_000, 128) })],
    ['an MP3 of two hours', () => Buffer.concat(Array.from({ length: 1_800 }, () => mp3))],
    ['two hours of Opus', () => ogg(opusInWebm(webm).packets, 1_350)],
  ])('%s', async (_, file) => {
    const made = await file();
    const began = performance.now();
    expect(await code(made)).toBe('VOICE_SAMPLE_TOO_LONG');
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('two minutes are not too long', async () => {
    expect(await code(writeWav({ samples: babble(150, 120, 8_000), sampleRate: 8_000 }))).toBe('read 120.0 s');
    expect(await code(writeWav({ samples: babble(150, 120.1, 8_000), sampleRate: 8_000 }))).toBe('VOICE_SAMPLE_TOO_LONG');
  });
});

describe('abandoning', () => {
  it('rejects with the reason of the signal, and the next one is read', async () => {
    const reason = new Error('stopped');
    await expect(room.examine(mp3, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const running = room.examine(writeWav({ samples: babble(150, 100, 16_000), sampleRate: 16_000 }), stop.signal);
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(await code(mp3)).toBe('read 4.1 s');
  });
});
