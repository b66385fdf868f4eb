import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SettingError } from '@storytelling/shared/infrastructure/environment';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { openDataFolder } from './data-folder.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { platformSettings, reservePort } from './settings.js';

// The whole platform on one machine: PostgreSQL, every context, the gateway. `npm start` ends up here.

const checkout = fileURLToPath(new URL('../..', import.meta.url));
/** Stopping takes 5 s at most: so much for requests and jobs in flight, the rest for PostgreSQL. */
const drainPatience = 3_500;
const stopPatience = 4_900;

/** Nothing here calls home; these keep libraries from doing it. Set before one of them is loaded. */
Object.assign(process.env, { APOLLO_TELEMETRY_DISABLED: 'true', CHECKPOINT_DISABLE: '1', DO_NOT_TRACK: '1' });

let postgres: EmbeddedPostgres | undefined;
let fleet: { stop(): Promise<void> } | undefined;
let stopping: { exitCode: number; since: number } | undefined;
const started = Promise.resolve().then(start);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));
for (const problem of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(problem, (error: unknown) => {
    createLogger('platform', 'fatal').fatal({ err: error }, 'unexpected error; the platform stops');
    stop(1);
  });
}
// A closed terminal takes its output along; what is said there is lost, the data is not.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
stopWithNpm();

async function start(): Promise<void> {
  try {
    const settings = platformSettings(process.env);
    const { port, release } = await reservePort(settings.PORT, settings.HOST);
    const folder = openDataFolder(resolve(settings.DATA_DIR ?? join(checkout, '.data')));
    const { path, databases } = folder;
    if (databases !== path) console.log(`PostgreSQL does not run as root and cannot reach ${path}: its files are in ${databases}.`);
    // Loading the services takes longer than starting PostgreSQL: both at once.
    const services = import('./fleet.js');
    services.catch(() => undefined); // awaited below, when PostgreSQL is there to be stopped again
    postgres = await startEmbeddedPostgres({ folder });
    void postgres.ended.then(() => {
      if (stopping) return;
      console.error(`PostgreSQL has ended unexpectedly: see ${path}/postgresql.log.`);
      stop(1);
    });
    const { databasesOfFleet, startFleet } = await services;
    await postgres.ensureDatabases(databasesOfFleet);
    if (stopping) return;
    const { databaseUrl } = postgres;
    const running = await startFleet(process.env, {
      port,
      releasePort: release,
      host: settings.HOST,
      logLevel: settings.LOG_LEVEL,
      dataFolder: path,
      databaseUrl,
      secret: folder.secret,
    });
    fleet = running;
    if (!stopping) announce(running.port, settings.HOST, path, running.inbox);
  } catch (error) {
    console.error(error instanceof SettingError ? error.message : error);
    stop(1);
  }
}

function announce(port: number, host: string, dataFolder: string, inbox: string | undefined): void {
  const local = ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host);
  const url = `http://${local ? 'localhost' : host}:${port}/graphql`;
  console.log(`
The storytelling platform is ready.

  In a browser   ${url}   (GraphiQL; its tabs walk through a writer's first evening)
  In a terminal  npm run story -- FILE   (finds the characters, emotions and segments of your text)
${inbox ? `  Mails          ${new URL(inbox, url)}   (kept here instead of being sent)\n` : ''}  Data           ${dataFolder}
  Stop           Ctrl-C

ready ${url}`);
}

/** Drains once; a second signal does not wait (PostgreSQL ends with this process, and recovers). One Ctrl-C reaches this process twice (the terminal's and npm's): within a second it is one. */
function stop(exitCode: number): void {
  if (stopping) {
    if (Date.now() - stopping.since > 1_000) process.exit(1);
    return;
  }
  stopping = { exitCode, since: Date.now() };
  setTimeout(() => process.exit(1), stopPatience).unref();
  void drain().then(
    () => process.exit(exitCode),
    (error: unknown) => {
      console.error('The platform did not stop cleanly:', error);
      process.exit(1);
    },
  );
}

async function drain(): Promise<void> {
  const patience = new Promise((resolve) => setTimeout(resolve, drainPatience).unref());
  const services = started.then(() => fleet?.stop());
  await Promise.race([services, patience]);
  await postgres?.stop();
}

/** npm passes signals on, but kill -9 gives it no chance to: nobody would know what still holds the port. */
function stopWithNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop(0);
  }, 1_000).unref();
}
