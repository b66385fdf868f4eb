// Pages of Ogg, and Vorbis in them, so far as it takes to put files of the same encoder one after the other.

import { Unreadable } from './wav.js';

export const PAGE_HEADER = 27;
const FIRST_PAGE = 2;
const LAST_PAGE = 4;
/** Identification, comment, setup: the same in each file of the same encoder. */
const VORBIS_HEADERS = 3;

interface Page {
  readonly bytes: Uint8Array;
  /** Lengths of the pieces of packets; one below 255 ends a packet. */
  readonly laces: Uint8Array;
}

async function* pagesOf(file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncIterable<Page> {
  let rest: Uint8Array = new Uint8Array();
  for await (const chunk of file) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let page = firstPage(rest); page; page = firstPage(rest)) {
      yield page;
      rest = rest.subarray(page.bytes.length);
    }
  }
  if (rest.length > 0) throw new Error(`an Ogg page is cut off after ${rest.length} bytes`);
}

/** null: it is not complete yet. */
export function firstPage(bytes: Uint8Array): Page | null {
  if (bytes.length < PAGE_HEADER) return null;
  if (bytes[0] !== 0x4f || bytes[1] !== 0x67 || bytes[2] !== 0x67 || bytes[3] !== 0x53) throw new Unreadable('no Ogg page begins here');
  const laces = bytes.subarray(PAGE_HEADER, PAGE_HEADER + (bytes[26] as number));
  const length = laces.reduce((sum, lace) => sum + lace, PAGE_HEADER + (bytes[26] as number));
  return bytes.length < length ? null : { bytes: bytes.subarray(0, length), laces };
}

/** Reads the pages of Vorbis files in turn and counts as a decoder does. */
class VorbisReader {
  /** What a decoder has given out so far: of each block its first half, added to the second half of the block before. */
  samples = 0;
  /** Half of the size of each block: as `samples`, with the outer halves of the first and the last. */
  halves = 0;
  private headersLeft = VORBIS_HEADERS;
  private sizes: readonly [number, number] | null = null;
  private previous: number | null = null;
  /** Of the packet that goes on in the next page. */
  private open: number | null = null;

  nextFile(): void {
    this.headersLeft = VORBIS_HEADERS;
  }

  /** What is on the page: headers, or sound of which some packet ends here, or none does. */
  read({ bytes, laces }: Page): 'headers' | 'sound' | 'no end' {
    const headers = this.headersLeft > 0;
    let at = PAGE_HEADER + laces.length;
    let ended = false;
    for (const lace of laces) {
      this.open ??= headers ? this.readHeader(bytes.subarray(at)) : this.blockSize(bytes[at] as number);
      at += lace;
      if (lace === 255) continue;
      if (headers) this.headersLeft -= 1;
      else this.count(this.open);
      this.open = null;
      ended = true;
    }
    return headers ? 'headers' : ended ? 'sound' : 'no end';
  }

  private readHeader(packet: Uint8Array): number {
    if (this.headersLeft !== VORBIS_HEADERS) return 0;
    if (packet.length < 30 || Buffer.from(packet.subarray(0, 7)).toString('latin1') !== '\u0001vorbis')
      throw new Error('not a Vorbis file');
    const exponents = packet[28] as number;
    const sizes = [1 << (exponents & 15), 1 << (exponents >> 4)] as const;
    if (this.sizes && (this.sizes[0] !== sizes[0] || this.sizes[1] !== sizes[1])) throw new Error('the parts are of different encoders');
    this.sizes = sizes;
    return 0;
  }

  /** The first bit of a packet says that it is sound, the next which of the two modes that libvorbis always has. */
  private blockSize(firstByte: number): number {
    if (!this.sizes || (firstByte & 1) !== 0) throw new Error('not a Vorbis packet of sound');
    return this.sizes[(firstByte >> 1) & 1] as number;
  }

  private count(size: number): void {
    if (this.previous !== null) this.samples += (this.previous + size) / 4;
    this.halves += size / 2;
    this.previous = size;
  }
}

/**
 * How many samples a file is as a part of a joined one: the outer halves of its first and its last block are filled by its neighbours, so it is up to one block
 * (64 ms) longer than alone.
 */
export async function vorbisSamples(file: Uint8Array): Promise<number> {
  const reader = new VorbisReader();
  for await (const page of pagesOf([file])) reader.read(page);
  return reader.halves;
}

/**
 * One stream of many files of the same encoder: the packets are as they were, only the pages are numbered and timed anew. A chain of streams would be shorter to
 * write, and browsers play the first of a chain only.
 */
export async function* joinOgg(parts: readonly { open(): Promise<AsyncIterable<Uint8Array>> }[]): AsyncIterable<Uint8Array> {
  const reader = new VorbisReader();
  let number = 0;
  let serial: number | null = null;
  /** The last page says that it is the last, so one is held back. */
  let held: { bytes: Uint8Array; flags: number; position: bigint } | null = null;
  const write = ({ bytes, flags, position }: { bytes: Uint8Array; flags: number; position: bigint }): Uint8Array => {
    const page = new Uint8Array(bytes);
    const view = new DataView(page.buffer);
    serial ??= view.getUint32(14, true);
    page[5] = ((page[5] as number) & ~(FIRST_PAGE | LAST_PAGE)) | flags;
    view.setBigInt64(6, position, true);
    view.setUint32(14, serial, true);
    view.setUint32(18, number, true);
    view.setUint32(22, 0, true);
    view.setUint32(22, checksum(page), true);
    number += 1;
    return page;
  };
  for (const [index, part] of parts.entries()) {
    reader.nextFile();
    for await (const page of pagesOf(await part.open())) {
      const holds = reader.read(page);
      if (holds === 'headers' && index > 0) continue;
      if (held) yield write(held);
      // -1: no packet ends on this page.
      held = {
        bytes: page.bytes,
        flags: number === 0 && !held ? FIRST_PAGE : 0,
        position: holds === 'no end' ? -1n : BigInt(reader.samples),
      };
    }
  }
  if (held) yield write({ ...held, flags: held.flags | LAST_PAGE });
}

const CHECKSUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value;
});

/** CRC-32 as Ogg has it: not reflected, beginning with 0. */
function checksum(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i += 1) crc = (crc << 8) ^ (CHECKSUMS[(crc >>> 24) ^ (bytes[i] as number)] as number);
  return crc >>> 0;
}
