import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder } from '@storytelling/platform/data-folder';
import { startEmbeddedPostgres } from '@storytelling/platform/embedded-postgres';
import type { StoredEvent } from '@storytelling/shared/domain-events/event';
import { eventColumns, type EventRow, storedEvent } from '@storytelling/shared/infrastructure/event-store';
import { topicOf } from '@storytelling/shared/infrastructure/event-bus';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { eventBusOf } from '@storytelling/shared/infrastructure/open-event-bus';
import { deployContextMigrations } from '@storytelling/shared/infrastructure/migrations';
import pg from 'pg';
import { until } from '../running-platform.js';
import { transactionsOn } from './processes/context.mjs';
import type { Transport } from './transports.js';

type Kind = 'relay' | 'consumer' | 'writers';

export interface Member {
  readonly kind: Kind;
  readonly child: ChildProcess;
  /** SIGKILL by default; resolves when the process has ended, which a stopped one does not. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** What became of the events: each list names those with which something is wrong. */
export interface Account {
  lost: string[];
  ofRolledBackTransactions: string[];
  doubled: string[];
  inverted: string[];
}

export const allWell: Account = { lost: [], ofRolledBackTransactions: [], doubled: [], inverted: [] };

/**
 * Two contexts on a PostgreSQL of their own, `story` (which writes, and whose outbox is relayed) and `listener` (which has an effect for
 * each event), and their processes, to be killed.
 */
export async function startFleet(transport: Transport) {
  const folder = openDataFolder(mkdtempSync(join(tmpdir(), 'storytelling-fleet-')));
  const server = await startEmbeddedPostgres({ folder, testMode: true });
  const urlOf = (database: string) => Object.assign(new URL(server.adminUrl), { pathname: `/${database}` }).toString();
  const admin = watchedPool(server.adminUrl);
  for (const database of ['story', 'listener', 'backbone']) {
    await admin.query(`CREATE DATABASE ${database}`);
    // Processes are killed here, machines are not: without fsync a commit still has to survive the crash of its server.
    await admin.query(`ALTER DATABASE ${database} SET synchronous_commit = on`);
  }
  const migrations = join(import.meta.dirname, 'migrations');
  await deployContextMigrations(urlOf('story'), migrations);
  await deployContextMigrations(urlOf('listener'), migrations);
  const story = watchedPool(urlOf('story'));
  const listener = watchedPool(urlOf('listener'));
  const carrier = await transport.start(urlOf('backbone'));
  const bus = await eventBusOf({ EVENT_BUS_URL: carrier.url, KAFKA_PARTITIONS: 4 })({
    context: 'story',
    databaseUrl: urlOf('story'),
    log: createLogger('test', 'silent'),
  });
  /** Everything that was sent, by the event's id. */
  const sent = new Map<string, number>();
  await bus.subscribe('witness', [topicOf('story')], async ({ id }) => void sent.set(id, (sent.get(id) ?? 0) + 1));
  const members = new Set<Member>();
  let output = '';

  async function start(kind: Kind, task: object = {}, databaseUrl = urlOf(kind === 'consumer' ? 'listener' : 'story')): Promise<Member> {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'processes', `${kind}.mjs`), kind], {
      env: { ...process.env, DATABASE_URL: databaseUrl, EVENT_BUS_URL: carrier.url, TASK: JSON.stringify(task) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-20_000);
      });
    }
    const ended = once(child, 'exit');
    const member: Member = {
      kind,
      child,
      async kill(signal = 'SIGKILL') {
        members.delete(member);
        child.kill(signal);
        await ended;
      },
    };
    members.add(member);
    const ready = once(child, 'message');
    if (await Promise.race([ready.then(() => false), ended.then(() => members.has(member))]))
      throw new Error(`A ${kind} ended before it was ready:\n${output}`);
    return member;
  }

  async function storedEvents(): Promise<StoredEvent[]> {
    const { rows } = await story.query<EventRow>(`SELECT ${eventColumns} FROM backbone.event_store e ORDER BY e.position`);
    return rows.map(storedEvent);
  }

  async function effects() {
    const { rows } = await listener.query<{ event_id: string; stream_id: string; version: number; rolled_back: boolean; at: Date }>(
      'SELECT event_id, stream_id, version, rolled_back, at FROM effect ORDER BY position',
    );
    return rows;
  }

  return {
    admin,
    story,
    listener,
    urlOf,
    bus,
    broker: carrier.broker,
    client: transactionsOn(story),
    start,
    effects,
    storedEvents,
    /** The last that the processes have said, for a test that fails. */
    said: () => output,
    /** Nothing is left to be sent or applied. */
    async drained(limitMs: number) {
      const count = async (pool: pg.Pool, sql: string) => (await pool.query<{ n: number }>(`SELECT ${sql}::int AS n`)).rows[0]?.n ?? 0;
      try {
        await until(async () => {
          const pending = await count(story, '(SELECT count(*) FROM backbone.outbox)');
          const stored = await count(story, '(SELECT count(*) FROM backbone.event_store)');
          const had = await count(listener, '(SELECT count(DISTINCT event_id) FROM effect)');
          return pending === 0 && had >= stored;
        }, limitMs);
      } catch {
        // The account says what is missing.
      }
    },
    async account(): Promise<Account> {
      const stored = await storedEvents();
      const had = await effects();
      const times = Map.groupBy(had, ({ event_id }) => event_id);
      const storedIds = new Set(stored.map(({ id }) => id));
      const reached = new Map<string, number>();
      const inverted: string[] = [];
      for (const { stream_id: stream, version } of had) {
        if (version < (reached.get(stream) ?? 0)) inverted.push(`${version} of ${stream} after ${reached.get(stream)}`);
        reached.set(stream, version);
      }
      return {
        lost: stored.filter(({ id }) => !times.has(id)).map(({ subject, sequence }) => `${sequence} of ${subject}`),
        ofRolledBackTransactions: had
          .filter((effect) => effect.rolled_back || !storedIds.has(effect.event_id))
          .map(({ event_id }) => event_id),
        doubled: [...times.values()]
          .filter(({ length }) => length > 1)
          .map((all) => `${all[0]?.version} of ${all[0]?.stream_id}: ${all.length} times`),
        inverted,
      };
    },
    /** What relays have sent more than once, and consumers had to discard. */
    sentAgain: () => [...sent.values()].reduce((sum, times) => sum + times - 1, 0),
    /** In order, so that what they held is free for the next test. */
    async endMembers() {
      const ending = [...members].map((member) => {
        const ended = member.kill('SIGTERM');
        // Where a test failed that had frozen it, it would not hear of its end.
        member.child.kill('SIGCONT');
        return ended;
      });
      await Promise.all(ending);
    },
    async stop() {
      await Promise.all([...members].map((member) => member.kill()));
      await bus.close();
      await carrier.stop();
      await Promise.all([admin.end(), story.end(), listener.end()]);
      await server.stop();
      folder.close();
      rmSync(folder.path, { recursive: true, force: true });
    },
  };
}

/** A pool that outlives the restart of its server. */
function watchedPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 4 });
  pool.on('error', () => undefined);
  return pool;
}
