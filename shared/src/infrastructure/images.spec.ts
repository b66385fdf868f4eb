import { Transformer } from '@napi-rs/image';
import { describe, expect, it } from '@jest/globals';
import { jpegPicture, pngPicture, withExif } from '../testing/pictures.js';
import { reencodeImage, sizeOf } from './images.js';

const codeOf = (content: Buffer) =>
  reencodeImage(content).then(
    () => 'taken',
    (error: { code?: string }) => error.code ?? 'a fault',
  );

/** Red and blue of a pixel. */
async function colour(webp: Buffer, x: number, y: number): Promise<[number, number]> {
  const { width } = await new Transformer(webp).metadata();
  const pixels = await new Transformer(webp).rawPixels();
  const channels = pixels.length / (width * (await new Transformer(webp).metadata()).height);
  const at = (y * width + x) * channels;
  return [pixels[at] ?? 0, pixels[at + 2] ?? 0];
}

describe('pictures', () => {
  it('are kept as WebP of the same size, if it is no large one', async () => {
    const [jpeg, png] = [await jpegPicture(60, 40), pngPicture(7, 5)];
    const webp = await new Transformer(jpeg).webp();
    const lossless = await new Transformer(jpeg).webpLossless();
    for (const [content, width, height] of [
      [jpeg, 60, 40],
      [png, 7, 5],
      [webp, 60, 40],
      [lossless, 60, 40],
    ] as const) {
      expect(sizeOf(content)).toEqual({ width, height });
      expect(await new Transformer(await reencodeImage(content)).metadata()).toMatchObject({ format: 'webp', width, height });
    }
  });

  it('are made smaller in their proportions', async () => {
    const kept = await reencodeImage(await jpegPicture(2000, 1000));
    expect(await new Transformer(kept).metadata()).toMatchObject({ width: 1024, height: 512 });
  });

  it('keep nothing but their pixels, and are turned upright', async () => {
    const content = withExif(await jpegPicture(60, 40), { orientation: 6, place: 'Meadow Lane 7' });
    expect((await new Transformer(content).metadata(true)).orientation).toBe(6);
    const kept = await reencodeImage(content);
    expect(kept.includes('Meadow Lane 7')).toBe(false);
    expect(kept.includes('EXIF')).toBe(false);
    expect(await new Transformer(kept).metadata(true)).toMatchObject({ width: 40, height: 60 });
    const [[redAbove, blueAbove], [redBelow, blueBelow]] = [await colour(kept, 20, 5), await colour(kept, 20, 55)];
    expect([redAbove > 200, blueAbove < 60, redBelow < 60, blueBelow > 200]).toEqual([true, true, true, true]);
  });

  it('that hold far more than they show are refused before they are decoded', async () => {
    const bomb = pngPicture(20_000, 20_000);
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage.rss();
    expect(await codeOf(bomb)).toBe('IMAGE_TOO_MANY_PIXELS');
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });

  it('that are none, or not whole, are refused', async () => {
    const [jpeg, png] = [await jpegPicture(600, 400), pngPicture(60, 40)];
    const webp = await new Transformer(jpeg).webp();
    const huge = Buffer.from(png);
    huge.writeUInt32BE(0, 16);
    for (const content of [
      Buffer.alloc(0),
      Buffer.from('MZ\x90\0\x03 an executable named picture.png'),
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
      Buffer.from('GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;', 'latin1'),
      huge,
      ...[0.2, 0.5, 0.8].flatMap((part) => [jpeg, png, webp].map((whole) => whole.subarray(0, Math.floor(whole.length * part)))),
      // A thumbnail inside ends like a picture, and the picture around it is cut off.
      withExif(jpeg, { orientation: 1, place: '\xff\xd9' }).subarray(0, -20),
      Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100)]),
    ])
      expect([content.length, await codeOf(content)]).toEqual([content.length, 'IMAGE_UNREADABLE']);
  });

  it('leave the event loop to others while they are decoded', async () => {
    const content = await jpegPicture(2400, 1800);
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 1);
    const began = performance.now();
    await reencodeImage(content);
    const took = performance.now() - began;
    // A pause that has just ended is seen by the next tick.
    await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(timer);
    // Decoded on this thread, the longest pause would be the whole.
    expect(longest).toBeLessThan(took / 2);
  });
});
