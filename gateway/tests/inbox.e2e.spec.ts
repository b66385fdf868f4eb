import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileMailer } from '@storytelling/shared/infrastructure/file-mailer';
import { type Fleet, startFleet } from './fleet.js';

describe('the inbox of a machine that sends no mail', () => {
  let folder: string;
  let fleet: Fleet;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inbox-'));
    const mailer = fileMailer(pathToFileURL(folder));
    for (const [minute, name] of ['ada', 'bob'].entries()) {
      await mailer.send({
        id: `mail-${minute}`,
        to: `${name}@example.org`,
        subject: `Hello <b>${name}</b>`,
        text: 'Your token: 123',
        html: `<p>"Your" token</p>`,
        at: new Date(Date.UTC(2026, 10, 22, 20, minute)),
      });
    }
    fleet = await startFleet({ INBOX_DIR: folder });
  });
  afterAll(async () => {
    await fleet.stop();
    await rm(folder, { recursive: true });
  });

  /** Not fetch, which chooses some headers itself. */
  function get(path: string, headers: Record<string, string>, url = fleet.gateway.url) {
    return new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
      request(new URL(path, url), { headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          body += part;
        });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      })
        .on('error', reject)
        .end();
    });
  }
  const json = { accept: 'application/json' };

  it('is a list for a program, newest first', async () => {
    const { status, headers, body } = await get('/inbox', json);
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, 'application/json; charset=utf-8', 'no-store']);
    const bob = {
      to: 'bob@example.org',
      subject: 'Hello <b>bob</b>',
      text: 'Your token: 123',
      html: '<p>"Your" token</p>',
      at: '2026-11-22T20:01:00.000Z',
    };
    expect(JSON.parse(body)).toEqual([bob, expect.objectContaining({ to: 'ada@example.org' })]);
    expect(JSON.parse((await get('/inbox?to=%20BOB%40example.org', json)).body)).toEqual([bob]);
  });

  it('is a page for a browser, in which a mail is text and no script runs', async () => {
    const { headers, body } = await get('/inbox', { accept: 'text/html' });
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(body).toContain('Hello &#60;b&#62;bob&#60;/b&#62;');
    expect(body).toContain('srcdoc="&#60;p&#62;&#34;Your&#34; token&#60;/p&#62;"');
    expect(body).not.toMatch(/<b>|<script|allow-scripts|allow-same-origin/);
    expect((await get('/inbox?to=%3Cscript%3E', { accept: 'text/html' })).body).not.toContain('<script>');
  });

  it.each([
    ['for a stranger behind a proxy of this machine', { 'x-forwarded-for': '203.0.113.7' }],
    ['for a stranger behind another proxy', { forwarded: 'for=203.0.113.7' }],
    ['under a name that is not this machine’s', { host: 'evil.example' }],
    ['under a name that begins like this machine’s', { host: 'localhost.evil.example' }],
    ['for a page of somebody else', { origin: 'https://evil.example' }],
    ['for a page without an origin', { origin: 'null' }],
  ])('is closed %s', async (_, headers) => {
    const { status, body } = await get('/inbox', { ...json, ...headers });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'INBOX_LOCAL_ONLY', kind: 'FORBIDDEN' } }] });
  });

  it('is not there in production, nor without a folder', async () => {
    const closed: Record<string, string>[] = [{ INBOX_DIR: folder, NODE_ENV: 'production' }, { INBOX_DIR: '' }];
    for (const settings of closed) {
      const gateway = await fleet.startAnother(settings);
      expect((await get('/inbox', json, gateway.url)).status).toBe(404);
      await gateway.stop();
    }
  });
});
