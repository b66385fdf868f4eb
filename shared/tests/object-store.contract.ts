import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesOf, type ObjectStore, objectsOf, readClaim } from '../src/infrastructure/object-store.js';

export interface StoreUnderTest {
  readonly store: ObjectStore;
  readonly now: { value: Date };
  /** Whether it holds to what its URLs say beside the key; the stand-in for S3 checks no signature, no condition and no response header. */
  readonly obeysUrls: boolean;
  close(): Promise<void> | void;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What every object store does, whatever it keeps the objects in. */
export function objectStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`objects in ${name}`, () => {
    let under: StoreUnderTest;
    let store: ObjectStore;
    beforeAll(async () => {
      under = await open();
      store = under.store;
    });
    afterAll(async () => under.close());

    const keyOf = (end = '') => `story/things/${randomUUID()}${end}`;
    const contentType = 'text/plain';
    const read = async (key: string, range?: { start: number; end: number }) => {
      const object = await store.get(key, range);
      return object && (await bytesOf(object.body, 1e9))?.toString();
    };

    it('are read as they were stored, from bytes and from streams', async () => {
      const big = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
      const [whole, streamed] = [keyOf('.bin'), keyOf()];
      await store.put(whole, big, { contentType: 'image/webp' });
      await store.put(streamed, Readable.from([big.subarray(0, 70_000), big.subarray(70_000)]), { contentType, sha256: sha256(big) });
      for (const key of [whole, streamed]) {
        const object = await store.get(key);
        expect(object).toMatchObject({ key, bytes: big.length, sha256: sha256(big) });
        expect(object && (await bytesOf(object.body, 1e9))?.equals(big)).toBe(true);
        expect(await store.head(key)).toMatchObject({ key, bytes: big.length, sha256: sha256(big) });
      }
      expect((await store.head(whole))?.contentType).toBe('image/webp');
      expect(Math.abs(((await store.head(whole))?.modifiedAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    it('may be empty', async () => {
      const key = keyOf();
      await store.put(key, new Uint8Array(), { contentType });
      expect(await read(key)).toBe('');
      expect(await store.head(key)).toMatchObject({ bytes: 0, contentType });
    });

    it('that are not there are told apart from failures', async () => {
      expect(await store.get(keyOf())).toBeUndefined();
      expect(await store.head(keyOf())).toBeUndefined();
      await store.delete(keyOf());
    });

    it('are read in ranges that end where they end', async () => {
      const key = keyOf();
      await store.put(key, Buffer.from('0123456789'), { contentType });
      expect(await read(key, { start: 0, end: 0 })).toBe('0');
      expect(await read(key, { start: 3, end: 5 })).toBe('345');
      expect(await read(key, { start: 8, end: 99 })).toBe('89');
      const part = await store.get(key, { start: 3, end: 5 });
      expect(part?.bytes).toBe(10);
      part?.body.destroy();
      await expect(store.get(key, { start: 10, end: 12 })).rejects.toMatchObject({ reason: 'range' });
    });

    it('are replaced whole, and others are left alone', async () => {
      const [key, other] = [keyOf(), keyOf()];
      await store.put(other, Buffer.from('other'), { contentType });
      await store.put(key, Buffer.from('a long first text'), { contentType });
      await store.put(key, Buffer.from('short'), { contentType: 'text/vtt' });
      expect(await read(key)).toBe('short');
      expect(await store.head(key)).toMatchObject({ contentType: 'text/vtt', bytes: 5 });
      expect(await read(other)).toBe('other');
    });

    it('of which the bytes are not those announced are not stored', async () => {
      const key = keyOf();
      const announced = { contentType, sha256: sha256(Buffer.from('something else')) };
      await expect(store.put(key, Buffer.from('some bytes'), announced)).rejects.toMatchObject({ reason: 'damaged' });
      await expect(store.put(key, Readable.from([Buffer.from('some bytes')]), announced)).rejects.toMatchObject({ reason: 'damaged' });
      expect(await store.head(key)).toBeUndefined();
    });

    it('of which the source breaks off are not stored', async () => {
      const key = keyOf();
      async function* broken() {
        yield Buffer.from('half of');
        throw new Error('the client went away');
      }
      await expect(store.put(key, broken(), { contentType })).rejects.toThrow('the client went away');
      expect(await store.head(key)).toBeUndefined();
    });

    it('are deleted, alone and with everything below', async () => {
      const folder = `story/${randomUUID()}/`;
      const keys = ['a.txt', 'b', 'deep/c', 'deep/er/d.bin'].map((end) => `${folder}${end}`);
      const neighbour = `${folder.slice(0, -1)}-too/x`;
      for (const key of [...keys, neighbour]) await store.put(key, Buffer.from(key), { contentType });
      const listed = async () => {
        const keys: string[] = [];
        for await (const { key } of store.list(folder)) keys.push(key);
        return keys.sort();
      };
      expect(await listed()).toEqual(keys);
      await store.delete(keys[1] ?? '');
      expect(await listed()).toEqual(keys.filter((_, index) => index !== 1));
      for await (const { modifiedAt } of store.list(folder)) expect(Math.abs(modifiedAt.getTime() - Date.now())).toBeLessThan(60_000);
      await store.deleteAll(folder);
      expect(await listed()).toEqual([]);
      expect(await read(neighbour)).toBe(neighbour);
      await store.deleteAll(folder);
    });

    it('have urls that stay the same within an hour and hold for one at least', async () => {
      const key = keyOf('.png');
      await store.put(key, Buffer.from('picture'), { contentType: 'image/png' });
      const first = await store.urlOf(key);
      expect(await store.urlOf(key)).toEqual(first);
      const left = first.expiresAt.getTime() - under.now.value.getTime();
      expect(left).toBeGreaterThanOrEqual(60 * 60_000);
      expect(left).toBeLessThanOrEqual(120 * 60_000);
      expect(await (await fetch(first.url)).text()).toBe('picture');
      const part = await fetch(first.url, { headers: { range: 'bytes=2-4' } });
      expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/7', 'ctu']);
    });

    it('are saved under a name where that is asked for', async () => {
      const key = keyOf();
      await store.put(key, Buffer.from('{}'), { contentType: 'application/json' });
      const { url } = await store.urlOf(key, { downloadAs: 'my data".json' });
      if (!under.obeysUrls)
        return expect(new URL(url).searchParams.get('response-content-disposition')).toBe('attachment; filename="my_data_.json"');
      expect((await fetch(url)).headers.get('content-disposition')).toBe('attachment; filename="my_data_.json"');
    });

    it('are uploaded by a url for one type and size', async () => {
      const key = keyOf();
      const body = Buffer.from('a picture');
      const expiresAt = new Date(under.now.value.getTime() + 300_000);
      const { url, method, headers } = await store.uploadTo(key, { contentType: 'image/png', bytes: body.length, expiresAt });
      expect((await fetch(url, { method, headers, body })).ok).toBe(true);
      expect(await read(key)).toBe('a picture');
      expect(await store.head(key)).toMatchObject({ contentType: 'image/png', bytes: body.length });
      if (under.obeysUrls) {
        // Once: what is there is not replaced.
        expect((await fetch(url, { method, headers, body: Buffer.from('otherwise') })).ok).toBe(false);
        expect(await read(key)).toBe('a picture');
      }
    });

    it('are not replaced where a new one is wanted', async () => {
      if (!under.obeysUrls) return;
      const key = keyOf();
      await store.put(key, Buffer.from('first'), { contentType, onlyNew: true });
      await expect(store.put(key, Buffer.from('second'), { contentType, onlyNew: true })).rejects.toMatchObject({ reason: 'exists' });
      expect(await read(key)).toBe('first');
    });

    it('of one context are out of reach for another', async () => {
      const key = keyOf();
      await store.put(key, Buffer.from('of story'), { contentType });
      const identity = objectsOf('identity', store);
      for (const refused of [
        identity.get(key),
        identity.head(key),
        identity.put(key, Buffer.from(''), { contentType }),
        identity.delete(key),
        identity.deleteAll('story/things/'),
        identity.urlOf(key),
        identity.uploadTo(key, { contentType, bytes: 1, expiresAt: new Date() }),
        ...[
          'identity/../story/x',
          'identity',
          'identity/',
          'identity/.x',
          'identity/X',
          'identity/a//b',
          'identity/a.b/c',
          '/identity/a',
        ].map((crooked) => identity.get(crooked)),
        identity.deleteAll('identity'),
        identity.deleteAll('identity/../story/'),
      ])
        await expect(refused).rejects.toThrow(/is no (key|folder) of/);
      expect(() => identity.list('story/')).toThrow('is no folder of');
      expect(await read(key)).toBe('of story');
    });

    it('are read by claim check, and only as that says', async () => {
      const key = keyOf();
      const content = Buffer.from('the script');
      const { sha256: hash } = await store.put(key, content, { contentType });
      const claim = { key, sha256: hash ?? '', bytes: content.length };
      expect((await readClaim(store, claim))?.toString()).toBe('the script');
      expect(await readClaim(store, { ...claim, key: keyOf() })).toBeUndefined();
      await expect(readClaim(store, { ...claim, sha256: sha256(Buffer.from('x')) })).rejects.toMatchObject({ reason: 'damaged' });
      await expect(readClaim(store, { ...claim, bytes: 3 })).rejects.toMatchObject({ reason: 'damaged' });
      await expect(readClaim(store, { ...claim, key: '../../etc/passwd' })).rejects.toMatchObject({ reason: 'damaged' });
    });
  });
}
