import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { createLogger } from '../src/infrastructure/logger.js';
import { bytesOf } from '../src/infrastructure/object-store.js';
import { s3Objects } from '../src/infrastructure/s3-objects.js';
import { objectStoreContract } from './object-store.contract.js';

const log = createLogger('test', 'silent');
const credentials = { AWS_ACCESS_KEY_ID: 'test-access-key', AWS_SECRET_ACCESS_KEY: 'test-secret' };

let server: FauxqsServer;
beforeAll(async () => {
  Object.assign(process.env, credentials);
  server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('stories');
});
afterAll(async () => {
  for (const name of Object.keys(credentials)) delete process.env[name];
  await server.stop();
});

const now = { value: new Date() };
const open = (
  bucket = 'stories',
  endpoint = `http://127.0.0.1:${server.port}`,
  patience = { answer: 2_000, silence: 2_000, upload: 5_000 },
) => s3Objects({ settings: { bucket, region: 'eu-central-1', endpoint }, log, now: () => now.value, patience });

objectStoreContract('S3', async () => {
  const store = await open();
  return { store, now, obeysUrls: false, close: () => store.close() };
});

describe('S3', () => {
  it('that has no such bucket stops the start with one sentence', async () => {
    await expect(open('elsewhere')).rejects.toThrow('The setting OBJECT_STORE_URL is wrong: the bucket elsewhere does not exist.');
  });

  it('that is away for a moment does not stop the start', async () => {
    const store = await open('stories', 'http://127.0.0.1:9');
    await expect(store.head('story/x')).rejects.toThrow();
    store.close();
  });

  it('is told by a signed upload which type, size and that it is new; it checks them by the signature', async () => {
    const store = await open();
    const expiresAt = new Date(now.value.getTime() + 300_000);
    const { url, headers } = await store.uploadTo('story/uploads/x', { contentType: 'image/png', bytes: 12, expiresAt });
    const { searchParams, pathname } = new URL(url);
    expect(pathname).toBe('/stories/story/uploads/x');
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host;if-none-match');
    expect(searchParams.get('X-Amz-Expires')).toBe('300');
    expect([...searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
    expect(headers).toEqual({ 'content-type': 'image/png', 'if-none-match': '*' });
    store.close();
  });

  it.each([
    ['never answers', () => undefined],
    ['stops in the middle of an object', (response: ServerResponse) => response.writeHead(200, { 'content-length': '10' }).write('half')],
  ])('that %s is not waited for', async (_, behave) => {
    const stub = createServer((request, response) => {
      if (request.method === 'HEAD') response.end();
      else behave(response);
    }).listen(0, '127.0.0.1');
    await once(stub, 'listening');
    const { port } = stub.address() as AddressInfo;
    const store = await open('stories', `http://127.0.0.1:${port}`, { answer: 300, silence: 300, upload: 300 });
    const reading = store.get('story/x').then((object) => object && bytesOf(object.body, 100));
    await expect(reading).rejects.toThrow();
    store.close();
    stub.closeAllConnections();
    stub.close();
  });
});
