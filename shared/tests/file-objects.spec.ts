import { mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { fileObjects } from '../src/infrastructure/file-objects.js';
import { startHttpServer } from '../src/infrastructure/http-server.js';
import { createLogger } from '../src/infrastructure/logger.js';
import { objectRoutes } from '../src/infrastructure/object-routes.js';
import { placeOf } from '../src/infrastructure/open-object-store.js';
import { signedClaims } from '../src/infrastructure/signed-claims.js';
import { testObjectStore } from '../src/testing/object-store.js';
import { objectStoreContract } from './object-store.contract.js';

const claims = signedClaims([new Uint8Array(32).fill(7)]);

objectStoreContract('files', async () => {
  const place = testObjectStore();
  const now = { value: new Date() };
  const objects = await fileObjects({ folder: place.folder, claims, publicUrl: '' });
  const folders = objectRoutes({ objects, claims });
  const http = await startHttpServer({ port: 0, host: '127.0.0.1', log: createLogger('test', 'silent'), folders });
  const store = await fileObjects({ folder: place.folder, claims, publicUrl: http.url });
  return {
    store,
    now,
    obeysUrls: true,
    async close() {
      await http.close();
      place.drop();
    },
  };
});

describe('objects in files', () => {
  const place = testObjectStore();
  afterEach(() => place.drop());
  const open = () => fileObjects({ folder: place.folder, claims, publicUrl: '' });

  it('are one file each, which begins with the bytes themselves', async () => {
    const store = await open();
    await store.put('story/a/b.txt', Buffer.from('hello'), { contentType: 'text/plain' });
    expect(readFileSync(join(place.folder, 'story/a/b.txt.object')).subarray(0, 5).toString()).toBe('hello');
    expect(readdirSync(join(place.folder, '.unfinished'))).toEqual([]);
  });

  it('that were cut short are not taken for whole ones', async () => {
    const store = await open();
    await store.put('story/a/b.txt', Buffer.from('hello, world'), { contentType: 'text/plain' });
    truncateSync(join(place.folder, 'story/a/b.txt.object'), 20);
    await expect(store.get('story/a/b.txt')).rejects.toMatchObject({ reason: 'damaged' });
  });

  it('that a crash left half written are taken away a day later', async () => {
    await open();
    const left = (name: string) => join(place.folder, '.unfinished', name);
    writeFileSync(left('old'), 'half');
    writeFileSync(left('new'), 'half');
    utimesSync(left('old'), new Date(0), new Date(0));
    await open();
    expect(readdirSync(join(place.folder, '.unfinished'))).toEqual(['new']);
  });

  it('are refused a folder that cannot be written', async () => {
    mkdirSync(place.folder, { recursive: true });
    const file = join(place.folder, 'file');
    writeFileSync(file, '');
    await expect(fileObjects({ folder: join(file, 'objects'), claims, publicUrl: '' })).rejects.toThrow(
      /^The setting OBJECT_STORE_URL is wrong: the folder .+ is not writable \(ENOTDIR\)\.$/,
    );
  });
});

describe('the setting OBJECT_STORE_URL', () => {
  it.each([
    ['file:/var/lib/objects', { folder: '/var/lib/objects' }],
    ['file:///var/lib/objects', { folder: '/var/lib/objects' }],
    ['s3://stories?region=eu-central-1', { bucket: 'stories', region: 'eu-central-1', endpoint: undefined }],
    ['s3://stories?region=x&endpoint=http://minio:9000', { bucket: 'stories', region: 'x', endpoint: 'http://minio:9000' }],
  ])('%s is understood', (text, place) => {
    expect(placeOf(text)).toEqual(place);
  });

  it.each([
    ['objects', 'it is no URL; write file:/folder or s3://bucket?region=…'],
    ['file:objects', 'the folder is absolute, as in file:/var/lib/storytelling/objects'],
    ['file://host/objects', 'the folder is absolute, as in file:/var/lib/storytelling/objects'],
    ['https://s3.example.org/stories', 'it begins with file: or s3://'],
    ['s3://stories', 'the region is missing, as in s3://bucket?region=eu-central-1'],
    ['s3://stories/folder?region=x', 'a bucket is named as in s3://bucket?region=…'],
    ['s3://?region=x', 'a bucket is named as in s3://bucket?region=…'],
    ['s3://stories?region=x&endpoint=minio', 'the endpoint begins with http:// or https://'],
    ['s3://stories?region=x&acl=public', 'it has no option acl; there are region and endpoint'],
  ])('%s is refused with one sentence', (text, why) => {
    expect(() => placeOf(text)).toThrow(`The setting OBJECT_STORE_URL is wrong: ${why}.`);
  });
});
