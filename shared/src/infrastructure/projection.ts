import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { EventCatalog, StoredEvent } from '../domain-events/event.js';
import { type Consumer, contextsOf, DependencyDown, handleEvents, type TransactionalClient } from './consumer.js';
import { type EventBus, topicOf } from './event-bus.js';
import type { SqlTransaction } from './event-store.js';
import type { Logger } from './logger.js';
import { lockKey } from './relay.js';
import { ReplayFinished, rebuildTopic } from './replay.js';
import { withSessionLock } from './session-lock.js';
import { wakeUp } from './wake-up.js';

/**
 * Writes a projection's tables from nothing but events. It may be run again from the first event on, into other tables, while this goes on:
 * so it publishes nothing, enqueues nothing and reads no other table. What happens once and for all is a reaction (`consumer.ts`).
 */
export type Projector<Tx> = (event: StoredEvent, tx: Tx) => Promise<void>;

interface DisposableClient<Tx> extends TransactionalClient<Tx> {
  $disconnect(): Promise<void>;
}

const lookEvery = 1_000;
/** An event of a rebuild that fails this often will fail again: better to say so than to be half right. */
const triesInRebuild = 3;
const switchWithin = 5_000;

/**
 * Keeps a read model of other contexts' events, as a consumer of its own: it waits for nobody and nobody waits for it. When an operator asks
 * for it (`rebuild.ts`) it is built anew beside the old one: fresh tables in a schema of their own, a memory of versions of their own, filled
 * from what the events' owners publish again and then from their topics; when they have caught up, rows and memory change places in one
 * transaction. Readers see the old rows until then and the new ones after.
 */
export async function startProjection<Tx extends SqlTransaction>({
  projection,
  tables,
  catalog,
  handlers,
  client,
  clientOn,
  databaseUrl,
  pool,
  bus,
  log,
}: {
  /** `<context>.<what>`. */
  projection: string;
  /** In schema `public`, referenced tables first. Nobody else writes or references them; their keys come from events. */
  tables: readonly string[];
  catalog: EventCatalog;
  handlers: Readonly<Record<string, Projector<Tx>>>;
  client: TransactionalClient<Tx>;
  /** A client whose statements go to the tables of another schema. */
  clientOn: (schema: string) => DisposableClient<Tx>;
  databaseUrl: string;
  pool: pg.Pool;
  bus: EventBus;
  log: Logger;
}): Promise<Consumer> {
  const types = Object.keys(handlers);
  const sources = contextsOf(catalog, types);
  const shared = { catalog, bus, log, operation: { projecting: projection } };
  const switchLock = lockKey(`switch:${projection}`);
  await pool.query(
    `INSERT INTO backbone.projection (name, sources, event_types, tables) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET sources = EXCLUDED.sources, event_types = EXCLUDED.event_types, tables = EXCLUDED.tables`,
    [projection, sources, types, tables],
  );

  const serving = await handleEvents({
    ...shared,
    consumer: projection,
    topics: sources.map(topicOf),
    handlers,
    client,
    async before(tx) {
      const [row] = await tx.$queryRawUnsafe<{ free: boolean }[]>(`SELECT pg_try_advisory_xact_lock_shared(${switchLock}) AS free`);
      if (!row?.free) throw new DependencyDown(`${projection} is changing places with its rebuilt tables`);
    },
  });

  const stopping = new AbortController();
  /** Rebuilds whose groups are still known to the bus. */
  const over = new Set<string>();
  const watching = (async () => {
    const tick = wakeUp();
    let isFirst = true;
    while (!stopping.signal.aborted) {
      await tick.wait(lookEvery, stopping.signal);
      try {
        if (isFirst) await findOver();
        isFirst = false;
        for (const id of over) await forget(id);
        const { rows } = await pool.query<{ id: string }>('SELECT id FROM backbone.rebuild WHERE projection = $1 AND finished_at IS NULL', [
          projection,
        ]);
        const id = rows[0]?.id;
        if (id) await withSessionLock(databaseUrl, `rebuild:${projection}`, (session) => build(id, session));
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error, projection }, 'a rebuild was interrupted; it goes on later');
      }
    }
  })();

  /** What a process that died after a rebuild has left. */
  async function findOver(): Promise<void> {
    const { rows } = await pool.query<{ id: string }>(
      `SELECT id FROM backbone.rebuild WHERE projection = $1 AND finished_at > now() - interval '7 days'`,
      [projection],
    );
    for (const { id } of rows) over.add(id);
  }

  async function forget(id: string): Promise<void> {
    for (const group of groupsOf(id)) await bus.forgetGroup(group);
    over.delete(id);
  }

  /** Of the replay, and of what follows it. */
  const groupsOf = (id: string) => [`${projection}@${id}`, `${projection}@${id}.live`] as const;

  async function build(id: string, session: pg.Client): Promise<void> {
    const [generation, live] = groupsOf(id);
    const schema = `rebuild_${id.replaceAll('-', '_')}`;
    await prepare(id, schema, session);
    const fresh = clientOn(schema);
    try {
      const both = { ...shared, consumer: generation, client: fresh };
      const replaying = await handleEvents({
        ...both,
        catalog: { ...catalog, [ReplayFinished.type]: ReplayFinished },
        topics: sources.map((source) => rebuildTopic(source, id)),
        handlers: { ...handlers, [ReplayFinished.type]: (event, tx) => noteEnd(id, event, tx) },
      });
      try {
        await until(() => hasAllPublished(id, generation, session), generation, session);
      } finally {
        await replaying.close();
      }
      // From the beginning of the topics: what the replay has brought is known by its version and passed over.
      const following = await handleEvents({ ...both, group: live, topics: sources.map(topicOf), handlers });
      try {
        await until(() => isLevel(id, generation, session), generation, session);
        await until(() => changePlaces({ id, generation, schema, following, session }), generation, session);
        log.info({ projection }, 'projection rebuilt');
      } finally {
        await following.close();
      }
    } catch (error) {
      if (!(error instanceof RebuildFailed)) throw error;
      log.error({ projection, rebuild: id }, error.message);
      await session.query('BEGIN');
      await session.query(`DROP SCHEMA ${schema} CASCADE`);
      await session.query('DELETE FROM backbone.consumer_version WHERE consumer = $1', [generation]);
      await session.query('DELETE FROM backbone.parked WHERE consumer = $1', [generation]);
      await session.query(`UPDATE backbone.rebuild SET state = 'failed', error = $2, finished_at = now() WHERE id = $1`, [
        id,
        error.message,
      ]);
      await session.query('COMMIT');
    } finally {
      await fresh.$disconnect();
    }
    over.add(id);
  }

  async function prepare(id: string, schema: string, session: pg.Client): Promise<void> {
    await session.query('BEGIN');
    const { rowCount } = await session.query(
      `UPDATE backbone.rebuild SET state = 'building', started_at = now() WHERE id = $1 AND state = 'requested'`,
      [id],
    );
    if (rowCount) {
      await session.query(`CREATE SCHEMA ${schema}`);
      for (const table of tables.map(pg.escapeIdentifier))
        await session.query(`CREATE TABLE ${schema}.${table} (LIKE public.${table} INCLUDING ALL)`);
    }
    await session.query('COMMIT');
  }

  async function noteEnd(id: string, { source, data }: StoredEvent, tx: Tx): Promise<void> {
    await tx.$executeRawUnsafe(
      'UPDATE backbone.rebuild SET published = published || jsonb_build_object($2::text, $3::jsonb) WHERE id = $1::uuid',
      id,
      source,
      JSON.stringify(data),
    );
  }

  /** Every source has said how much it published, and every stream has come that far. */
  async function hasAllPublished(id: string, generation: string, session: pg.Client): Promise<boolean> {
    const { rowCount } = await session.query(
      `SELECT 1 FROM backbone.rebuild r CROSS JOIN unnest($3::text[]) AS source WHERE r.id = $1
         AND (r.published -> source) IS DISTINCT FROM (
           SELECT jsonb_build_object('streams', count(*), 'versions', coalesce(sum(v.last_version), 0))
           FROM backbone.consumer_version v WHERE v.consumer = $2 AND starts_with(v.stream_id, source || '.'))`,
      [id, generation, sources],
    );
    return rowCount === 0;
  }

  /** Whatever the serving one has taken since the rebuild was asked for; what it took before is in the replay. */
  async function isLevel(id: string, generation: string, session: pg.Client): Promise<boolean> {
    const { rowCount } = await session.query(
      `SELECT 1 FROM backbone.consumer_version old JOIN backbone.rebuild r ON r.id = $1 AND old.updated_at >= r.requested_at
         LEFT JOIN backbone.consumer_version new ON new.consumer = $2 AND new.stream_id = old.stream_id AND new.epoch = old.epoch
       WHERE old.consumer = $3 AND coalesce(new.last_version, 0) < old.last_version LIMIT 1`,
      [id, generation, projection],
    );
    return rowCount === 0;
  }

  async function changePlaces({
    id,
    generation,
    schema,
    following,
    session,
  }: {
    id: string;
    generation: string;
    schema: string;
    following: Consumer;
    session: pg.Client;
  }): Promise<boolean> {
    await session.query('BEGIN');
    try {
      // Waits for the event under way; the next ones find the lock taken and wait in their topics.
      await session.query(`SELECT pg_advisory_xact_lock(${switchLock})`);
      const end = Date.now() + switchWithin;
      while (!(await isLevel(id, generation, session))) {
        if (stopping.signal.aborted || Date.now() > end) {
          await session.query('ROLLBACK');
          return false;
        }
        await sleep(50);
      }
      await following.close();
      for (const table of tables.toReversed().map(pg.escapeIdentifier)) await session.query(`DELETE FROM public.${table}`);
      for (const table of tables.map(pg.escapeIdentifier))
        await session.query(`INSERT INTO public.${table} OVERRIDING SYSTEM VALUE SELECT * FROM ${schema}.${table}`);
      // The memory of what was applied goes with the rows it was applied to.
      await session.query('DELETE FROM backbone.consumer_version WHERE consumer = $1', [projection]);
      await session.query(`DELETE FROM backbone.consumer_version WHERE consumer = $1 AND starts_with(stream_id, 'replay.')`, [generation]);
      await session.query('UPDATE backbone.consumer_version SET consumer = $2 WHERE consumer = $1', [generation, projection]);
      await session.query(
        `DELETE FROM backbone.parked p USING backbone.consumer_version v
         WHERE p.consumer = $1 AND v.consumer = $1 AND v.stream_id = p.stream_id AND v.epoch::text = p.event ->> 'epoch'
           AND (p.event ->> 'sequence')::numeric <= v.last_version`,
        [projection],
      );
      await session.query(`UPDATE backbone.rebuild SET state = 'done', finished_at = now() WHERE id = $1`, [id]);
      await session.query(`DROP SCHEMA ${schema} CASCADE`);
      await session.query('COMMIT');
      return true;
    } catch (error) {
      await session.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** Waits for something of a rebuild; throws when it cannot come any more. */
  async function until(condition: () => Promise<boolean>, generation: string, session: pg.Client): Promise<void> {
    while (!(await condition())) {
      if (stopping.signal.aborted) throw new Error('stopped');
      const { rows } = await session.query<{ event: StoredEvent; error: string }>(
        `SELECT event, error FROM backbone.parked WHERE consumer = $1 AND attempts >= ${triesInRebuild} ORDER BY id LIMIT 1`,
        [generation],
      );
      const [failed] = rows;
      if (failed)
        throw new RebuildFailed(
          `${failed.event.type} ${failed.event.sequence} of ${failed.event.subject} could not be applied (${failed.error}): the old tables go on serving.`,
        );
      await sleep(50);
    }
  }

  return {
    pausedBy: serving.pausedBy,
    async close() {
      stopping.abort();
      await watching;
      await serving.close();
    },
  };
}

class RebuildFailed extends Error {}
