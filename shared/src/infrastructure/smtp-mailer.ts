import nodemailer from 'nodemailer';
import { type Mailer, MailRefused } from './mail.js';

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Over SMTP, a connection for each mail. `timeout` (ms) bounds each step: a server that accepts and says nothing must not hold a worker. */
export function smtpMailer({ url, from, timeout = 10_000 }: { url: URL; from: string; timeout?: number }): Mailer {
  const transport = nodemailer.createTransport({
    url: url.href,
    // A password never crosses a network in clear: without TLS nothing is sent. `?requireTLS=true` in the URL asks for it in any case.
    ...(url.password !== '' && !loopback.test(url.hostname) && { requireTLS: true }),
    dnsTimeout: timeout,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    // Texts are all that a mail of ours has; a path or an address in one must not make the server read it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^\s<>@]+)>?$/.exec(from)?.[1] ?? 'localhost';
  return {
    async send({ id, to, subject, text, html, at }) {
      try {
        await transport.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          html,
          date: at,
          messageId: `<${id}@${domain}>`,
          // Not to be answered by holiday notices (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
      } catch (error) {
        const { code, responseCode = 0 } = error as { code?: string; responseCode?: number };
        if (responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')) throw new MailRefused();
        // nodemailer's own error quotes the address, and would end up in the log.
        throw new Error(`The mail could not be sent (${code ?? 'unknown'} ${responseCode || ''}).`);
      }
    },
    forget: async () => undefined,
    close: () => transport.close(),
  };
}
