import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { encodeCursor } from '@storytelling/shared/infrastructure/cursor';
import { openPool } from '@storytelling/shared/infrastructure/database';
import { identityEvents } from '@storytelling/shared/domain-events/identity';
import { storyEvents } from '@storytelling/shared/domain-events/story';
import { type EventBus, topicOf } from '@storytelling/shared/infrastructure/event-bus';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { eventBusOf } from '@storytelling/shared/infrastructure/open-event-bus';
import { kafkaCanRun } from '../../tools/kafka/for-tests.mjs';
import { seeded } from '../nothing-is-lost/processes/random.mjs';
import { until } from '../running-platform.js';
import { wanderingClient } from './client.js';
import { type Replica, startReplicas } from './replicas.js';

/*
 * Two gateways, two identities and two stories, each a process of its own, on a real Kafka and one PostgreSQL. A writer has a first evening
 * (registers, signs in, …, publishes; a stranger reads). The client goes to the other gateway with every request and every few live updates;
 * in the middle of every step one of the six processes is killed with -9, and started again, as an orchestrator does.
 *
 * replicas.ts   the orchestrator: processes, their settings, a balancer for each context
 * client.ts     the client: what it asks again, and where
 *
 * There are nine steps. The short form is one evening, in which each process is killed at least once; `npm run test:chaos` has six, in which
 * each process is killed in each step. CHAOS_SEED=… repeats who is killed, and how far into the step.
 */

const long = process.env.CHAOS === 'long';
const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const evenings = long ? [0, 1, 2, 3, 4, 5] : [0];
const steps = 9;
jest.setTimeout(180_000);

const texts = join(import.meta.dirname, '../../subgraphs/story/tests/analysis/texts');
const content = readFileSync(join(texts, 'long.txt'), 'utf8').normalize('NFC');

interface Session {
  accessToken: string;
  refreshToken: string;
  user: { id: string };
}
interface Update {
  storyUpdated: { cursor: string; eventType: string };
}

const session = 'accessToken refreshToken user { id }';
const register = `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`;
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { ${session} } }`;
const refreshSession = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} } }`;
const verifyEmail = 'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { isEmailVerified } }';
const updateProfile = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { profile { displayName } } }';
const createStory = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id cursor } }';
const analyzeStory = 'mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { id } }';
const editStory = 'mutation ($input: EditStoryInput!) { editStory(input: $input) { version status } }';
const publishStory = 'mutation ($input: PublishStoryInput!) { publishStory(input: $input) { status publishedVersion } }';
const storyUpdated = `subscription ($id: ID!, $after: String) {
  storyUpdated(id: $id, after: $after) { cursor eventType story { status author { profile { displayName } } } }
}`;
const ofBothContexts = '{ stories(first: 1) { nodes { id } } user(id: "nobody-at-all") { id } }';
const read = 'query ($id: ID!) { story(id: $id) { title content status version author { profile { displayName } } } }';

(kafkaCanRun() ? describe : describe.skip)(`two of everything, whoever is killed (seed ${seed})`, () => {
  let replicas: Awaited<ReturnType<typeof startReplicas>>;
  let order: Replica[];
  const random = seeded(seed);
  const authors: { id: string; displayName: string }[] = [];
  const stories: string[] = [];

  /** The versions of each stream that came out of Kafka. */
  const witnessed = new Map<string, Set<number>>();
  let witness: EventBus | undefined;

  beforeAll(async () => {
    replicas = await startReplicas();
    order = shuffled(replicas.all, random);
    const databaseUrl = replicas.databaseUrl('story');
    witness = await eventBusOf(replicas.eventBus)({ context: 'story', databaseUrl, log: createLogger('witness', 'silent') });
    await witness.subscribe('witness', ['identity', 'story'].map(topicOf), async ({ subject, sequence }) => {
      witnessed.set(subject, (witnessed.get(subject) ?? new Set()).add(sequence));
    });
  });
  afterAll(async () => {
    await witness?.close();
    await replicas?.stop();
  });

  it.each(evenings)('evening %i: nothing fails for good, and every live update comes once and in order', async (evening) => {
    const diary: string[] = [];
    const note = (what: string) => diary.push(`${new Date().toISOString().slice(17, 23)} ${what}`);
    const client = wanderingClient(replicas.gateways, note);
    let taken = 0;
    /** In the middle of `work` the next victim is killed; `when` says when that is. */
    async function step<T>(name: string, work: () => Promise<T>, when = () => sleep(random() * 150)): Promise<T> {
      await replicas.whole();
      await client.askAll(ofBothContexts);
      const victim = order[(evening + taken) % order.length] as Replica;
      taken += 1;
      note(`${name}; ${victim.name} is killed`);
      const working = work();
      working.catch(() => undefined); // heard below
      await when();
      await victim.kill();
      return working;
    }

    try {
      const account = { email: `ada-${randomUUID()}@example.org`, password: 'a fox in the cellar' };
      const keyed = <Input extends object>(input: Input) => ({ input: { ...input, idempotencyKey: randomUUID() } });

      const first = await step('registers', () => client.ask<{ register: Session }>(register, keyed({ ...account, displayName: 'Ada' })));
      let { refreshSession: writer } = await step('signs in, and refreshes', async () => {
        const { signIn: signedIn } = await client.ask<{ signIn: Session }>(signIn, { input: account });
        return client.ask<{ refreshSession: Session }>(refreshSession, { input: { refreshToken: signedIn.refreshToken } });
      });
      expect(writer.user.id).toBe(first.register.user.id);
      let mailed: string | undefined;
      await until(async () => {
        const [mail] = await replicas.mailsTo(account.email);
        mailed = /^[\w-]{43}$/m.exec(mail?.text ?? '')?.[0];
        return mailed !== undefined;
      });
      await step('verifies her address', () => client.ask(verifyEmail, { input: { token: mailed } }, writer.accessToken));
      // The news may take long to get to stories, whose consumer was just killed; a fresh token brings it along.
      writer = (await client.ask<{ refreshSession: Session }>(refreshSession, { input: { refreshToken: writer.refreshToken } }))
        .refreshSession;
      const token = writer.accessToken;
      const displayName = `Ada of evening ${evening}`;
      await step('changes her profile', () => client.ask(updateProfile, { input: { displayName } }, token));
      authors.push({ id: writer.user.id, displayName });

      const { createStory: story } = await step('creates a story', () =>
        client.ask<{ createStory: { id: string; cursor: string } }>(
          createStory,
          keyed({ title: 'The long road', content, language: 'en' }),
          token,
        ),
      );
      const { id } = story;
      stories.push(id);

      const live = client.follow<Update>(
        storyUpdated,
        { id, after: story.cursor, token, stay: () => 1 + Math.floor(random() * 3) },
        ({ storyUpdated: { cursor } }) => cursor,
      );
      const seen = () => live.updates.map(({ storyUpdated: { eventType } }) => eventType);
      try {
        const moment = Math.floor(random() * 3);
        await step(
          'has it analyzed',
          async () => {
            await client.ask(analyzeStory, keyed({ id }), token);
            await until(() => seen().includes('StoryAnalyzed'), 60_000);
          },
          () => until(() => live.updates.length >= moment),
        );
        const { editStory: edited } = await step('edits it', () =>
          client.ask<{ editStory: object }>(editStory, keyed({ id, expectedVersion: 1, title: 'The longer road' }), token),
        );
        expect(edited).toEqual({ version: 2, status: 'ANALYZED' });
        const { publishStory: published } = await step('publishes it', () =>
          client.ask<{ publishStory: object }>(publishStory, keyed({ id, expectedVersion: 2 }), token),
        );
        expect(published).toEqual({ status: 'PUBLISHED', publishedVersion: 2 });
        const { story: found } = await step('a stranger reads it', () => client.ask<{ story: object }>(read, { id }));
        expect(found).toEqual({
          title: 'The longer road',
          content,
          status: 'PUBLISHED',
          version: 2,
          author: { profile: { displayName } },
        });
        await until(() => seen().includes('StoryPublished'));
      } finally {
        await live.close();
      }
      expect(taken).toBe(steps);

      expect(live.problems).toEqual([]);
      const [epoch] = await rows<{ epoch: string }>('story', 'SELECT epoch FROM backbone.epoch');
      const stream = `story.Story-${id}`;
      const events = await rows<{ type: string; version: number }>(
        'story',
        'SELECT event_type AS type, event_version AS version FROM backbone.event_store WHERE stream_id = $1 ORDER BY event_version',
        [stream],
      );
      expect(live.updates.map(({ storyUpdated: { cursor, eventType } }) => ({ cursor, eventType }))).toEqual(
        events.slice(1).map(({ type, version }) => ({ cursor: encodeCursor(epoch?.epoch ?? '', stream, version), eventType: type })),
      );
      // However often it was asked for.
      expect(events.map(({ type }) => type).filter((type) => type !== 'AnalysisProgressed')).toEqual([
        'StoryCreated',
        'AnalysisRequested',
        'CharactersExtracted',
        'StoryAnalyzed',
        'StoryEdited',
        'StoryPublished',
      ]);
    } catch (error) {
      console.log(`seed ${seed}\n${diary.join('\n')}\n\n${replicas.all.map(({ name, said }) => `${name}:\n${said()}`).join('\n')}`);
      throw error;
    }
    if (process.env.CHAOS) console.log(`seed ${seed}, evening ${evening}\n${diary.join('\n')}`);
  });

  it('refuses the token of a session that has ended at either gateway, whichever was asked to end it', async () => {
    await replicas.whole();
    const client = wanderingClient(replicas.gateways, () => undefined);
    const account = { email: `bea-${randomUUID()}@example.org`, password: 'a fox in the cellar' };
    await client.ask(register, { input: { ...account, displayName: 'Bea', idempotencyKey: randomUUID() } });
    // A gateway that was just started may not listen yet, and what ended before that it does not hear of: another session then.
    await until(async () => {
      const { signIn: session } = await client.ask<{ signIn: Session }>(signIn, { input: account });
      expect(await client.askEach('{ me { id } }', session.accessToken)).toEqual(['answered', 'answered']);
      await client.ask('mutation { signOut }', {}, session.accessToken);
      for (const end = Date.now() + 3_000; Date.now() < end; await sleep(50)) {
        const said = await client.askEach('{ me { id } }', session.accessToken);
        if (said.every((one) => one.includes('ACCESS_TOKEN_EXPIRED'))) return true;
      }
      return false;
    }, 60_000);
  });

  it('has lost nothing: what was stored was sent, in order, and there is one of each', async () => {
    const stored: Record<string, number[]> = {};
    for (const [database, catalog] of Object.entries({ identity: identityEvents, story: storyEvents })) {
      const published = Object.values(catalog).flatMap(({ reach, type }) => (reach === 'published' ? [type] : []));
      const events = await rows<{ subject: string; version: number }>(
        database,
        'SELECT stream_id AS subject, event_version AS version FROM backbone.event_store WHERE event_type = ANY($1) ORDER BY event_version',
        [published],
      );
      for (const { subject, version } of events) (stored[subject] ??= []).push(version);
    }
    // The writers, and one who only signed in and out.
    expect(Object.keys(stored)).toHaveLength(authors.length + 1 + stories.length);
    const sent = () => Object.fromEntries(Array.from(witnessed, ([subject, versions]) => [subject, [...versions]]));
    await until(() => Object.entries(stored).every(([subject, versions]) => versions.length === witnessed.get(subject)?.size));
    // A relay that was killed before it could note that it had sent an event sends it again; what is first heard is in order.
    expect(sent()).toEqual(stored);
    for (const database of ['identity', 'story'])
      await until(async () => (await rows(database, 'SELECT 1 FROM backbone.outbox')).length === 0);
  });

  // Kafka waits for a member of a group that was killed until its session is over (45 s), twice where its successor was killed while it joined:
  // too long for every day.
  if (long)
    it('has told story of the authors, by their last names', async () => {
      const known = () => rows<{ id: string; displayName: string }>('story', 'SELECT id, display_name AS "displayName" FROM authors');
      await until(async () => {
        const names = new Map((await known()).map(({ id, displayName }) => [id, displayName]));
        return authors.every(({ id, displayName }) => names.get(id) === displayName);
      }, 170_000);
      expect(await rows('story', 'SELECT 1 FROM backbone.parked')).toEqual([]);
    });

  async function rows<Row extends object>(database: string, sql: string, values: unknown[] = []): Promise<Row[]> {
    const pool = openPool({ connectionString: replicas.databaseUrl(database), max: 1 });
    try {
      return (await pool.query<Row>(sql, values)).rows;
    } finally {
      await pool.end();
    }
  }
});

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
