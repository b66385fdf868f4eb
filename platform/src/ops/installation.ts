import { connect, openPool } from '@storytelling/shared/infrastructure/database';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  databaseSettings,
  type Environment,
  type EventBusSettings,
  readEnvironment,
} from '@storytelling/shared/infrastructure/environment';
import { type GroupLags, groupLags } from '@storytelling/shared/infrastructure/group-lag';
import { OperationRefused } from '@storytelling/shared/infrastructure/operation-log';
import type pg from 'pg';
import { z } from 'zod';
import { openDataFolder } from '../data-folder.js';
import { type EmbeddedPostgres, findRunningServer, startEmbeddedPostgres } from '../embedded-postgres.js';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const { DATABASE_URL: _database, GATEWAY_JWKS: _keys, ...eventBusSettings } = databaseSettings;

/** The databases of a running platform. */
export interface Installation {
  /** By name, all or the one that was asked for. */
  contexts(only?: string): readonly string[];
  databaseOf(context: string): pg.Pool;
  readonly lags: GroupLags;
  close(): Promise<void>;
}

export function dataFolderOf(environment: Environment): string {
  // npm runs scripts in the project's folder; INIT_CWD is where the person is. `npm start` resolves DATA_DIR from the project's folder, too.
  return environment.DATA_DIR ? resolve(environment.DATA_DIR) : join(checkout, '.data');
}

/** What `DATABASE_URL_<CONTEXT>` name (in Kubernetes), else the platform that runs on DATA_DIR; `evenStopped`: its PostgreSQL is started for as long as this takes. */
export async function openInstallation(environment: Environment, { evenStopped = false } = {}): Promise<Installation> {
  const settings = readEnvironment(z.object(eventBusSettings), environment);
  const named = Object.entries(environment).flatMap(([name, url]) => {
    const [, context] = /^DATABASE_URL_([A-Z]+)$/.exec(name) ?? [];
    return context && url ? [[context.toLowerCase(), url] as const] : [];
  });
  if (named.length > 0) return open(new Map(named), settings);

  const path = dataFolderOf(environment);
  const server = findRunningServer(path) ?? (evenStopped ? await startStopped(path) : undefined);
  if (!server)
    throw new OperationRefused(
      `No platform runs on the data folder ${path}: start it, or name another one by DATA_DIR, or databases elsewhere by DATABASE_URL_IDENTITY, DATABASE_URL_STORY …`,
    );
  const databases = await databasesOf(server.adminUrl);
  const bus = settings.EVENT_BUS_URL === 'embedded:' ? `embedded:${server.databaseUrl('backbone')}` : settings.EVENT_BUS_URL;
  const installation = open(new Map(databases.map((name) => [name, server.databaseUrl(name)])), { ...settings, EVENT_BUS_URL: bus });
  return 'stop' in server ? { ...installation, close: () => installation.close().finally(server.stop) } : installation;
}

/** Locked, so that nobody starts the platform meanwhile. */
async function startStopped(path: string): Promise<Pick<EmbeddedPostgres, 'adminUrl' | 'databaseUrl' | 'stop'> | undefined> {
  if (!existsSync(join(path, 'postgresql-password'))) return undefined;
  const folder = openDataFolder(path);
  try {
    const { adminUrl, databaseUrl, stop } = await startEmbeddedPostgres({ folder });
    return { adminUrl, databaseUrl, stop: () => stop().finally(() => folder.close()) };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** Of the contexts on a server of ours; the event bus is none. */
export async function databasesOf(adminUrl: string): Promise<string[]> {
  const admin = await connect({ connectionString: adminUrl });
  try {
    const { rows } = await admin.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres', 'backbone') ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  } finally {
    await admin.end();
  }
}

function open(urls: ReadonlyMap<string, string>, eventBus: EventBusSettings): Installation {
  const pools = new Map<string, pg.Pool>();
  const urlOf = (context: string) => {
    const url = urls.get(context);
    if (!url) throw new OperationRefused(`There is no context ${context} here; there are ${[...urls.keys()].join(', ')}.`);
    return url;
  };
  const [first = ''] = urls.values();
  const lags = groupLags(eventBus, first);
  return {
    lags,
    contexts(only) {
      if (only !== undefined) urlOf(only);
      return only === undefined ? [...urls.keys()] : [only];
    },
    databaseOf(context) {
      const known = pools.get(context);
      if (known) return known;
      const pool = openPool({ connectionString: urlOf(context), max: 2, statement_timeout: 30_000, application_name: 'ops' });
      pools.set(context, pool);
      return pool;
    },
    async close() {
      await Promise.all([lags.close(), ...Array.from(pools.values(), (pool) => pool.end())]);
    },
  };
}
