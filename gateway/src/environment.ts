import {
  type Environment,
  eventBusSettings,
  objectServingSettings,
  readEnvironment,
  SettingError,
  serviceSettings,
} from '@storytelling/shared/infrastructure/environment';
import type { JWK } from 'jose';
import { z } from 'zod';

const httpUrl = z.url({ protocol: /^https?$/, error: 'a URL that begins with http:// or https://' });

/** As browsers send it: a scheme, a host, a port where it is not the usual one, and nothing behind. */
const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

const settings = z.object({
  ...serviceSettings,
  /** The composed SDL, watched for changes; the committed one when neither is set. */
  SUPERGRAPH_FILE: z.string().optional(),
  /** Polled instead of a file. */
  SUPERGRAPH_URL: httpUrl.optional(),
  /** A folder of documents (*.graphql) that clients rely on: a supergraph on which one is not valid is not taken. */
  REGISTERED_OPERATIONS: z.string().optional(),
  /** How subgraphs hear who asks: our own tokens (tokens), the client's header as it came (authorization), not at all (none). */
  FORWARD_IDENTITY: z.enum(['tokens', 'authorization', 'none'], { error: 'tokens, authorization or none' }).default('tokens'),
  /** Where identity publishes the keys of access tokens. Needed for tokens, as is the next. */
  IDENTITY_JWKS_URL: httpUrl.optional(),
  /** Ed25519 private key as a JSON Web Key, for the gateway's own tokens. */
  GATEWAY_PRIVATE_KEY: z
    .string()
    .transform((text, context): JWK => {
      try {
        return JSON.parse(text) as JWK;
      } catch {
        context.addIssue({ code: 'custom', message: 'an Ed25519 private key as a JSON Web Key' });
        return z.NEVER;
      }
    })
    .optional(),
  /** Milliseconds from which on an operation is logged as slow, with its plan and its fetches. */
  SLOW_OPERATION_MS: z.coerce.number({ error: 'a number of milliseconds' }).int().min(1).default(1_000),
  /** The standard variables that ask for traces; the packages that make them read the others by themselves. */
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none'], { error: 'otlp or none' }).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl.optional(),
  /** Where identity says that a session is over. Unset: its last access token lives on to its end. */
  ...eventBusSettings,
  EVENT_BUS_URL: z
    .string()
    .regex(/^(embedded:postgres(ql)?|kafka):\/\//, { error: 'embedded:postgresql://… or kafka://host:9092' })
    .optional(),
  /** How many proxies of ours stand in front; each appends to X-Forwarded-For. */
  TRUST_PROXY: z.coerce.number({ error: 'the number of proxies in front, 0 to 10' }).int().min(0).max(10).default(0),
  /** Origins of web pages that may use the API, separated by commas. Outside production: all, when unset. */
  ALLOWED_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .refine((origins) => origins.every(isOrigin), { error: 'origins such as https://stories.example.org, separated by commas' })
    .optional(),
  /** Where mails are written that are not sent; shown at /inbox, outside production only. */
  INBOX_DIR: z.string().optional(),
  /** Objects that are files are served and taken by the gateway; those in S3 by S3, and then neither setting is needed here. */
  OBJECT_STORE_URL: objectServingSettings.OBJECT_STORE_URL.optional(),
  OBJECT_SIGNING_KEYS: objectServingSettings.OBJECT_SIGNING_KEYS.optional(),
});

export type GatewayEnvironment = z.output<typeof settings>;

export function gatewayEnvironment(environment: Environment): GatewayEnvironment {
  return readEnvironment(settings, environment);
}

/** Somebody has named where traces go, or has asked for them at the usual place. */
export function asksForTraces(settings: GatewayEnvironment): boolean {
  if (settings.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || settings.OTEL_TRACES_EXPORTER === 'none') return false;
  return Boolean(settings.OTEL_TRACES_EXPORTER ?? settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? settings.OTEL_EXPORTER_OTLP_ENDPOINT);
}

/** SUBGRAPH_URL_<CONTEXT> of one subgraph, or what a stranger's supergraph says: ours says only `http://<context>`. */
export function subgraphUrl(environment: Environment, name: string, written: string | undefined): URL {
  const setting = `SUBGRAPH_URL_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
  return new URL(readEnvironment(z.object({ [setting]: httpUrl.optional() }), environment)[setting] ?? written ?? missing(setting));
}

function missing(setting: string): never {
  throw new SettingError(`The setting ${setting} is missing.`);
}
