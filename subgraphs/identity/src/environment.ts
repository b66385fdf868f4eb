import {
  databaseSettings,
  type Environment,
  objectStoreSettings,
  readEnvironment,
  serviceSettings,
  SettingError,
} from '@storytelling/shared/infrastructure/environment';
import { mailSettings } from '@storytelling/shared/infrastructure/open-mailer';
import { z } from 'zod';
import type { OpenIdProvider } from './infrastructure/openid-providers.js';

const keyRule = '32 random bytes in base64, such as `openssl rand -base64 32` prints';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const issuerRule = 'the https:// address of the issuer; http:// for one on this machine';
const issuer = z
  .url({ error: issuerRule })
  .regex(/^(https:\/\/|http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])([:/]|$))/, { error: issuerRule });

const settings = z.object({
  ...serviceSettings,
  ...databaseSettings,
  ...objectStoreSettings,
  ...mailSettings,
  /** Where the web client is: its pages /verify-email and /reset-password take the tokens of mails. */
  WEB_URL: z.url({ protocol: /^https?$/, error: 'a URL that begins with https://' }).optional(),
  /** Where people may sign in instead: short names, separated by commas; for each NAME the settings OIDC_NAME_ISSUER, _CLIENT_ID, _CLIENT_SECRET. */
  OIDC_PROVIDERS: list.pipe(
    z.array(z.string().regex(/^[a-z][a-z0-9_]{0,49}$/, { error: 'names such as google or my_company, separated by commas' })),
  ),
  /** Where a provider may send browsers back, separated by commas. */
  OIDC_REDIRECT_URIS: list.pipe(
    z.array(z.url({ error: 'addresses such as https://stories.example.org/signed-in, separated by commas' }).max(2_000)),
  ),
  /** Seals the signing keys in the database, and is the root of the other secrets: losing it signs everybody out. */
  KEY_ENCRYPTION_KEY: z
    .string({ error: keyRule })
    .regex(/^[A-Za-z0-9+/]{43}=$/, { error: keyRule })
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
  /** How many accounts may be opened from one client address in an hour. */
  REGISTRATIONS_PER_HOUR: z.coerce.number({ error: 'a whole number from 1' }).int().min(1, { error: 'a whole number from 1' }).default(300),
});

export function readIdentityEnvironment(environment: Environment) {
  const read = readEnvironment(settings, environment);
  if (read.OIDC_PROVIDERS.length > 0 && read.OIDC_REDIRECT_URIS.length === 0)
    throw new SettingError('The setting OIDC_REDIRECT_URIS is missing.');
  return { ...read, providers: read.OIDC_PROVIDERS.map((id) => readProvider(id, environment)) };
}

function readProvider(id: string, environment: Environment): OpenIdProvider {
  const prefix = `OIDC_${id.toUpperCase()}`;
  const asked = { [`${prefix}_ISSUER`]: issuer, [`${prefix}_CLIENT_ID`]: z.string(), [`${prefix}_CLIENT_SECRET`]: z.string() };
  const read = readEnvironment(
    z.object({ ...asked, [`${prefix}_NAME`]: z.string().default(`${id.slice(0, 1).toUpperCase()}${id.slice(1)}`) }),
    environment,
  );
  const of = (name: string) => read[`${prefix}_${name}`] ?? '';
  return { id, name: of('NAME'), issuer: of('ISSUER'), clientId: of('CLIENT_ID'), clientSecret: of('CLIENT_SECRET') };
}
