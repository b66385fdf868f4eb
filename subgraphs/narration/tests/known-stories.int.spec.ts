import { createHash, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DomainEvent, EventCatalog } from '@storytelling/shared/domain-events/event';
import { identityEvents, UserErased } from '@storytelling/shared/domain-events/identity';
import {
  StoryAnalyzed,
  StoryArchived,
  StoryCreated,
  StoryDeleted,
  StoryEdited,
  storyEvents,
  StoryPublished,
  StoryUnpublished,
} from '@storytelling/shared/domain-events/story';
import type { Caller } from '@storytelling/shared/graphql/caller';
import { openPool } from '@storytelling/shared/infrastructure/database';
import { openEmbeddedLog } from '@storytelling/shared/infrastructure/embedded-log';
import type { EventBus } from '@storytelling/shared/infrastructure/event-bus';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import { fileObjects } from '@storytelling/shared/infrastructure/file-objects';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import type { ObjectStore } from '@storytelling/shared/infrastructure/object-store';
import { type Relay, startRelay } from '@storytelling/shared/infrastructure/relay';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { signedClaims } from '@storytelling/shared/infrastructure/signed-claims';
import { type TestDatabase, testDatabase } from '@storytelling/shared/testing/database';
import { type TestObjectStore, testObjectStore } from '@storytelling/shared/testing/object-store';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type pg from 'pg';
import { startNarration } from '../src/service.js';
import { aScript } from './narration-examples.js';

const log = createLogger('test', 'silent');
const generate = 'mutation ($input: GenerateNarrationInput!) { generateNarration(input: $input) { id } }';
const read = 'query ($id: ID!) { narration(id: $id) { status isStale storyVersion failure { code } audio { url } } }';

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

// Narration as it runs, beside an event_store that is to it what story and identity are.
describe('stories, as narration hears of them', () => {
  const databases = new Map<string, TestDatabase>();
  const pools = new Map<string, pg.Pool>();
  const relays: Relay[] = [];
  let bus: EventBus;
  let objects: TestObjectStore;
  let scripts: ObjectStore;
  let narration: RunningService;
  let issue: (caller: Caller) => Promise<string>;
  let voiceId: string;

  beforeAll(async () => {
    for (const name of ['identity', 'story', 'narration', 'backbone']) databases.set(name, await testDatabase(name));
    const urlOf = (name: string) => databases.get(name)?.url ?? '';
    for (const name of ['identity', 'story', 'narration']) pools.set(name, openPool({ connectionString: urlOf(name), max: 4 }));
    bus = await openEmbeddedLog({ url: urlOf('backbone'), log });
    for (const context of ['identity', 'story']) relays.push(startRelay({ context, databaseUrl: urlOf(context), bus, log }));
    objects = testObjectStore();
    const claims = signedClaims([Buffer.alloc(32)]);
    scripts = await fileObjects({ folder: objects.folder, claims, publicUrl: '' });
    const tokens = await gatewayTokens(await newGatewayKey());
    issue = (caller) => tokens.issue('narration', caller, randomUUID());
    narration = await startNarration({
      DATABASE_URL: urlOf('narration'),
      EVENT_BUS_URL: `embedded:${urlOf('backbone')}`,
      GATEWAY_JWKS: JSON.stringify(tokens.jwks),
      LOG_LEVEL: 'silent',
      ...objects.settings,
    });
    // Looked up in the background.
    await until(async () => {
      const voices = (await ask('{ readyMadeVoices { id } }', {}, { kind: 'anonymous', permissions: [] })).data?.readyMadeVoices as
        | { id: string }[]
        | undefined;
      voiceId = voices?.[0]?.id ?? '';
      return voiceId !== '';
    });
  });
  afterAll(async () => {
    await narration.stop();
    for (const relay of relays) await relay.stop();
    await bus.close();
    for (const pool of pools.values()) await pool.end();
    for (const database of databases.values()) await database.drop();
    objects.drop();
  });

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + 20_000;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error('it did not come to pass');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  async function ask(query: string, variables: object, caller: Caller): Promise<Answer> {
    const response = await fetch(narration.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await issue(caller)}` },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer;
  }
  const versions = new Map<string, number>();
  async function tell(context: string, stream: string, event: DomainEvent, catalog: EventCatalog): Promise<void> {
    const pool = pools.get(context);
    const version = versions.get(stream) ?? 0;
    await appendEvents(
      {
        $queryRawUnsafe: async <Rows>(sql: string, ...values: unknown[]) => (await pool?.query(sql, values))?.rows as Rows,
        $executeRawUnsafe: async (sql, ...values) => (await pool?.query(sql, values))?.rowCount ?? 0,
      },
      { id: `${context}.${stream}`, type: stream.slice(0, stream.indexOf('-')) },
      version,
      [event],
      catalog,
    );
    versions.set(stream, version + 1);
    for (const relay of relays) relay.nudge();
  }

  const writerOf = () => `writer-${randomUUID().slice(0, 8)}` as UserId;
  const as = (userId: UserId): Caller => ({ kind: 'user', userId, permissions: [] });
  const reader = as('reader-000001' as UserId);

  /** A story that was written, analyzed, and published. */
  async function aStory(authorId: UserId, { isPublished = true } = {}) {
    const script = aScript();
    const { storyId, version, contentHash } = script;
    const say = (event: DomainEvent) => tell('story', `Story-${storyId}`, event, storyEvents);
    const bytes = Buffer.from(JSON.stringify(script));
    const key = `story/scripts/${storyId}/${version}.json`;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await scripts.put(key, bytes, { contentType: 'application/json' });
    await say(StoryCreated({ storyId, authorId, title: 'The fox', language: 'en', version, contentHash }));
    const claim = { key, sha256, bytes: bytes.length };
    const found = { analysisId: randomUUID(), script: claim, segments: 3, durationEstimate: 4, provider: 'local', cost: null };
    await say(StoryAnalyzed({ storyId, authorId, version, contentHash, ...found }));
    if (isPublished) await say(StoryPublished({ storyId, authorId, title: 'The fox', version }));
    return { storyId, authorId, say };
  }
  async function narrated(story: { storyId: string; authorId: UserId }): Promise<string> {
    const answer = await ask(generate, { input: { storyId: story.storyId, voiceId } }, as(story.authorId));
    const { id } = (answer.data?.generateNarration ?? {}) as { id?: string };
    if (!id) throw new Error(JSON.stringify(answer));
    await until(async () => (await heardBy(as(story.authorId), id))?.status === 'COMPLETED');
    return id;
  }
  const heardBy = async (caller: Caller, id: string) =>
    ((await ask(read, { id }, caller)).data?.narration ?? null) as Record<string, unknown> | null;
  /** Of the narration, its folders among them. */
  const filesOf = (id: string) => readdirSync(objects.folder, { recursive: true }).filter((path) => String(path).includes(id)).length;

  it('can be narrated the moment that they are analyzed, and are heard by readers while they are published', async () => {
    const story = await aStory(writerOf());
    const id = await narrated(story);
    const url = ((await heardBy(reader, id))?.audio as { url: string }).url;
    expect(url).toContain('/media/');
    await story.say(StoryUnpublished({ storyId: story.storyId, authorId: story.authorId, version: 1, by: 'author', reason: null }));
    await until(async () => (await heardBy(reader, id)) === null);
    expect(await heardBy(as(story.authorId), id)).toMatchObject({ status: 'COMPLETED', storyVersion: 1 });
  });

  it('leave their narrations stale when their text changes, and readers hear the old one until the new is published', async () => {
    const story = await aStory(writerOf());
    const id = await narrated(story);
    const { storyId, authorId } = story;
    await story.say(StoryEdited({ storyId, authorId, title: 'The fox', version: 2, contentHash: 'f'.repeat(64) }));
    await until(async () => (await heardBy(as(authorId), id))?.isStale === true);
    expect(await heardBy(reader, id)).toMatchObject({ isStale: false });
    const again = await ask(generate, { input: { storyId, voiceId } }, as(authorId));
    expect(again.errors?.[0]?.extensions.code).toBe('NARRATED_STORY_NOT_ANALYZED');
    await story.say(StoryPublished({ storyId, authorId, title: 'The fox', version: 2 }));
    await until(async () => (await heardBy(reader, id)) === null);
  });

  it('take their narrations along when they are deleted, and out of sight when they are archived', async () => {
    const [deleted, archived] = [await aStory(writerOf()), await aStory(writerOf())];
    const [gone, kept] = [await narrated(deleted), await narrated(archived)];
    expect(filesOf(gone)).toBeGreaterThan(3);
    await deleted.say(StoryDeleted({ storyId: deleted.storyId, authorId: deleted.authorId }));
    await archived.say(StoryArchived({ storyId: archived.storyId, authorId: archived.authorId, by: 'moderator', reason: 'Copied.' }));
    await until(() => filesOf(gone) === 0);
    expect(await heardBy(as(deleted.authorId), gone)).toBeNull();
    await until(async () => (await heardBy(reader, kept)) === null);
    expect(await heardBy(as(archived.authorId), kept)).toMatchObject({ status: 'COMPLETED' });
    const again = await ask(generate, { input: { storyId: archived.storyId, voiceId } }, as(archived.authorId));
    expect(again.errors?.[0]?.extensions.code).toBe('NARRATED_STORY_ARCHIVED');
  });

  it('of an erased author leave no narration, or what readers hear of the published text if the author wanted it so', async () => {
    const [leaving, staying] = [writerOf(), writerOf()];
    const gone = await narrated(await aStory(leaving));
    const [heard, draft] = [await narrated(await aStory(staying)), await narrated(await aStory(staying, { isPublished: false }))];
    const erase = (userId: UserId, stories: 'remove' | 'keep-as-deleted-author') =>
      tell('identity', `User-${userId}`, UserErased({ userId, stories }), identityEvents);
    await erase(leaving, 'remove');
    await erase(staying, 'keep-as-deleted-author');
    for (const id of [gone, draft]) await until(() => filesOf(id) === 0);
    expect(await heardBy(reader, heard)).toMatchObject({ status: 'COMPLETED' });
    await until(async () => (await completedErasures()).length === 2);
    const { rows: keys } = (await pools
      .get('narration')
      ?.query(
        "SELECT 1 FROM backbone.event_store WHERE event_type = 'NarrationGenerated' AND event_data ->> 'requestedBy' = ANY($1) AND event_data ->> 'audio' IS NOT NULL",
        [[leaving, staying]],
      )) ?? { rows: [] };
    expect(keys).toEqual([]);
  });

  async function completedErasures(): Promise<string[]> {
    const { rows } = (await pools
      .get('narration')
      ?.query<{ id: string }>("SELECT event_data ->> 'userId' AS id FROM backbone.event_store WHERE event_type = 'ErasureCompleted'")) ?? {
      rows: [],
    };
    return rows.map(({ id }) => id);
  }
});
