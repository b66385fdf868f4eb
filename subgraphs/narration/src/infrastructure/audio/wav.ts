// WAV, read and written without a library: it is 44 bytes and the samples.

/** Mono, full scale 1. */
export interface Waveform {
  readonly samples: Float32Array;
  readonly sampleRate: number;
}

const PCM = 1;
const FLOAT = 3;
/** The real format is then in the first two bytes of a GUID. */
const EXTENSIBLE = 0xfffe;
const HEADER_BYTES = 44;
/** Who streams does not know the size yet, and leaves 0 or something like the largest number there. */
const UNKNOWN_SIZE = 0x7fff_0000;

export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/**
 * PCM of 8, 16, 24 or 32 bits and floats of 32 or 64, mixed down to mono; at most `maxSeconds` and one sample of it, however much there is. Rejects what is cut
 * off, and what no decoder would make sense of.
 */
export function readWav(file: Uint8Array, maxSeconds: number): Waveform {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let format: { code: number; channels: number; sampleRate: number; bits: number } | null = null;
  for (let at = 12; at + 8 <= file.length; ) {
    const id = String.fromCharCode(...file.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (id === 'fmt ') {
      if (size < 16 || start + 16 > file.length) throw new Unreadable('fmt chunk');
      const code = view.getUint16(start, true);
      format = {
        code: code === EXTENSIBLE && size >= 26 && start + 26 <= file.length ? view.getUint16(start + 24, true) : code,
        channels: view.getUint16(start + 2, true),
        sampleRate: view.getUint32(start + 4, true),
        bits: view.getUint16(start + 14, true),
      };
    } else if (id === 'data') {
      if (!format) throw new Unreadable('data before fmt');
      if (size > file.length - start && size < UNKNOWN_SIZE) throw new Unreadable('the samples are cut off');
      const bytes = size === 0 ? file.length - start : Math.min(size, file.length - start);
      return readSamples(new DataView(file.buffer, file.byteOffset + start, bytes), format, maxSeconds);
    }
    at = start + size + (size % 2);
  }
  throw new Unreadable('no data chunk');
}

function readSamples(
  data: DataView,
  { code, channels, sampleRate, bits }: { code: number; channels: number; sampleRate: number; bits: number },
  maxSeconds: number,
): Waveform {
  const read = readerOf(code, bits);
  if (!read || channels < 1 || channels > 32 || sampleRate < 4_000 || sampleRate > 384_000) throw new Unreadable('format');
  const width = bits / 8;
  const frames = Math.min(Math.floor(data.byteLength / (width * channels)), maxSeconds * sampleRate + 1);
  const samples = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) sum += read(data, (frame * channels + channel) * width);
    const value = sum / channels;
    // A float may be infinite, or no number at all.
    samples[frame] = Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0;
  }
  return { samples, sampleRate };
}

function readerOf(code: number, bits: number): ((data: DataView, at: number) => number) | null {
  if (code === PCM && bits === 8) return (data, at) => (data.getUint8(at) - 128) / 128;
  if (code === PCM && bits === 16) return (data, at) => data.getInt16(at, true) / 32_768;
  if (code === PCM && bits === 24) return (data, at) => (data.getUint8(at) | (data.getInt16(at + 1, true) << 8)) / 8_388_608;
  if (code === PCM && bits === 32) return (data, at) => data.getInt32(at, true) / 2_147_483_648;
  if (code === FLOAT && bits === 32) return (data, at) => data.getFloat32(at, true);
  if (code === FLOAT && bits === 64) return (data, at) => data.getFloat64(at, true);
  return null;
}

/** Of mono, 16 bits. A file of more than 4 GB has no size that could be written here; readers then take all that there is. */
function wavHeader(sampleRate: number, dataBytes: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  const most = 0xffff_ffff;
  const text = (at: number, letters: string) => header.set(Buffer.from(letters, 'latin1'), at);
  text(0, 'RIFF');
  view.setUint32(4, Math.min(most, dataBytes + HEADER_BYTES - 8), true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, Math.min(most, dataBytes), true);
  return header;
}

export function writeWav({ samples, sampleRate }: Waveform): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + samples.length * 2);
  file.set(wavHeader(sampleRate, samples.length * 2));
  const view = new DataView(file.buffer, HEADER_BYTES);
  for (let i = 0; i < samples.length; i += 1) {
    const value = Math.round((samples[i] as number) * 32_768);
    view.setInt16(i * 2, value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value, true);
  }
  return file;
}

/** One file of many that `writeWav` made. */
export async function* joinWav(
  parts: readonly { readonly bytes: number; open(): Promise<AsyncIterable<Uint8Array>> }[],
  sampleRate: number,
): AsyncIterable<Uint8Array> {
  yield wavHeader(
    sampleRate,
    parts.reduce((sum, { bytes }) => sum + bytes - HEADER_BYTES, 0),
  );
  for (const part of parts) {
    let skip = HEADER_BYTES;
    for await (const chunk of await part.open()) {
      if (skip < chunk.length) yield chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  }
}
