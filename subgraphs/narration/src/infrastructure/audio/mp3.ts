// Frames of MPEG audio layer III: found, counted, and put one after the other.

import { Unreadable } from './wav.js';

/** Bit rates in kbit/s by the four bits of a header, of MPEG-1 and of MPEG-2 and 2.5. */
const BIT_RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BIT_RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES = [44_100, 48_000, 32_000];

export interface Frame {
  readonly bytes: number;
  readonly samples: number;
  readonly sampleRate: number;
  readonly mono: boolean;
  readonly mpeg1: boolean;
}

/** null: no frame begins here. */
function frameAt(file: Uint8Array, at: number): Frame | null {
  if (at + 4 > file.length) return null;
  const [a, b, c, d] = [file[at], file[at + 1], file[at + 2], file[at + 3]] as [number, number, number, number];
  const version = (b >> 3) & 3;
  const sampleRate = SAMPLE_RATES[(c >> 2) & 3];
  // Eleven bits of 1, a version that exists, layer III, a bit rate that is said, a sample rate that exists.
  if (a !== 0xff || b >> 5 !== 7 || version === 1 || ((b >> 1) & 3) !== 1 || c >> 4 === 0 || c >> 4 === 15 || sampleRate === undefined)
    return null;
  const mpeg1 = version === 3;
  const rate = sampleRate / (mpeg1 ? 1 : version === 2 ? 2 : 4);
  const bitRate = (mpeg1 ? BIT_RATES_1 : BIT_RATES_2)[c >> 4] as number;
  const samples = mpeg1 ? 1_152 : 576;
  return {
    bytes: Math.floor((samples * bitRate * 125) / rate) + ((c >> 1) & 1),
    samples,
    sampleRate: rate,
    mono: d >> 6 === 3,
    mpeg1,
  };
}

/**
 * Where its frames begin and what they are, up to `maxSeconds` and one frame; empty: it is no MP3. The Info frame, which holds no sound, is left out. A file that
 * ends too early, or goes on with something else, is refused.
 */
export function findFrames(file: Uint8Array, maxSeconds = Number.POSITIVE_INFINITY): { readonly at: number; readonly frame: Frame }[] {
  let at = firstFrame(file);
  const frames: { at: number; frame: Frame }[] = [];
  let promised: number | null = null;
  let seconds = 0;
  for (let frame = frameAt(file, at); frame; frame = frameAt(file, at)) {
    if (at + frame.bytes > file.length) throw new Unreadable('the last frame is cut off');
    const count = frames.length === 0 ? framesPromised(file, at, frame) : null;
    if (count === null) {
      frames.push({ at, frame });
      seconds += frame.samples / frame.sampleRate;
      if (seconds > maxSeconds) return frames;
    } else promised = count;
    at += frame.bytes;
  }
  if (frames.length === 0) return frames;
  if (promised !== null && frames.length < promised - 1) throw new Unreadable('frames are missing');
  if (!isTagOrPadding(file.subarray(at))) throw new Unreadable('something else follows the frames');
  return frames;
}

/** ID3v1, APE and Lyrics3 tags stand at the end; some encoders fill a block with zeros. */
function isTagOrPadding(rest: Uint8Array): boolean {
  return (
    /^(?:TAG|APETAGEX|LYRICSBEGIN|ID3)/u.test(Buffer.from(rest.subarray(0, 16)).toString('latin1')) || rest.every((byte) => byte === 0)
  );
}

/** After tags in front, at three frames in a row: two bytes alone look like a frame too often. */
function firstFrame(file: Uint8Array): number {
  let from = 0;
  while (isId3(file, from)) {
    // Four times seven bits; and a footer, as long as the header, when a flag says so.
    const size = file.subarray(from + 6, from + 10).reduce((sum, byte) => (sum << 7) | (byte & 0x7f), 0);
    from += 10 + size + ((file[from + 5] as number) & 0x10 ? 10 : 0);
  }
  for (let at = from; at < Math.min(file.length, from + 65_536); at += 1) {
    let next = at;
    let found = 0;
    for (let frame = frameAt(file, next); frame && found < 3; frame = frameAt(file, next)) {
      next += frame.bytes;
      found += 1;
    }
    if (found === 3 || (found > 0 && next >= file.length)) return at;
  }
  return file.length;
}

function isId3(file: Uint8Array, at: number): boolean {
  return file.length >= at + 10 && file[at] === 0x49 && file[at + 1] === 0x44 && file[at + 2] === 0x33;
}

const sideInfoBytes = ({ mono, mpeg1 }: Frame) => (mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17);

/** How many frames an Info (or Xing) frame says that there are; null: it is a frame of sound. */
function framesPromised(file: Uint8Array, at: number, frame: Frame): number | null {
  const tag = at + 4 + sideInfoBytes(frame);
  if (tag + 12 > at + frame.bytes) return null;
  const name = String.fromCharCode(...file.subarray(tag, tag + 4));
  if (name !== 'Info' && name !== 'Xing') return null;
  const view = new DataView(file.buffer, file.byteOffset + tag);
  return view.getUint32(4) & 1 ? view.getUint32(8) : 0;
}

/** What LAME puts before the first sample. A decoder adds 529 of its own and leaves out the sum, when it is told. */
const ENCODER_DELAY = 576;

/**
 * One file of many, each of frames alone and of the same constant bit rate: they follow one another as they are. Their bit reservoirs are empty at both ends,
 * because each was encoded by itself. A frame in front tells players how long it is and where to seek.
 */
export async function* joinMp3(
  parts: readonly { readonly bytes: number; readonly durationSeconds: number; open(): Promise<AsyncIterable<Uint8Array>> }[],
  sampleRate: number,
): AsyncIterable<Uint8Array> {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const samples = parts.reduce((sum, part) => sum + Math.round(part.durationSeconds * sampleRate), 0);
  let first = true;
  for (const part of parts) {
    for await (const chunk of await part.open()) {
      if (first) yield infoFrame(chunk, samples, bytes);
      first = false;
      yield chunk;
    }
  }
}

/** As the frame that comes after it, with the "Info" tag of a constant bit rate and LAME's own for the delay. */
function infoFrame(firstChunk: Uint8Array, samples: number, soundBytes: number): Uint8Array {
  const like = frameAt(firstChunk, 0);
  if (!like) throw new Error('a part is not made of MP3 frames');
  const frame = new Uint8Array(like.bytes);
  const view = new DataView(frame.buffer);
  frame.set(firstChunk.subarray(0, 4));
  const tag = 4 + sideInfoBytes(like);
  const text = (at: number, letters: string) => frame.set(Buffer.from(letters, 'latin1'), at);
  text(tag, 'Info');
  // Fields: frames, bytes, table.
  view.setUint32(tag + 4, 7);
  view.setUint32(tag + 8, Math.round(samples / like.samples));
  view.setUint32(tag + 12, soundBytes + frame.length);
  for (let i = 0; i < 100; i += 1) frame[tag + 16 + i] = Math.floor((i * 256) / 100);
  const lame = tag + 116;
  text(lame, 'LAME3.100');
  // Its revision and the method: 1 is a constant bit rate.
  frame[lame + 9] = 1;
  // Twelve bits of delay, twelve of padding.
  frame[lame + 21] = ENCODER_DELAY >> 4;
  frame[lame + 22] = (ENCODER_DELAY & 15) << 4;
  view.setUint32(lame + 28, soundBytes + frame.length);
  view.setUint16(lame + 34, crc16(frame.subarray(0, lame + 34)));
  return frame;
}

/** CRC-16 of the polynomial 0x8005, reflected. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}
