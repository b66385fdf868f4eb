// One piece of a narration becomes a file that is a part of the joined one as it is.

import { createMp3Encoder, createOggEncoder, type WasmMediaEncoder } from 'wasm-media-encoders';
import type { AudioFormat } from '../../domain/studio.js';
import { findFrames } from './mp3.js';
import { vorbisSamples } from './ogg.js';
import { writeWav, type Waveform } from './wav.js';

export interface Encoded {
  readonly bytes: Uint8Array;
  /** As a part of the joined file: whole frames, with what the encoder puts before and after the sound. */
  readonly durationSeconds: number;
}

/** Both are some 60 kbit/s at 24 kHz and 48 kbit/s at 16 kHz: speech in one channel has no more in it. */
const mp3BitRate = (sampleRate: number) => (sampleRate > 16_000 ? 64 : 48);
const OGG_QUALITY = 3;
/** The number of a stream has a meaning only where several are in one file. */
const OGG_SERIAL = 1;

// An encoder is some 5 MB and takes 20 ms to make, so a thread makes each once.
let mp3: Promise<WasmMediaEncoder<'audio/mpeg'>> | undefined;
let ogg: Promise<WasmMediaEncoder<'audio/ogg'>> | undefined;

export async function encode(waveform: Waveform, format: AudioFormat): Promise<Encoded> {
  const { samples, sampleRate } = waveform;
  if (format === 'wav') return { bytes: writeWav(waveform), durationSeconds: samples.length / sampleRate };
  if (format === 'mp3') {
    mp3 ??= createMp3Encoder();
    const encoder = await mp3;
    encoder.configure({ channels: 1, sampleRate, outputSampleRate: sampleRate as 16_000 | 24_000, bitrate: mp3BitRate(sampleRate) });
    const bytes = drain(encoder, samples);
    const seconds = findFrames(bytes).reduce((sum, { frame }) => sum + frame.samples, 0) / sampleRate;
    return { bytes, durationSeconds: seconds };
  }
  ogg ??= createOggEncoder();
  const encoder = await ogg;
  encoder.configure({ channels: 1, sampleRate, vbrQuality: OGG_QUALITY, oggSerialNo: OGG_SERIAL });
  const bytes = drain(encoder, samples);
  return { bytes, durationSeconds: (await vorbisSamples(bytes)) / sampleRate };
}

/** What the encoder returns is its own buffer, which the next call writes over. */
function drain(encoder: WasmMediaEncoder<'audio/mpeg' | 'audio/ogg'>, samples: Float32Array): Uint8Array {
  const body = encoder.encode([samples]).slice();
  const end = encoder.finalize();
  const bytes = new Uint8Array(body.length + end.length);
  bytes.set(body);
  bytes.set(end, body.length);
  return bytes;
}
