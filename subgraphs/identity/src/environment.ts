import {
  databaseSettings,
  type Environment,
  objectStoreSettings,
  readEnvironment,
  serviceSettings,
} from '@storytelling/shared/infrastructure/environment';
import { mailSettings } from '@storytelling/shared/infrastructure/open-mailer';
import { z } from 'zod';

const keyRule = '32 random bytes in base64, such as `openssl rand -base64 32` prints';

const settings = z.object({
  ...serviceSettings,
  ...databaseSettings,
  ...objectStoreSettings,
  ...mailSettings,
  /** Where the web client is: its pages /verify-email and /reset-password take the tokens of mails. */
  WEB_URL: z.url({ protocol: /^https?$/, error: 'a URL that begins with https://' }).optional(),
  /** Seals the signing keys in the database, and is the root of the other secrets: losing it signs everybody out. */
  KEY_ENCRYPTION_KEY: z
    .string({ error: keyRule })
    .regex(/^[A-Za-z0-9+/]{43}=$/, { error: keyRule })
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
  /** How many accounts may be opened from one client address in an hour. */
  REGISTRATIONS_PER_HOUR: z.coerce.number({ error: 'a whole number from 1' }).int().min(1, { error: 'a whole number from 1' }).default(300),
});

export const readIdentityEnvironment = (environment: Environment) => readEnvironment(settings, environment);
