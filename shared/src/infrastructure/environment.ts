import { z } from 'zod';

/** A wrong or contradictory setting: one sentence that names it. The process ends with exit code 1 and nothing is half-started. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Validates settings; an empty value counts as absent, as in a .env file with `KEY=`. Values are never quoted: they may be secrets. */
export function readEnvironment<Schema extends z.ZodType>(schema: Schema, environment: Environment): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const name = issue?.path.join('.') ?? 'settings';
  const missing = issue?.code === 'invalid_type' && given[name] === undefined;
  throw new SettingError(
    missing ? `The setting ${name} is missing.` : `The setting ${name} is wrong: ${issue?.message ?? 'not accepted'}.`,
  );
}

/** Settings that every service has. */
export const serviceSettings = {
  PORT: z.coerce.number({ error: 'a port number from 0 (any free one) to 65535' }).int().min(0).max(65535).default(0),
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z
    .enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
      error: 'one of silent, fatal, error, warn, info, debug, trace',
    })
    .default('info'),
  NODE_ENV: z.string().optional(),
};

export const eventBusSettings = {
  EVENT_BUS_URL: z
    .string()
    .regex(/^(embedded:$|embedded:postgres(ql)?:\/\/|kafka:\/\/)/, { error: 'embedded:, embedded:postgresql://… or kafka://host:9092' })
    .default('embedded:'),
  /** Of each topic that is made, for ever: a stream keeps its order because it keeps its partition. */
  KAFKA_PARTITIONS: z.coerce.number({ error: 'a number from 1 to 1000' }).int().min(1).max(1_000).default(12),
  /** Unset: the cluster's own default. */
  KAFKA_REPLICATION: z.coerce.number({ error: 'a number from 1 to 9' }).int().min(1).max(9).optional(),
  KAFKA_USERNAME: z.string().optional(),
  KAFKA_PASSWORD: z.string().optional(),
};

export type EventBusSettings = z.output<z.ZodObject<typeof eventBusSettings>>;

const signingKeyRule = '32 random bytes in base64, or several such keys separated by commas, the newest first';

/** For the gateway, which serves what is stored as files. */
export const objectServingSettings = {
  /** `file:/folder`, or `s3://bucket?region=…&endpoint=…`. */
  OBJECT_STORE_URL: z.string({ error: 'file:/folder or s3://bucket?region=…' }),
  /** Links to media and permissions to upload are signed with the first, and recognised by all. */
  OBJECT_SIGNING_KEYS: z
    .string({ error: signingKeyRule })
    .regex(/^\s*[A-Za-z0-9+/]{43}=(\s*,\s*[A-Za-z0-9+/]{43}=)*\s*$/, { error: signingKeyRule })
    .transform((text) => text.split(',').map((key) => new Uint8Array(Buffer.from(key.trim(), 'base64')))),
};

export const objectStoreSettings = {
  ...objectServingSettings,
  /** Where clients reach the gateway, for the links that we hand out. */
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'the URL at which clients reach the gateway, such as https://stories.example.org' })
    .transform((text) => text.replace(/\/+$/, '')),
};

export type ObjectStoreSettings = z.output<z.ZodObject<typeof objectStoreSettings>>;

export const databaseSettings = {
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, { error: 'a URL that begins with postgresql://' }),
  ...eventBusSettings,
  GATEWAY_JWKS: z
    .string({ error: 'a JSON Web Key Set or its http URL' })
    .regex(/^(https?:\/\/|\{)/, { error: 'a JSON Web Key Set or its http URL' }),
};
