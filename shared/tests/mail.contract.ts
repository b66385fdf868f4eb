import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checked, type Mail, type Mailer } from '../src/infrastructure/mail.js';

/** What arrived, wherever that is. */
export interface Received {
  readonly id: string;
  readonly to: string;
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly at: Date;
}

export interface MailUnderTest {
  readonly mailer: Mailer;
  received(): Promise<readonly Received[]>;
  close(): Promise<void>;
}

export const aMail = (given: Partial<Mail> = {}): Mail => ({
  id: randomUUID(),
  to: 'ada@example.org',
  subject: 'Bestätige deine Adresse — ¡hola!',
  text: 'Dear Ada,\n\n.a line that begins with a dot\nFrom the analytical engine: “über” 🦊\n',
  html: '<p>Dear Ada,</p><p>“über” &amp; 🦊</p>',
  at: new Date('2026-11-22T20:00:00.000Z'),
  ...given,
});

/** What every way of sending promises. */
/** `keepsWhatIsSent`: it is in our own hands, so that it can be deleted there. */
export function mailContract(name: string, keepsWhatIsSent: boolean, open: () => Promise<MailUnderTest>): void {
  describe(`mail ${name}`, () => {
    let opened: MailUnderTest;
    let mailer: Mailer;
    beforeAll(async () => {
      opened = await open();
      mailer = checked(opened.mailer);
    });
    afterAll(() => opened.close());
    const received = async (id: string) => (await opened.received()).filter((mail) => mail.id === id);

    it('arrives as it was written, in every script', async () => {
      const mail = aMail();
      await mailer.send(mail);
      const [arrived] = await received(mail.id);
      expect(arrived).toMatchObject({ to: mail.to, recipients: [mail.to], subject: mail.subject, at: mail.at });
      expect(arrived?.text.replaceAll('\r\n', '\n').trim()).toBe(mail.text.trim());
      expect(arrived?.html.trim()).toBe(mail.html);
    });

    it('to somebody who is erased is forgotten, and to nobody else', async () => {
      const [gone, stays] = [aMail({ to: 'gone@example.org' }), aMail({ to: 'stays@example.org' })];
      await mailer.send(gone);
      await mailer.send(stays);
      await mailer.forget(gone.to);
      expect(await received(gone.id)).toHaveLength(keepsWhatIsSent ? 0 : 1);
      expect(await received(stays.id)).toHaveLength(1);
    });

    it('sent again is the same mail, by its id', async () => {
      const mail = aMail();
      await mailer.send(mail);
      await mailer.send(mail);
      const copies = await received(mail.id);
      expect(copies.length).toBeGreaterThanOrEqual(1);
      expect(new Set(copies.map((copy) => JSON.stringify(copy))).size).toBe(1);
    });

    it('several at once all arrive', async () => {
      const mails = Array.from({ length: 10 }, () => aMail());
      await Promise.all(mails.map((mail) => mailer.send(mail)));
      for (const { id } of mails) expect(await received(id)).toHaveLength(1);
    });

    it.each([
      { subject: 'Hello\r\nBcc: everybody@example.org' },
      { subject: 'Hello\nX-Other: 1' },
      { subject: 'Hello\u2028there' },
      { to: 'ada@example.org\r\nBcc: eve@example.org' },
      { to: 'ada@example.org, eve@example.org' },
      { to: 'Ada <ada@example.org>' },
      { to: '<ada@example.org> SIZE=1' },
      { id: 'x>\r\nBcc: eve@example.org' },
      { id: '../../etc/passwd/' },
      { id: '' },
    ])('with a header in what is one line goes nowhere (%#)', async (wrong) => {
      const before = (await opened.received()).length;
      await expect(mailer.send(aMail(wrong))).rejects.toThrow(TypeError);
      expect(await opened.received()).toHaveLength(before);
    });
  });
}
