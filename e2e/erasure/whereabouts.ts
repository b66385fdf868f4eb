import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EventCatalog, personalFields } from '@storytelling/shared/domain-events/event';
import { identityEvents } from '@storytelling/shared/domain-events/identity';
import { narrationEvents } from '@storytelling/shared/domain-events/narration';
import type { contextsWithPersonalData } from '@storytelling/shared/domain-events/personal-data';
import { storyEvents } from '@storytelling/shared/domain-events/story';
import { findRunningServer } from '@storytelling/platform/embedded-postgres';
import pg from 'pg';
import type { RunningPlatform } from '../running-platform.js';

/** Words that are one person's alone, by what they are. In latin1, so that bytes can be words, too. */
export type Canaries = Readonly<Record<string, string>>;

type Context = (typeof contextsWithPersonalData)[number];
const catalogs: Readonly<Record<Context, EventCatalog>> = {
  identity: identityEvents,
  story: storyEvents,
  narration: narrationEvents,
};
const contexts = Object.keys(catalogs) as Context[];

/** Columns of such types say nothing that a person could have said. All others are text, or may hold some. */
const speechless = [
  ...['boolean', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'],
  ...['uuid', 'date', 'timestamp with time zone'],
];

/**
 * In identity's tables, by user_id: what nobody can choose, but is nobody else's, so that the value is its own canary. In events: keys of objects, of
 * which the last part is.
 */
const ownCanaries = [
  'passwords.hash',
  'second_factors.sealed_secret',
  'second_factors.recovery_codes',
  'email_tokens.hash',
  'sessions.token_hash',
  'sessions.previous_hash',
];

/** Every row of every table of every database, every file beside PostgreSQL's own, everything printed: which of the words are where. */
export async function whereabouts(platform: RunningPlatform, canaries: Canaries): Promise<string[]> {
  const words = Object.entries(canaries).map(([what, word]) => [what, word.toLowerCase()] as const);
  const found = new Set<string>();
  const look = (place: string, text: string) => {
    const lower = text.toLowerCase();
    for (const [what, word] of words) if (lower.includes(word)) found.add(`${what}: ${place}`);
  };
  const databases = await withDatabase(platform, 'backbone', async (client) => {
    // Each is opened by a role of its own name. In the one called postgres nothing of ours may write.
    const { rows } = await client.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'`,
    );
    return rows.map(({ name }) => name);
  });
  for (const database of databases) {
    await withDatabase(platform, database, async (client) => {
      const { rows: tables } = await client.query<{ name: string }>(
        `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
      );
      for (const { name } of tables) {
        const { rows } = await client.query<{ row: Record<string, unknown> }>(`SELECT to_jsonb(t) AS row FROM ${name} t`);
        for (const { row } of rows)
          for (const [column, value] of Object.entries(row)) look(`${database} ${name}.${column}`, textOfValue(value));
      }
    });
  }
  for (const path of filesIn(platform.data)) {
    const inside = path.slice(platform.data.length + 1);
    look(
      `file ${inside}`,
      ifStillThere(() => readFileSync(path, 'latin1'), ''),
    );
    look(`name of ${inside}`, inside);
  }
  look('printed', platform.printed);
  return [...found].sort();
}

/** `<context> <table>.<column>` of the contexts' own tables that may hold text. */
export async function columnsWithText(platform: RunningPlatform): Promise<string[]> {
  const columns = await Promise.all(
    contexts.map((context) =>
      withDatabase(platform, context, async (client) => {
        const { rows } = await client.query<{ name: string }>(
          `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
           WHERE table_schema = 'public' AND table_name NOT LIKE '\\_prisma%' AND data_type <> ALL($1) ORDER BY 1`,
          [speechless],
        );
        return rows.map(({ name }) => `${context} ${name}`);
      }),
    ),
  );
  return columns.flat();
}

/** Every personal field that an event declares, as `<context> <Event>.<field>`. */
export const personalEventFields = contexts.flatMap((context) =>
  personalFields(catalogs[context]).map(({ type, path }) => `${context} ${type}.${path.join('.')}`),
);

/** What is stored in personal fields of events about a person, by their names as above. */
export async function personalValues(platform: RunningPlatform, userId: string): Promise<{ field: string; value: string }[]> {
  const found: { field: string; value: string }[] = [];
  for (const context of contexts) {
    await withDatabase(platform, context, async (client) => {
      const { rows } = await client.query<{ type: string; stream: string; data: Record<string, unknown> }>(
        'SELECT event_type AS type, stream_id AS stream, event_data AS data FROM backbone.event_store',
      );
      for (const { type, path, owner } of personalFields(catalogs[context]))
        for (const { stream, data } of rows.filter((event) => event.type === type)) {
          const whose = owner === 'stream' ? stream.slice(stream.indexOf('-') + 1) : data[owner];
          if (whose !== userId) continue;
          for (const value of valuesAt(data, path)) found.push({ field: `${context} ${type}.${path.join('.')}`, value });
        }
    });
  }
  return found;
}

/** Hashes, sealed secrets and keys of a person, which are canaries without anybody’s doing. */
export async function canariesOfTheirOwn(platform: RunningPlatform, userId: string): Promise<Canaries> {
  const own: [string, string][] = (await personalValues(platform, userId))
    .filter(({ field }) => /\.(imageKey|audio|captions)$/.test(field))
    .map(({ field, value }) => [field, keyIn(value).replace(/^.*\//, '')]);
  await withDatabase(platform, 'identity', async (client) => {
    for (const column of ownCanaries) {
      const [table, name] = column.split('.');
      const { rows } = await client.query<{ value: unknown }>(
        `SELECT to_jsonb(t) -> '${name}' AS value FROM ${table} t WHERE user_id = $1`,
        [userId],
      );
      for (const value of rows.flatMap((row) => row.value ?? [])) own.push([column, textOfValue(value)]);
    }
  });
  return Object.fromEntries(own.map(([what, value], at) => [`${what} ${at}`, value]));
}

/** A key, or what has one: a file by claim check. */
const keyIn = (value: string) => (value.startsWith('{') ? (JSON.parse(value) as { key: string }).key : value);

function valuesAt(data: unknown, [first, ...rest]: readonly string[]): string[] {
  if (data === null || data === undefined) return [];
  if (first === undefined) return [textOfValue(data)];
  if (first === '*') return (data as unknown[]).flatMap((item) => valuesAt(item, rest));
  return valuesAt((data as Record<string, unknown>)[first], rest);
}

function textOfValue(value: unknown): string {
  if (typeof value !== 'string') return value === null ? '' : JSON.stringify(value);
  // As bytea is written in JSON.
  return /^\\x([0-9a-f]{2})*$/.test(value) ? Buffer.from(value.slice(2), 'hex').toString('latin1') : value;
}

/** Every file below a folder but PostgreSQL's own. */
function filesIn(folder: string): string[] {
  return ifStillThere(() => readdirSync(folder, { withFileTypes: true }), []).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^postgresql(-programs)?$/.test(entry.name) ? [] : filesIn(path);
    return entry.isFile() ? [path] : [];
  });
}

/** While an erasure runs, a file may go between its name and its bytes, and a folder likewise: it holds nothing then. */
function ifStillThere<Result>(read: () => Result, nothing: Result): Result {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return nothing;
  }
}

async function withDatabase<Result>(
  platform: RunningPlatform,
  name: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: findRunningServer(platform.data)?.databaseUrl(name) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
