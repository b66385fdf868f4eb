import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { fileMailer, readMails } from '../src/infrastructure/file-mailer.js';
import { createLogger } from '../src/infrastructure/logger.js';
import { MailRefused } from '../src/infrastructure/mail.js';
import { mailFolder, openMailer } from '../src/infrastructure/open-mailer.js';
import { smtpMailer } from '../src/infrastructure/smtp-mailer.js';
import { aMail, mailContract, type Received } from './mail.contract.js';

const log = createLogger('test', 'silent');
const from = 'Storytelling <no-reply@stories.example>';

/** A real SMTP server in this process. It refuses `nobody@…` for good and `later@…` for now. */
async function smtpServer() {
  const mails: (Received & { readonly headers: string })[] = [];
  const users: string[] = [];
  const answer = (responseCode: number) => Object.assign(new Error('no such mailbox ada@example.org'), { responseCode });
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    onAuth({ username }, _session, callback) {
      users.push(String(username));
      callback(null, { user: username });
    },
    onRcptTo({ address }, _session, callback) {
      callback(address.startsWith('nobody@') ? answer(550) : address.startsWith('later@') ? answer(451) : undefined);
    },
    onData(stream, { envelope }, callback) {
      void simpleParser(stream).then(({ messageId = '', to, subject = '', text = '', html, date = new Date(0), headerLines }) => {
        const address = Array.isArray(to) ? to : to ? [to] : [];
        mails.push({
          id: /^<(.*)@stories\.example>$/.exec(messageId)?.[1] ?? messageId,
          to: address.map((each) => each.text).join(),
          recipients: envelope.rcptTo.map((recipient) => recipient.address),
          subject,
          text,
          html: html || '',
          at: date,
          headers: headerLines.map(({ line }) => line).join('\n'),
        });
        callback();
      }, callback);
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: new URL(`smtp://127.0.0.1:${port}`),
    mails,
    users,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'mails-'));
  return { path, url: pathToFileURL(join(path, 'mail')), remove: () => rm(path, { recursive: true, force: true }) };
}

mailContract('over SMTP', false, async () => {
  const server = await smtpServer();
  const mailer = smtpMailer({ url: server.url, from });
  return {
    mailer,
    received: async () => server.mails.map(({ headers: _, ...mail }) => mail),
    async close() {
      mailer.close();
      await server.close();
    },
  };
});

mailContract('in files', true, async () => {
  const { path, url, remove } = await folder();
  const mailer = fileMailer(url);
  return {
    mailer,
    received: async () =>
      (await readMails(join(path, 'mail'))).map(({ at, ...mail }) => ({ ...mail, recipients: [mail.to], at: new Date(at) })),
    close: remove,
  };
});

describe('mail over SMTP', () => {
  let server: Awaited<ReturnType<typeof smtpServer>>;
  beforeAll(async () => {
    server = await smtpServer();
  });
  afterAll(() => server.close());

  it('says who sends it, that a program wrote it, and names itself by its id', async () => {
    const mail = aMail();
    const mailer = openMailer({ MAIL_URL: server.url.href, MAIL_FROM: from, DATA_DIR: '', NODE_ENV: undefined }, log);
    await mailer.send(mail);
    const headers = server.mails.find(({ id }) => id === mail.id)?.headers;
    expect(headers).toContain(`From: ${from}`);
    expect(headers).toContain(`Message-ID: <${mail.id}@stories.example>`);
    expect(headers).toContain('Auto-Submitted: auto-generated');
    mailer.close();
  });

  it('tells a refusal for good from one for now, and quotes nobody’s address', async () => {
    const mailer = smtpMailer({ url: server.url, from });
    await expect(mailer.send(aMail({ to: 'nobody@example.org' }))).rejects.toThrow(MailRefused);
    const later = await mailer.send(aMail({ to: 'later@example.org' })).catch((error: unknown) => error);
    expect(later).not.toBeInstanceOf(MailRefused);
    expect(String(later)).toBe('Error: The mail could not be sent (EENVELOPE 451).');
  });

  it('gives up on a server that accepts and then says nothing', async () => {
    const sockets: Socket[] = [];
    const frozen = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => frozen.listen(0, '127.0.0.1', resolve));
    const url = new URL(`smtp://127.0.0.1:${(frozen.address() as AddressInfo).port}`);
    await expect(smtpMailer({ url, from, timeout: 100 }).send(aMail())).rejects.toThrow('The mail could not be sent (ETIMEDOUT');
    for (const socket of sockets) socket.destroy();
    frozen.close();
  });

  it('sends no password without TLS', async () => {
    const credentials = { username: 'us', password: 'secret' };
    const here = Object.assign(new URL(server.url), credentials);
    await smtpMailer({ url: here, from }).send(aMail());
    expect(server.users).toEqual(['us']);
    // This machine, too, but not by a name that says so.
    const elsewhere = Object.assign(new URL(server.url), credentials, { hostname: '0.0.0.0' });
    await expect(smtpMailer({ url: elsewhere, from }).send(aMail())).rejects.toThrow('The mail could not be sent (ETLS');
    expect(server.users).toEqual(['us']);
  });

  it('is not opened without a sender, nor without a server in production', () => {
    const settings = { DATA_DIR: '.data', NODE_ENV: 'production', MAIL_URL: undefined, MAIL_FROM: undefined };
    expect(() => openMailer({ ...settings, MAIL_URL: server.url.href }, log)).toThrow('The setting MAIL_FROM is missing: ');
    expect(() => openMailer(settings, log)).toThrow('The setting MAIL_URL is missing: ');
    expect(mailFolder({ ...settings, NODE_ENV: undefined })).toMatch(/\.data.mail$/);
  });
});

describe('mail in files', () => {
  it('is for this user alone, and leaves nothing half-written behind', async () => {
    const { path, url, remove } = await folder();
    await openMailer({ MAIL_URL: url.href, MAIL_FROM: undefined, DATA_DIR: '', NODE_ENV: 'production' }, log).send(aMail());
    const [name = ''] = await readdir(join(path, 'mail'));
    expect((await stat(join(path, 'mail'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, 'mail', name))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(path, 'mail'))).toHaveLength(1);
    await remove();
  });

  it('is read newest first, for one address if told, and passes over what is no mail', async () => {
    const { path, url, remove } = await folder();
    const mailer = fileMailer(url);
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 20, minute));
    for (const minute of [2, 1, 3]) await mailer.send(aMail({ at: at(minute), to: minute === 1 ? 'bob@example.org' : 'ada@example.org' }));
    await writeFile(join(path, 'mail', '.unfinished'), '{');
    await chmod(join(path, 'mail', '.unfinished'), 0o600);
    const minutes = async (options: Parameters<typeof readMails>[1]) =>
      (await readMails(join(path, 'mail'), options)).map((mail) => new Date(mail.at).getUTCMinutes());
    expect(await minutes({})).toEqual([3, 2, 1]);
    expect(await minutes({ limit: 2 })).toEqual([3, 2]);
    expect(await minutes({ to: 'bob@example.org' })).toEqual([1]);
    expect(await readMails(join(path, 'nothing'))).toEqual([]);
    await remove();
  });
});
