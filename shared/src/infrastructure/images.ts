import { FastResizeFilter, ResizeFit, Transformer } from '@napi-rs/image';
import { refuseObject } from './object-refusals.js';
import { turns } from './turns.js';

/** Pictures that people send: what is taken, and what is kept of them. */
export const imageUploads = { types: ['image/jpeg', 'image/png', 'image/webp'], maxBytes: 5 * 1024 * 1024 } as const;
export const keptImage = { contentType: 'image/webp', extension: '.webp' } as const;

/** More than cameras of phones make (24 to 48 megapixels); decoded it is 200 MB. A PNG of 400 KB can claim and hold eight times as much. */
const maxPixels = 50_000_000;
/** The longer side of what is kept: sharp on a whole phone, some 100 KB. */
const maxSide = 1024;
const quality = 82;
/** One at a time, because of the memory and because passwords are hashed on the same four threads; 24 megapixels take half a second. */
const inTurn = turns(1, 20, () => refuseObject.IMAGE_BUSY());

/**
 * The picture anew, as WebP of at most 1024 × 1024 pixels, upright. Nothing but the pixels survives: no place where it was taken, no camera, no second
 * meaning of its bytes. Decodes on a thread of libuv's pool. Throws IMAGE_… refusals.
 */
export async function reencodeImage(content: Buffer): Promise<Buffer> {
  const size = sizeOf(content);
  if (!size) throw refuseObject.IMAGE_UNREADABLE();
  if (size.width * size.height > maxPixels) throw refuseObject.IMAGE_TOO_MANY_PIXELS({ max: maxPixels / 1e6 });
  return inTurn(async () => {
    try {
      const picture = new Transformer(content).rotate();
      if (Math.max(size.width, size.height) > maxSide)
        picture.fastResize({ width: maxSide, height: maxSide, fit: ResizeFit.Inside, filter: FastResizeFilter.CatmullRom });
      return await picture.webp(quality);
    } catch {
      // What the decoder says quotes the file and helps nobody.
      throw refuseObject.IMAGE_UNREADABLE();
    }
  });
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * By the file's own words, read before anything is decoded: the decoder would make room for whatever they say. undefined: none of the three
 * formats, or cut off.
 */
export function sizeOf(content: Buffer): Size | undefined {
  const size = jpegSize(content) ?? pngSize(content) ?? webpSize(content);
  return size && size.width > 0 && size.height > 0 ? size : undefined;
}

function jpegSize(content: Buffer): Size | undefined {
  if (content.length < 4 || content.readUInt16BE(0) !== 0xffd8) return undefined;
  let size: Size | undefined;
  for (let at = 2; at + 4 <= content.length; ) {
    if (content[at] !== 0xff) return undefined;
    const marker = content[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    const length = content.readUInt16BE(at + 2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      if (size || at + 9 > content.length) return undefined;
      size = { height: content.readUInt16BE(at + 5), width: content.readUInt16BE(at + 7) };
    }
    at += 2 + length;
    if (marker !== 0xda) continue;
    // Pixels follow, up to the next marker that is neither an escaped FF nor a restart. A decoder fills a picture that ends here with grey.
    at = nextMarker(content, at);
    if (content[at + 1] === 0xd9) return size;
  }
  return undefined;
}

function nextMarker(content: Buffer, from: number): number {
  let at = content.indexOf(0xff, from);
  while (at >= 0 && at + 1 < content.length) {
    const next = content[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
    at = content.indexOf(0xff, at + 1);
  }
  return content.length;
}

const pngBeginning = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');

function pngSize(content: Buffer): Size | undefined {
  if (content.length < 33 || !content.subarray(0, pngBeginning.length).equals(pngBeginning)) return undefined;
  return { width: content.readUInt32BE(16), height: content.readUInt32BE(20) };
}

function webpSize(content: Buffer): Size | undefined {
  const text = (from: number, to: number) => content.toString('latin1', from, to);
  if (content.length < 30 || text(0, 4) !== 'RIFF' || text(8, 12) !== 'WEBP' || content.readUInt32LE(4) + 8 > content.length)
    return undefined;
  switch (text(12, 16)) {
    case 'VP8 ':
      return { width: content.readUInt16LE(26) & 0x3fff, height: content.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = content.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: content.readUIntLE(24, 3) + 1, height: content.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}
