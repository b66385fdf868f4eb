import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { openDataFolder } from '@storytelling/platform/data-folder';
import { startEmbeddedPostgres } from '@storytelling/platform/embedded-postgres';
import { readMails } from '@storytelling/shared/infrastructure/file-mailer';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { startKafka } from '../../tools/kafka/broker.mjs';

// What an orchestrator does for the services, and nothing else: it gives each process its settings, starts it again when it has ended, and
// leads whoever asks for a context to a replica that serves.

const checkout = join(import.meta.dirname, '../..');
const entries = {
  gateway: join(checkout, 'gateway/dist/main.js'),
  identity: join(checkout, 'subgraphs/identity/dist/main.js'),
  story: join(checkout, 'subgraphs/story/dist/main.js'),
};

export interface Replica {
  readonly name: string;
  /** Where it serves; undefined from its end until it serves again. */
  port(): number | undefined;
  /** Resolves when it serves; rejects when it has ended by itself. */
  serves(): Promise<unknown>;
  /** kill -9. It is started again at once. */
  kill(): Promise<void>;
  /** The last that it has said. */
  said(): string;
  stop(): Promise<void>;
}

/** Two of each, on a real Kafka and one PostgreSQL with a database per context. */
export async function startReplicas() {
  await using started = new AsyncDisposableStack();
  const folder = openDataFolder(mkdtempSync(join(tmpdir(), 'storytelling-two-')));
  started.defer(() => {
    folder.close();
    rmSync(folder.path, { recursive: true, force: true });
  });
  const server = await startEmbeddedPostgres({ folder, testMode: true });
  started.defer(() => server.stop());
  const broker = await startKafka();
  started.defer(() => broker.stop());
  const eventBus = { EVENT_BUS_URL: broker.url, KAFKA_PARTITIONS: 4 };
  await server.ensureDatabases(['identity', 'story']);

  const start = async (kind: keyof typeof entries, settings: Record<string, string>) => {
    const replica = supervise(`${kind} ${settings.REPLICA}`, entries[kind], { ...settings, NODE_ENV: 'production', PORT: '0' });
    started.defer(() => replica.stop());
    await replica.serves();
    return replica;
  };
  // A key for each gateway, as while the key is being changed: the contexts must take tokens of both.
  const keys = [await newGatewayKey(), await newGatewayKey()];
  const sets = await Promise.all(keys.map(async (key) => (await gatewayTokens(key)).jwks.keys));
  const bus = { EVENT_BUS_URL: eventBus.EVENT_BUS_URL, KAFKA_PARTITIONS: String(eventBus.KAFKA_PARTITIONS) };
  const context = (database: string) => ({
    DATABASE_URL: server.databaseUrl(database),
    ...bus,
    GATEWAY_JWKS: JSON.stringify({ keys: sets.flat() }),
    // One for all replicas: what one has stored the others serve.
    OBJECT_STORE_URL: pathToFileURL(join(folder.path, 'objects')).href,
    OBJECT_SIGNING_KEYS: folder.secret('object-signing-key'),
    PUBLIC_URL: 'https://stories.example.org',
    // In production it has to be said.
    MAIL_URL: pathToFileURL(join(folder.path, 'mail')).href,
  });
  // All four at once, on empty databases: they migrate them together.
  const contexts = await Promise.all(
    ['A', 'B'].flatMap((REPLICA) => [
      start('identity', { ...context('identity'), KEY_ENCRYPTION_KEY: folder.secret('key-encryption-key'), REPLICA }),
      start('story', { ...context('story'), REPLICA }),
    ]),
  );
  const balanced = async (kind: string) => {
    const balancer = await balance(contexts.filter(({ name }) => name.startsWith(kind)));
    started.defer(() => balancer.stop());
    return balancer.origin;
  };
  const [identity, story] = [await balanced('identity'), await balanced('story')];
  const gateways = await Promise.all(
    keys.map((key, index) =>
      start('gateway', {
        REPLICA: index === 0 ? 'A' : 'B',
        GATEWAY_PRIVATE_KEY: JSON.stringify(key),
        ...bus,
        IDENTITY_JWKS_URL: `${identity}/.well-known/jwks.json`,
        SUBGRAPH_URL_IDENTITY: `${identity}/graphql`,
        SUBGRAPH_URL_STORY: `${story}/graphql`,
        // Nobody listens there: the evening does without it, and its absence disturbs nobody.
        SUBGRAPH_URL_NARRATION: 'http://127.0.0.1:9/graphql',
      }),
    ),
  );

  const all = [...gateways, ...contexts];
  const running = started.move();
  return {
    all,
    gateways,
    databaseUrl: server.databaseUrl,
    /** Mails to an address, newest first. */
    mailsTo: (to: string) => readMails(join(folder.path, 'mail'), { to }),
    eventBus,
    /** All six serve. */
    whole: () => Promise.all(all.map((replica) => replica.serves())),
    stop: () => running.disposeAsync(),
  };
}

function supervise(name: string, entry: string, settings: Record<string, string>): Replica {
  let output = '';
  let child: ChildProcess;
  let port: number | undefined;
  let serving: Promise<void>;
  let isKilled = false;
  let isStopping = false;

  function start() {
    isKilled = false;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    serving = promise;
    serving.catch(() => undefined); // whoever waits hears it
    child = spawn(process.execPath, [entry], { env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        output = `${output}${line}\n`.slice(-20_000);
        const [, told] = /^\w+ listens at \S+:(\d+)\/graphql$/.exec(line) ?? [];
        if (!told) return;
        port = Number(told);
        resolve();
      });
    }
    child.once('exit', (code, signal) => {
      port = undefined;
      if (isKilled && !isStopping) start();
      else if (!isStopping) {
        // Nobody has killed it: that is what this scenario is looking for, not something to be hidden by another start.
        serving = Promise.reject(new Error(`${name} ended by itself with ${code ?? signal}:\n${output}`));
        serving.catch(() => undefined);
        reject(new Error(`${name} ended by itself with ${code ?? signal}:\n${output}`));
      }
    });
  }
  start();

  async function end(signal: 'SIGKILL' | 'SIGTERM') {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  return {
    name,
    port: () => port,
    serves: () => serving,
    async kill() {
      isKilled = true;
      await end('SIGKILL');
    },
    said: () => output,
    async stop() {
      isStopping = true;
      await end('SIGTERM');
    },
  };
}

/**
 * One address for the replicas of a context, as a Service of Kubernetes is one: connections go to them in turn, and to the other one where
 * the first does not take them. It knows TCP only; whatever was under way on a connection is lost with its replica.
 */
async function balance(replicas: readonly Replica[]) {
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer((client) => {
    sockets.add(client);
    client.once('close', () => sockets.delete(client));
    client.on('error', () => undefined);
    const serving = replicas.flatMap((replica) => replica.port() ?? []);
    turn += 1;
    const choice = serving.map((_, index) => serving[(index + turn) % serving.length]);
    const lead = ([port, ...others]: typeof choice) => {
      if (port === undefined) return void client.destroy();
      const replica = connect(port, '127.0.0.1');
      const refused = () => lead(others);
      replica.once('error', refused);
      replica.once('connect', () => {
        replica.off('error', refused);
        pipeline(client, replica, () => undefined);
        pipeline(replica, client, () => undefined);
      });
    };
    lead(choice);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
