import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { findRunningServer } from '@storytelling/platform/embedded-postgres';
import pg from 'pg';
import { RunningPlatform, until } from '../running-platform.js';

jest.setTimeout(120_000);

// A night on call: what waits is seen; a poisoned event is found, repaired and tried again, another one given up; the platform is backed up while
// it runs, lost, and brought back; each action is written down with who and why.

const entry = join(import.meta.dirname, '../../platform/dist/ops/main.js');
const register = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken user { id } } }';
const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken user { id } } }';
const createStory = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id cursor } }';
const editStory = 'mutation ($input: EditStoryInput!) { editStory(input: $input) { id } }';
const analyzeStory = 'mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { id } }';
const read = 'query ($id: ID!) { story(id: $id) { title cursor author { profile { displayName } } } }';
const storyUpdated = 'subscription ($id: ID!, $after: String) { storyUpdated(id: $id, after: $after) { cursor eventType } }';

interface Session {
  accessToken: string;
  user: { id: string };
}
interface Parked {
  id: string;
  consumer: string;
  stream: string;
  events: number;
  first: { id: string; type: string | null; state: string; error: string };
}

const idOf = (parked: Parked | undefined) => parked?.first.id ?? '';

describe('operations', () => {
  let platform: RunningPlatform;
  let writer: Session;
  let story: { id: string; cursor: string };
  const account = { email: `ada-${randomUUID()}@example.org`, password: 'a fox in the cellar', displayName: 'Ada' };
  const backups = mkdtempSync(join(tmpdir(), 'storytelling-backup-'));
  const backup = join(backups, 'tonight');

  beforeAll(async () => {
    platform = await RunningPlatform.start();
    writer = (await platform.ask<{ register: Session }>(register, { input: account })).register;
    const input = { title: 'The fox', content: '“Who is there?” said Ann. Ben was afraid.' };
    story = (await platform.ask<{ createStory: typeof story }>(createStory, { input }, writer.accessToken)).createStory;
  });
  afterAll(async () => {
    await platform.stop();
    rmSync(backups, { recursive: true, force: true });
  });

  function run(args: readonly string[], data = platform.data): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [entry, ...args], { env: { ...process.env, DATA_DIR: data } }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
    });
  }
  async function ops<Data>(...args: string[]): Promise<Data> {
    const { code, out, err } = await run([...args, '--json', '--by', 'Grace']);
    if (code !== 0) throw new Error(err);
    return JSON.parse(out) as Data;
  }
  async function sql<Row extends pg.QueryResultRow>(database: string, text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: findRunningServer(platform.data)?.databaseUrl(database) });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }
  /** As a relay would, had its context lost its mind. */
  const publish = (event: object) =>
    sql(
      'backbone',
      `WITH head AS (UPDATE log_partition SET next_offset = next_offset + 1 WHERE topic = 'storytelling.identity' AND "partition" =
           (SELECT min("partition") FROM log_partition WHERE topic = 'storytelling.identity') RETURNING topic, "partition", next_offset - 1 AS "offset")
       INSERT INTO log (topic, "partition", "offset", key, event) SELECT topic, "partition", "offset", 'poison', $1 FROM head`,
      [event],
    );

  type Lag = {
    contexts: { context: string; outbox: { events: number }; parked: unknown[]; jobs: unknown[] }[];
    groups: { group: string; topic: string; events: number }[];
  };

  it('says what waits: nothing, when all is well', async () => {
    let lag: Lag | undefined;
    await until(async () => {
      lag = await ops<Lag>('lag');
      const isIdle = lag.contexts.every(({ outbox, jobs }) => outbox.events === 0 && jobs.length === 0);
      return lag.groups.length > 0 && isIdle && lag.groups.every(({ events }) => events === 0);
    });
    expect(lag?.contexts.map(({ context, parked }) => [context, parked])).toEqual([
      ['identity', []],
      ['narration', []],
      ['story', []],
    ]);
    expect(lag?.groups).toContainEqual(expect.objectContaining({ group: 'story.authors', topic: 'storytelling.identity' }));
    expect((await run(['lag'])).out).toMatch(/CONTEXT +OUTBOX[^]*story\.authors +storytelling\.identity/);
  });

  it('shows a poisoned event; repaired and redriven, it has its effect', async () => {
    const userId = randomUUID();
    const subject = `identity.User-${userId}`;
    const event = {
      ...{ id: randomUUID(), source: 'identity', type: 'UserRegistered', subject, time: new Date().toISOString(), version: 1, sequence: 1 },
      ...{ epoch: randomUUID(), correlationId: 'night', causationId: null, traceparent: null, actor: 'anonymous' },
      data: { userId, email: null, displayName: 7, language: 'en', role: 'member' },
    };
    await publish(event);
    let first: Parked | undefined;
    await until(async () => {
      [first] = await ops<Parked[]>('parked', '--context', 'story');
      return first !== undefined;
    });
    expect(first).toMatchObject({ stream: subject, events: 1, first: { type: 'UserRegistered' } });
    const id = idOf(first);
    expect(await ops('show', id)).toMatchObject({ id, stream: subject, event: { data: { displayName: 7 } } });

    await sql('story', `UPDATE backbone.parked SET state = 'parked', attempts = 24 WHERE stream_id = $1`, [subject]); // as after 80 minutes
    await sql('story', `UPDATE backbone.parked SET event = jsonb_set(event, '{data,displayName}', '"Bob"') WHERE stream_id = $1`, [
      subject,
    ]);
    expect(await ops('redrive', id, '--why', 'its name was a number')).toMatchObject([{ stream: subject, events: 1 }]);
    await until(async () => (await ops<Parked[]>('parked')).length === 0);
    const [author] = await sql('story', 'SELECT display_name FROM authors WHERE id = $1', [userId]);
    expect(author).toEqual({ display_name: 'Bob' });
  });

  it('gives up what is no event, when told why', async () => {
    await publish({ nonsense: true });
    // Every consumer of the topic has put it aside.
    const { groups } = await ops<Lag>('lag');
    const consumers = [...new Set(groups.flatMap(({ group, topic }) => (topic === 'storytelling.identity' ? [group] : [])))].sort();
    expect(consumers).toEqual(expect.arrayContaining(['identity.erasures', 'story.authors']));
    let put: Parked[] = [];
    await until(async () => {
      put = await ops<Parked[]>('parked');
      return put.length === consumers.length;
    });
    expect(put.map(({ consumer }) => consumer).sort()).toEqual(consumers);
    const [first, ...others] = put
      .filter(({ consumer }) => consumer === 'story.authors')
      .concat(put.filter(({ consumer }) => consumer !== 'story.authors'));
    const id = idOf(first);
    const story = others.filter(({ consumer }) => consumer.startsWith('story.'));
    for (const other of others) await ops('discard', idOf(other), '--why', 'no event here either');
    expect(first?.first).toMatchObject({ type: null, state: 'parked' });
    expect(await run(['discard', id])).toMatchObject({ code: 1, err: expect.stringContaining('Say why') });
    await ops('discard', id, '--why', 'no event at all');
    expect(await ops('parked')).toEqual([]);
    expect(await ops('log', '--context', 'story')).toMatchObject([
      { operator: 'Grace', action: 'discard', why: 'no event at all' },
      ...story.map(() => ({ operator: 'Grace', action: 'discard', why: 'no event here either' })),
      { operator: 'Grace', action: 'redrive', why: 'its name was a number' },
    ]);
  });

  it('answers what cannot be done with one sentence', async () => {
    const asked: [string[], string][] = [
      [['dance'], 'There is no command dance'],
      [['show', '7'], 'look like story/12'],
      [['show', 'story/999999'], 'Nothing is parked under 999999'],
      [['parked', '--context', 'kitchen'], 'There is no context kitchen here'],
      [['rerun', randomUUID()], 'There is no job'],
      [['jobs', '--state', 'tired'], 'No job is ever tired'],
      [['lag', '--nonsense'], '--nonsense'],
      [['rebuild', 'story.nothing'], 'story has no projection story.nothing'],
      [['restore', join(backups, 'nothing')], 'is no backup'],
    ];
    await Promise.all(
      asked.map(async ([args, sentence]) => {
        const { code, out, err } = await run(args);
        expect({ args, code, out, lines: err.trim().split('\n').length }).toEqual({ args, code: 1, out: '', lines: 1 });
        expect(err).toContain(sentence);
      }),
    );
  });

  it('rebuilds a projection and lists jobs that are done', async () => {
    expect(await ops('rebuild', 'story.authors', '--why', 'to be sure')).toMatchObject({ state: 'done' });
    await platform.ask(analyzeStory, { input: { id: story.id } }, writer.accessToken);
    await until(async () => (await ops<object[]>('jobs', '--context', 'story', '--state', 'completed')).length === 1);
  });

  it('brings the platform back from a backup that was taken while it ran', async () => {
    // Somebody works meanwhile, so that the copied files are of different moments.
    let version = 1;
    let working = true;
    const work = (async () => {
      for (; working; version += 1)
        await platform.ask(
          editStory,
          { input: { id: story.id, expectedVersion: version, title: `The fox ${version}` } },
          writer.accessToken,
        );
    })();
    const begun = version;
    await ops('backup', backup, '--why', 'every night');
    working = false;
    await work;
    const [done] = await ops<object[]>('log', '--context', 'identity');
    expect(done).toMatchObject({ action: 'backup', why: 'every night', operator: 'Grace' });
    expect(await run(['backup', backup])).toMatchObject({ code: 1, err: expect.stringContaining('not empty') });
    expect(await run(['restore', backup, '--force'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('in use by a running platform'),
    });
    await platform.stop();

    platform = await RunningPlatform.start({}, async (data) => {
      const restored = await run(['restore', backup, '--by', 'Grace', '--why', 'the disk died'], data);
      expect(restored).toMatchObject({ code: 0, err: '' });
    });
    const { signIn: again } = await platform.ask<{ signIn: Session }>(signIn, {
      input: { email: account.email, password: account.password },
    });
    expect(again.user.id).toBe(writer.user.id);
    const { story: found } = await platform.ask<{ story: { title: string; cursor: string; author: unknown } }>(
      read,
      { id: story.id },
      again.accessToken,
    );
    expect(found.author).toEqual({ profile: { displayName: 'Ada' } });
    expect(Number(/^The fox (\d+)$/.exec(found.title)?.[1] ?? 0)).toBeGreaterThanOrEqual(begun - 1);

    const follow = (after: string) =>
      platform.follow<{ storyUpdated: { cursor: string } }>(storyUpdated, { id: story.id, token: again.accessToken }, () => after, after);
    // Its version is there, so that only its epoch tells.
    const old = follow(story.cursor);
    await until(() => old.problems.length > 0).finally(() => old.close());
    expect(JSON.stringify(old.problems)).toContain('RESUME_EXPIRED');
    const fresh = follow(found.cursor);
    await platform.ask(analyzeStory, { input: { id: story.id } }, again.accessToken);
    await until(() => fresh.updates.length > 0).finally(() => fresh.close());
    expect(fresh.problems).toEqual([]);
    const [last] = await ops<object[]>('log', '--context', 'story');
    expect(last).toMatchObject({ action: 'new epoch', why: 'the disk died' });
  });

  it('moves data aside rather than overwrite it, and refuses a damaged backup', async () => {
    const data = join(backups, 'another');
    mkdirSync(data);
    chmodSync(backups, 0o755); // started by root, PostgreSQL runs as somebody else
    writeFileSync(join(data, 'postgresql-password'), 'of databases that were here');
    expect(await run(['restore', backup], data)).toMatchObject({ code: 1, err: expect.stringContaining('add --force') });
    expect(await run(['restore', backup, '--force'], data)).toMatchObject({ code: 0 });
    expect(readdirSync(backups).filter((name) => name.startsWith('another.before-restore-'))).toHaveLength(1);
    expect(await run(['backup', join(backups, 'stopped')], data)).toMatchObject({ code: 0, out: expect.stringContaining('stopped') });
    expect(existsSync(join(backups, 'stopped', 'files', 'key-encryption-key'))).toBe(true);

    writeFileSync(join(backup, 'files', 'key-encryption-key'), 'another key');
    const { err } = await run(['restore', backup, '--force'], data);
    expect(err).toContain('The backup is damaged: files/key-encryption-key is not what was written');
  });
});
