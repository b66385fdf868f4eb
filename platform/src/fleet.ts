import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Environment, readEnvironment } from '@storytelling/shared/infrastructure/environment';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { mailFolder, mailSettings } from '@storytelling/shared/infrastructure/open-mailer';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { startGateway } from '@storytelling/gateway/service';
import { startIdentity } from '@storytelling/identity/service';
import { startNarration } from '@storytelling/narration/service';
import { startStory } from '@storytelling/story/service';
import { z } from 'zod';

/** What every context gets from the machine it runs on. */
interface Machine {
  /** Never 0: links to the platform are made before it listens. */
  readonly port: number;
  /** Called before the port is taken. */
  releasePort(): Promise<void>;
  readonly host: string;
  readonly logLevel: string;
  /** Where contexts keep files: mails that are not sent, and objects unless OBJECT_STORE_URL says otherwise. */
  readonly dataFolder: string;
  databaseUrl(database: string): string;
  secret(name: string): string;
}

/** Every context, by its name. */
const contexts = { identity: startIdentity, story: startStory, narration: startNarration } as const;

/** Databases of the fleet: one for each context, one for the event bus. */
export const databasesOfFleet = [...Object.keys(contexts), 'backbone'];

/**
 * The whole fleet in this process: the same services, started by the same functions, as alone in containers of their own. They meet where
 * they meet there, too: over HTTP and in the event bus.
 */
export async function startFleet(
  environment: Environment,
  machine: Machine,
): Promise<RunningService & { /** Where mails are shown instead of being sent. */ readonly inbox: string | undefined }> {
  // Nobody outlives this process who could hold a token of an older key.
  const gatewayKey = await newGatewayKey();
  const { jwks } = await gatewayTokens(gatewayKey);
  const common = {
    ...environment,
    LOG_LEVEL: machine.logLevel,
    EVENT_BUS_URL: [undefined, '', 'embedded:'].includes(environment.EVENT_BUS_URL)
      ? `embedded:${machine.databaseUrl('backbone')}`
      : environment.EVENT_BUS_URL,
    DATA_DIR: machine.dataFolder,
    OBJECT_STORE_URL: environment.OBJECT_STORE_URL || pathToFileURL(join(machine.dataFolder, 'objects')).href,
    OBJECT_SIGNING_KEYS: environment.OBJECT_SIGNING_KEYS || machine.secret('object-signing-key'),
    PUBLIC_URL: environment.PUBLIC_URL || publicUrl(machine),
  };
  const mails = mailFolder(readEnvironment(z.object(mailSettings), common));
  const settingsOf = (name: string) => ({
    ...common,
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: machine.databaseUrl(name),
    GATEWAY_JWKS: JSON.stringify(jwks),
    ...(name === 'identity' && { KEY_ENCRYPTION_KEY: environment.KEY_ENCRYPTION_KEY || machine.secret('key-encryption-key') }),
  });

  await using started = new AsyncDisposableStack();
  const start = async (starting: Promise<RunningService>) => {
    const service = await starting;
    started.defer(() => service.stop());
    return service;
  };
  const starting = Object.entries(contexts).map(async ([name, startContext]) => {
    const { url } = await start(startContext(settingsOf(name)));
    return [`SUBGRAPH_URL_${name.toUpperCase()}`, url] as const;
  });
  // All of them have ended their start before one that failed stops the others.
  await Promise.allSettled(starting);
  const urls = Object.fromEntries(await Promise.all(starting));

  await machine.releasePort();
  const gateway = await start(
    startGateway({
      ...common,
      HOST: machine.host,
      PORT: String(machine.port),
      GATEWAY_PRIVATE_KEY: JSON.stringify(gatewayKey),
      IDENTITY_JWKS_URL: new URL('/.well-known/jwks.json', urls.SUBGRAPH_URL_IDENTITY).href,
      ...(mails && { INBOX_DIR: mails }),
      ...urls,
    }),
  );
  // Last started, first stopped: requests in flight still find their contexts.
  const running = started.move();
  const inbox = mails && environment.NODE_ENV !== 'production' ? '/inbox' : undefined;
  return { ...gateway, name: 'platform', inbox, stop: () => running.disposeAsync() };
}

/** Listening on all addresses is reached at none of that name. */
function publicUrl({ host, port }: Machine): string {
  const name = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
