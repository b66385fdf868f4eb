// Packets of Opus in the two containers that browsers and phones record in. Both are read in one pass that goes forward by at least a byte at each step, so that
// no file, however made, keeps a thread for longer than its size: a general library was tried, and found no end in a WebM with a few bytes changed.

import { firstPage, PAGE_HEADER } from './ogg.js';
import { Unreadable } from './wav.js';

/** No packet is shorter than 2.5 ms, so these are longer than anything that is taken: what follows is not looked at. */
const MOST_PACKETS = 60_000;

export interface OpusStream {
  readonly channels: number;
  /** Samples at 48 kHz that a decoder leaves out at the beginning. */
  readonly preSkip: number;
  readonly packets: readonly Uint8Array[];
}

function streamOf(head: Uint8Array | null, packets: readonly Uint8Array[]): OpusStream {
  const channels = head?.[9] ?? 0;
  // Family 0 is mono or stereo in one stream: nobody records a voice in another.
  if (!head || head.length < 19 || !beginsWith(head, 'OpusHead') || head[18] !== 0 || channels < 1 || channels > 2)
    throw new Unreadable('no Opus');
  return { channels, preSkip: (head[10] as number) | ((head[11] as number) << 8), packets };
}

const beginsWith = (bytes: Uint8Array, letters: string) => Buffer.from(bytes.subarray(0, letters.length)).toString('latin1') === letters;

/** The first stream of Opus in the file. Rejects what is cut off in the middle of a page. */
export function opusInOgg(file: Uint8Array): OpusStream {
  let serial: number | null = null;
  let head: Uint8Array | null = null;
  const packets: Uint8Array[] = [];
  let open: Uint8Array[] = [];
  let headers = 0;
  for (let rest = file; rest.length > 0 && packets.length < MOST_PACKETS; ) {
    const page = firstPage(rest);
    if (!page) throw new Unreadable('a page is cut off');
    rest = rest.subarray(page.bytes.length);
    const ofStream = new DataView(page.bytes.buffer, page.bytes.byteOffset).getUint32(14, true);
    let at = PAGE_HEADER + page.laces.length;
    if (serial === null && beginsWith(page.bytes.subarray(at), 'OpusHead')) serial = ofStream;
    if (ofStream !== serial) continue;
    for (const lace of page.laces) {
      open.push(page.bytes.subarray(at, at + lace));
      at += lace;
      if (lace === 255) continue;
      const packet = open.length === 1 ? (open[0] as Uint8Array) : Buffer.concat(open);
      open = [];
      // A head and its comments come first.
      if (headers === 0) head = packet;
      if (headers > 1) packets.push(packet);
      headers += 1;
    }
  }
  return streamOf(head, packets);
}

// Elements of Matroska, of which WebM is a part, by their ids. What is inside of these is read as if they were not there.
const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const TRACK = 0xae;
const CLUSTER = 0x1f43b675;
const BLOCK_GROUP = 0xa0;
const TRANSPARENT = new Set([SEGMENT, TRACKS, TRACK, CLUSTER, BLOCK_GROUP]);
const TRACK_NUMBER = 0xd7;
const CODEC = 0x86;
const CODEC_PRIVATE = 0x63a2;
const SIMPLE_BLOCK = 0xa3;
const BLOCK = 0xa1;

/** The first track of Opus in the file. Rejects what is cut off in the middle of a block. */
export function opusInWebm(file: Uint8Array): OpusStream {
  interface Track {
    number: number;
    codec: string;
    head: Uint8Array | null;
  }
  const tracks: Track[] = [];
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < file.length && blocks.length < MOST_PACKETS; ) {
    const id = variable(file, at, 4, true);
    const size = variable(file, at + id.length, 8, false);
    const from = at + id.length + size.length;
    at = from;
    if (id.value === TRACK) tracks.push({ number: 0, codec: '', head: null });
    if (TRANSPARENT.has(id.value)) continue;
    at = from + size.value;
    if (at > file.length) throw new Unreadable('an element is cut off');
    const content = file.subarray(from, at);
    const track = tracks.at(-1);
    if (id.value === SIMPLE_BLOCK || id.value === BLOCK) blocks.push(content);
    else if (track && id.value === TRACK_NUMBER) track.number = content.reduce((sum, byte) => sum * 256 + byte, 0);
    else if (track && id.value === CODEC) track.codec = Buffer.from(content.subarray(0, 32)).toString('latin1');
    else if (track && id.value === CODEC_PRIVATE) track.head = content;
  }
  const opus = tracks.find(({ codec }) => codec.startsWith('A_OPUS'));
  const packets = blocks.flatMap((block) => {
    const track = variable(block, 0, 8, false);
    // Two bytes of time and one of flags, in which two bits would say that several packets are laced together: nobody does that to Opus.
    const flags = block[track.length + 2];
    if (track.value !== opus?.number || flags === undefined) return [];
    if ((flags & 6) !== 0) throw new Unreadable('laced blocks');
    return [block.subarray(track.length + 3)];
  });
  return streamOf(opus?.head ?? null, packets);
}

/** A number whose first byte tells its length by its leading zeros. All ones, which says that the size is not known, is larger than any file. */
function variable(
  file: Uint8Array,
  at: number,
  longest: number,
  keepsMarker: boolean,
): { readonly value: number; readonly length: number } {
  const first = file[at];
  const length = first === undefined ? Number.POSITIVE_INFINITY : Math.clz32(first) - 23;
  if (first === undefined || length > longest || at + length > file.length) throw new Unreadable('not Matroska');
  let value = keepsMarker ? first : first & (0xff >> length);
  for (let i = 1; i < length; i += 1) value = value * 256 + (file[at + i] as number);
  return { value, length };
}
