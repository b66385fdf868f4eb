import type { IncomingMessage } from 'node:http';
import { readMails, type StoredMail } from '@storytelling/shared/infrastructure/file-mailer';
import { type HttpAnswer, type HttpRoute, refusalAnswer } from '@storytelling/shared/infrastructure/http-server';
import { refuse } from './access/refusals.js';

/**
 * The mails of a platform that runs on one machine and sends none: for a browser as a page, with `Accept: application/json` as
 * `[{ to, subject, text, html, at }]`, newest first, `?to=` one address's. They open accounts, so only this machine sees them.
 */
export const inbox =
  (folder: string): HttpRoute =>
  async (request) => {
    if (!fromThisMachine(request)) return refusalAnswer(refuse.INBOX_LOCAL_ONLY());
    const to = new URL(request.url ?? '/', 'http://localhost').searchParams.get('to')?.trim().toLowerCase();
    const mails = await readMails(folder, { to: to || undefined });
    return request.headers.accept?.includes('application/json')
      ? { body: JSON.stringify(mails.map(({ id: _, ...mail }) => mail)) }
      : page(mails, to);
  };

const thisMachine = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d+)?$/;

/**
 * The connection is not enough: a proxy, a tunnel and the browser of whoever sits here connect from here, too, on behalf of a stranger or of a stranger's page.
 * So no proxy's header, a name of this machine in Host (a page of `evil.example` that resolves to 127.0.0.1 has that one) and no other page's Origin.
 */
function fromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const { host = '', origin } = headers;
  return (
    /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '') &&
    headers.forwarded === undefined &&
    headers['x-forwarded-for'] === undefined &&
    thisMachine.test(host) &&
    (origin === undefined || origin === `http://${host}`)
  );
}

function page(mails: readonly StoredMail[], to: string | undefined): HttpAnswer {
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Inbox</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
article { border: 1px solid #ccc; border-radius: 6px; padding: 0 1rem 1rem; margin: 1rem 0 }
h2 { font-size: 1.1rem; margin-bottom: 0 } p { margin-top: 0; color: #555 }
iframe { width: 100%; height: 16rem; border: 1px solid #ddd; background: #fff } pre { white-space: pre-wrap; overflow-wrap: anywhere }
</style>
</head>
<body>
<h1>Inbox${to ? ` of ${escaped(to)}` : ''}</h1>
<p>Mails are not sent from this machine: they are kept in its data folder and shown here.${to ? ' <a href="/inbox">Show all.</a>' : ''}</p>
${mails.map(article).join('\n') || '<p>There is none.</p>'}
</body>
</html>
`;
  // A mail's HTML is in a frame without scripts and of no origin; nothing in it loads anything.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return {
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy, 'referrer-policy': 'no-referrer' },
    body,
  };
}

const article = ({ to, subject, text, html, at }: StoredMail) => `<article>
<h2>${escaped(subject)}</h2>
<p>to <a href="/inbox?to=${encodeURIComponent(to)}">${escaped(to)}</a>, <time>${escaped(at)}</time></p>
<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${escaped(html)}" title="${escaped(subject)}"></iframe>
<details><summary>As plain text</summary><pre>${escaped(text)}</pre></details>
</article>`;

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
