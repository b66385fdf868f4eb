import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileObjects } from '../src/infrastructure/file-objects.js';
import { type HttpServer, startHttpServer } from '../src/infrastructure/http-server.js';
import { createLogger } from '../src/infrastructure/logger.js';
import { objectRoutes } from '../src/infrastructure/object-routes.js';
import type { ObjectStore } from '../src/infrastructure/object-store.js';
import { signedClaims } from '../src/infrastructure/signed-claims.js';
import { uploadsOf } from '../src/infrastructure/uploads.js';
import { testObjectStore } from '../src/testing/object-store.js';

const key = (fill: number) => new Uint8Array(32).fill(fill);
const claims = signedClaims([key(1)]);
const png = Buffer.from('not a picture, but nobody looks here');
const place = testObjectStore();
const now = { value: new Date() };
let http: HttpServer;
let objects: ObjectStore;

beforeAll(async () => {
  const clock = () => now.value;
  const served = await fileObjects({ folder: place.folder, claims, publicUrl: '' });
  http = await startHttpServer({
    port: 0,
    host: '127.0.0.1',
    log: createLogger('test', 'silent'),
    folders: objectRoutes({ objects: served, claims, now: clock }),
    allowOrigin: () => false,
  });
  objects = await fileObjects({ folder: place.folder, claims, publicUrl: http.url, now: clock });
});
afterAll(async () => {
  await http.close();
  place.drop();
});

async function refusalOf(response: Response): Promise<[number, string]> {
  const { errors } = (await response.json()) as { errors: [{ extensions: { code: string } }] };
  return [response.status, errors[0].extensions.code];
}

/** Every text that differs from a token by one character. */
function* changed(token: string): Generator<string> {
  for (let index = 0; index < token.length; index += 1) {
    const other = token[index] === 'A' ? 'B' : 'A';
    yield `${token.slice(0, index)}${other}${token.slice(index + 1)}`;
  }
  // Another spelling of the same last byte: base64url leaves two bits of the last character to chance.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  for (const bits of [1, 2, 3]) yield `${token.slice(0, -1)}${alphabet[last ^ bits]}`;
  yield `${token}=`;
  yield `${token}.`;
  yield token.slice(0, -1);
}

describe('GET /media/…', () => {
  const text = Buffer.from('0123456789'.repeat(10));
  let url: string;
  const get = (headers: Record<string, string> = {}, method = 'GET') => fetch(url, { method, headers });

  beforeAll(async () => {
    await objects.put('story/audio/one.mp3', text, { contentType: 'audio/mpeg' });
    url = (await objects.urlOf('story/audio/one.mp3')).url;
  });

  it('gives the object, for a browser to play on any page and to run on none', async () => {
    const response = await get({ origin: 'https://elsewhere.example' });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-length': '100',
      'content-disposition': 'inline',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(response.headers.get('cache-control')).toMatch(/^private, max-age=\d+, immutable$/);
    expect(Buffer.from(await response.arrayBuffer()).equals(text)).toBe(true);
  });

  it('tells all but the bytes to HEAD', async () => {
    const response = await get({}, 'HEAD');
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '100', '']);
  });

  it.each([
    ['bytes=0-0', 206, 'bytes 0-0/100', '0'],
    ['bytes=95-', 206, 'bytes 95-99/100', '56789'],
    ['bytes=-3', 206, 'bytes 97-99/100', '789'],
    ['bytes=-500', 206, 'bytes 0-99/100', text.toString()],
    ['bytes=98-1000', 206, 'bytes 98-99/100', '89'],
    ['bytes=100-', 416, 'bytes */100', undefined],
    ['bytes=-0', 416, 'bytes */100', undefined],
    ['bytes=5-2', 200, null, text.toString()],
    ['bytes=0-1,3-4', 200, null, text.toString()],
    ['lines=1-2', 200, null, text.toString()],
    ['bytes=-', 200, null, text.toString()],
  ])('answers Range: %s with %i', async (range, status, contentRange, body) => {
    const response = await get({ range });
    expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange]);
    if (body === undefined) expect(await refusalOf(response)).toEqual([416, 'RANGE_NOT_SATISFIABLE']);
    else expect(await response.text()).toBe(body);
  });

  it('is not read twice by whoever has it, and begins anew for whoever has an older one', async () => {
    const etag = (await get()).headers.get('etag') ?? '';
    expect((await get({ 'if-none-match': etag })).status).toBe(304);
    expect((await get({ 'if-none-match': `"other", W/${etag}` })).status).toBe(304);
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
    expect((await get({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
  });

  it('refuses a url that was changed by one character, whichever', async () => {
    const token = url.slice(url.lastIndexOf('/') + 1);
    const answers = new Set<string>();
    for (const each of changed(token)) answers.add((await refusalOf(await fetch(`${http.url}/media/${each}`))).join());
    expect([...answers]).toEqual(['403,MEDIA_LINK_INVALID']);
  });

  it('refuses what was signed for something else', async () => {
    for (const token of [
      claims.sign('upload', { key: 'story/audio/one.mp3', type: 'audio/mpeg', bytes: 1, expires: Date.now() + 60_000 }),
      signedClaims([key(2)]).sign('media', { key: 'story/audio/one.mp3', expires: Date.now() + 60_000 }),
      '',
      'a.b',
    ])
      expect(await refusalOf(await fetch(`${http.url}/media/${token}`))).toEqual([403, 'MEDIA_LINK_INVALID']);
  });

  it('ends with its time, and with the object', async () => {
    await objects.put('story/audio/two.mp3', text, { contentType: 'audio/mpeg' });
    const { url: link, expiresAt } = await objects.urlOf('story/audio/two.mp3');
    const began = now.value;
    now.value = new Date(expiresAt.getTime() - 1);
    expect((await fetch(link)).status).toBe(200);
    now.value = expiresAt;
    expect(await refusalOf(await fetch(link))).toEqual([403, 'MEDIA_LINK_EXPIRED']);
    now.value = began;
    await objects.delete('story/audio/two.mp3');
    expect(await refusalOf(await fetch(link))).toEqual([404, 'MEDIA_GONE']);
  });

  it('saves what is no picture, sound or film instead of opening it', async () => {
    await objects.put('story/exports/x.html', Buffer.from('<script>'), { contentType: 'text/html' });
    const response = await fetch((await objects.urlOf('story/exports/x.html')).url);
    expect(response.headers.get('content-disposition')).toBe('attachment');
  });

  it('is good for a newer key to sign and the older one to be recognised', async () => {
    const rotated = signedClaims([key(2), key(1)]);
    const link = { key: 'story/audio/one.mp3', expires: 1 };
    const { z } = await import('zod');
    const schema = z.object({ key: z.string(), expires: z.number() });
    expect(rotated.read('media', schema, claims.sign('media', link))).toEqual(link);
    expect(claims.read('media', schema, rotated.sign('media', link))).toBeUndefined();
    expect(signedClaims([key(2)]).read('media', schema, rotated.sign('media', link))).toEqual(link);
  });

  it('has no other methods', async () => {
    expect(await refusalOf(await fetch(url, { method: 'POST' }))).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(await refusalOf(await fetch(url, { method: 'DELETE' }))).toEqual([405, 'METHOD_NOT_ALLOWED']);
  });
});

describe('PUT /uploads/…', () => {
  const uploads = () => uploadsOf('story', { objects, claims, now: () => now.value, newId: randomUUID });
  const promise = (bytes = png.length) =>
    uploads().promise({
      subject: 'user-ada-0001',
      purpose: 'picture',
      contentType: 'image/png',
      bytes,
      accept: { types: ['image/png', 'image/jpeg'], maxBytes: 1000 },
    });
  const readAs = async (id: string, by: { subject: string; purpose: string }, from = uploads()) => from.read(from.recognise(id, by));
  const put = (url: string, body: BodyInit = png, headers: Record<string, string> = { 'content-type': 'image/png' }) =>
    fetch(url, { method: 'PUT', headers, body, ...(body instanceof ReadableStream && { duplex: 'half' }) });
  const ada = { subject: 'user-ada-0001', purpose: 'picture' };
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'fine',
      (error: { code?: string }) => error.code,
    );

  it('takes one file of the type and size that it was asked for', async () => {
    const { id, url, method, headers } = await promise();
    expect(await codeOf(readAs(id, ada))).toBe('UPLOAD_NOT_ARRIVED');
    const response = await fetch(url, { method, headers, body: png });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect((await readAs(id, ada)).equals(png)).toBe(true);
  });

  it('tells a browser beforehand that it may', async () => {
    const response = await fetch((await promise()).url, { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toBe('PUT');
    expect(response.headers.get('access-control-allow-headers')).toBe('content-type');
  });

  it('refuses another size, another type, a second file, and stores none of them', async () => {
    const { id, url } = await promise();
    const larger = Buffer.concat([png, png]);
    expect(await refusalOf(await put(url, larger))).toEqual([400, 'UPLOAD_SIZE_WRONG']);
    expect(await refusalOf(await put(url, png.subarray(1)))).toEqual([400, 'UPLOAD_SIZE_WRONG']);
    expect(await refusalOf(await put(url, new Blob([png]).stream()))).toEqual([400, 'UPLOAD_SIZE_WRONG']);
    expect(await refusalOf(await put(url, png, { 'content-type': 'text/html' }))).toEqual([400, 'UPLOAD_TYPE_WRONG']);
    expect(await codeOf(readAs(id, ada))).toBe('UPLOAD_NOT_ARRIVED');
    expect((await put(url)).status).toBe(204);
    expect(await refusalOf(await put(url, Buffer.alloc(png.length)))).toEqual([409, 'UPLOAD_REPEATED']);
    expect((await readAs(id, ada)).equals(png)).toBe(true);
  });

  it('takes one of two that come at once', async () => {
    const { url } = await promise();
    const answers = await Promise.all([put(url), put(url), put(url)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409, 409]);
  });

  it('refuses a url that has expired or was changed by one character', async () => {
    const { url, expiresAt } = await promise();
    const token = url.slice(url.lastIndexOf('/') + 1);
    const answers = new Set<string>();
    for (const each of changed(token)) answers.add((await refusalOf(await put(`${http.url}/uploads/${each}`))).join());
    expect([...answers]).toEqual(['403,UPLOAD_LINK_INVALID']);
    const began = now.value;
    now.value = expiresAt;
    expect(await refusalOf(await put(url))).toEqual([403, 'UPLOAD_LINK_EXPIRED']);
    now.value = began;
  });

  it('is of use to whom and for what it was promised, once, for an hour', async () => {
    const upload = await promise();
    await put(upload.url);
    const { id } = upload;
    expect(await codeOf(readAs(id, { ...ada, subject: 'user-bob-0001' }))).toBe('UPLOAD_UNKNOWN');
    expect(await codeOf(readAs(id, { ...ada, purpose: 'voice' }))).toBe('UPLOAD_UNKNOWN');
    expect(await codeOf(readAs(id, ada, uploadsOf('identity', { objects, claims, now: () => now.value, newId: randomUUID })))).toBe(
      'UPLOAD_UNKNOWN',
    );
    for (const each of changed(id)) expect(await codeOf(readAs(each, ada))).toBe('UPLOAD_UNKNOWN');
    const began = now.value;
    now.value = new Date(began.getTime() + 3_600_000);
    expect(await codeOf(readAs(id, ada))).toBe('UPLOAD_EXPIRED');
    now.value = began;
    await uploads().used(uploads().recognise(id, ada));
    expect(await codeOf(readAs(id, ada))).toBe('UPLOAD_USED');
    expect(await refusalOf(await put(upload.url))).toEqual([409, 'UPLOAD_REPEATED']);
  });

  it('is not promised for a type or a size that is not taken', async () => {
    const wanted = { subject: 'x', purpose: 'x', contentType: 'image/png', bytes: 10, accept: { types: ['image/png'], maxBytes: 1000 } };
    const ask = (change: object) => codeOf(uploads().promise({ ...wanted, ...change }));
    expect(await ask({ contentType: 'image/svg+xml' })).toBe('UPLOAD_TYPE_UNSUPPORTED');
    expect(await ask({ bytes: 1001 })).toBe('UPLOAD_TOO_LARGE');
    for (const bytes of [0, -1, 1.5, Number.NaN]) expect(await ask({ bytes })).toBe('UPLOAD_EMPTY');
  });

  it('is forgotten with whoever sent it, used or not', async () => {
    const upload = await promise();
    await put(upload.url);
    await uploads().forget('user-bob-0001');
    expect(await codeOf(readAs(upload.id, ada))).toBe('fine');
    await uploads().forget(ada.subject);
    expect(await codeOf(readAs(upload.id, ada))).toBe('UPLOAD_NOT_ARRIVED');
  });

  it('is swept away when nobody used it for a day', async () => {
    const unused = await promise();
    await put(unused.url);
    await uploads().sweep();
    expect(await codeOf(readAs(unused.id, ada))).toBe('fine');
    const began = now.value;
    now.value = new Date(began.getTime() + 25 * 3_600_000);
    const young = await promise();
    await uploads().sweep();
    now.value = began;
    expect(await codeOf(readAs(unused.id, ada))).toBe('UPLOAD_NOT_ARRIVED');
    expect(await codeOf(readAs(young.id, ada))).toBe('UPLOAD_NOT_ARRIVED');
  });
});
