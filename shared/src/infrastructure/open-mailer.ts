import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { SettingError } from './environment.js';
import { fileMailer } from './file-mailer.js';
import type { Logger } from './logger.js';
import { checked, type Mailer } from './mail.js';
import { smtpMailer } from './smtp-mailer.js';

export const mailSettings = {
  /** Where mails go: an SMTP server, or a folder of this machine. Outside production `mail` in the data folder, when unset. */
  MAIL_URL: z.url({ protocol: /^(smtps?|file)$/, error: 'smtp://host:587, smtps://host:465 or file:///folder' }).optional(),
  /** The sender: an address, or a name with an address. */
  MAIL_FROM: z
    .string()
    .regex(/^(\P{Cc}*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u, { error: 'an address such as Storytelling <no-reply@example.org>' })
    .optional(),
  DATA_DIR: z.string().default('.data'),
  NODE_ENV: z.string().optional(),
};

type MailSettings = z.output<z.ZodObject<typeof mailSettings>>;

/** The folder that mails are written into instead of being sent, if there is one. */
export function mailFolder({ MAIL_URL, DATA_DIR, NODE_ENV }: Omit<MailSettings, 'MAIL_FROM'>): string | undefined {
  if (MAIL_URL) return MAIL_URL.startsWith('file:') ? fileURLToPath(MAIL_URL) : undefined;
  return NODE_ENV === 'production' ? undefined : join(resolve(DATA_DIR), 'mail');
}

export function openMailer(settings: MailSettings, log: Logger): Mailer {
  const { MAIL_URL, MAIL_FROM, NODE_ENV } = settings;
  const folder = mailFolder(settings);
  if (folder) {
    if (NODE_ENV === 'production') log.warn('MAIL_URL is a folder: mails are written there and reach nobody');
    return checked(fileMailer(pathToFileURL(folder)));
  }
  if (!MAIL_URL) throw new SettingError('The setting MAIL_URL is missing: in production mails go out by a server, smtp://host:587.');
  if (!MAIL_FROM)
    throw new SettingError('The setting MAIL_FROM is missing: mails need a sender, such as Storytelling <no-reply@example.org>.');
  return checked(smtpMailer({ url: new URL(MAIL_URL), from: MAIL_FROM }));
}
