import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mayHear } from '../src/domain/hearing.js';
import type { NarrationId } from '../src/domain/narration.js';
import { narrationQueries } from '../src/infrastructure/narration-queries.js';
import { narrationDatabase } from './narration-database.js';
import { aNarration, aScript, completed, joined, reader, spoken, writer } from './narration-examples.js';
import { moderator, narrationGraphOn, nobody, user } from './narration-graph-on.js';

const hash = 'a'.repeat(64);

describe('narrations in the graph', () => {
  let database: Awaited<ReturnType<typeof narrationDatabase>>;
  let graph: Awaited<ReturnType<typeof narrationGraphOn>>;
  beforeAll(async () => {
    database = await narrationDatabase();
    graph = await narrationGraphOn(database, randomUUID);
  });
  afterAll(async () => {
    await graph.close();
    await database.close();
  });

  const author = user(writer);
  const story = async (id: string, more: { publishedHash?: string | null; state?: string; contentHash?: string; script?: object } = {}) => {
    const script = { sha256: 'b'.repeat(64) };
    const facts = { authorId: writer, language: 'en', version: 1, contentHash: hash, script, publishedHash: null, state: 'open', ...more };
    await database.prisma.storyFactsRecord.upsert({ where: { id }, create: { id, ...facts }, update: facts });
  };
  async function published(): Promise<{ storyId: string; id: NarrationId }> {
    const script = aScript();
    await story(script.storyId, { publishedHash: hash });
    return { storyId: script.storyId, id: await completed(database.narrations, { script }) };
  }
  const whole =
    'query ($id: ID!) { narration(id: $id) { status audio { url sizeBytes durationSeconds } captions { url } failure { code } progress { stage } } }';
  const input = (narrationId: string, more: object = {}) => ({ input: { narrationId, ...more } });
  const verbs = {
    cancel: 'mutation ($input: CancelNarrationInput!) { cancelNarration(input: $input) { status failure { code } } }',
    resume: 'mutation ($input: ResumeNarrationInput!) { resumeNarration(input: $input) { status progress { stage done total } } }',
    delete: 'mutation ($input: DeleteNarrationInput!) { deleteNarration(input: $input) }',
    regenerate: 'mutation ($input: RegenerateSegmentInput!) { regenerateSegment(input: $input) { id status } }',
  };

  it('are heard in SQL by whom the domain says', async () => {
    const queries = narrationQueries(database.prisma);
    const listeners = [
      { userId: undefined, isModerator: false },
      { userId: reader, isModerator: false },
      { userId: writer, isModerator: false },
      { userId: reader, isModerator: true },
    ];
    for (const state of ['open', 'archived', 'deleted'] as const)
      for (const publishedHash of [null, hash, 'd'.repeat(64)])
        for (const isWhole of [true, false]) {
          const script = aScript();
          await story(script.storyId, { publishedHash, state });
          const id = await (isWhole ? completed : aNarration)(database.narrations, { script });
          for (const listener of listeners) {
            const [seen] = await queries.narrationsById([id], listener);
            const may = mayHear({ requestedBy: writer, contentHash: hash, canBeHeard: isWhole }, { publishedHash, state }, listener);
            expect([state, publishedHash, isWhole, listener, seen !== null]).toEqual([state, publishedHash, isWhole, listener, may]);
          }
        }
  });

  it('are a whole to readers, who hear nothing of the work on it', async () => {
    const { id } = await published();
    const segmentId = (await database.prisma.narrationSegmentRecord.findFirstOrThrow({ where: { narrationId: id } })).id;
    await graph.ask(verbs.regenerate, input(id, { segmentId, emotion: 'joy' }), author);
    const heard = { narration: expect.objectContaining({ status: 'COMPLETED', progress: null, failure: null }) };
    for (const caller of [nobody, user(reader)]) expect(await graph.ask(whole, { id }, caller)).toEqual(heard);
    for (const caller of [author, moderator(reader)])
      expect(await graph.ask(whole, { id }, caller)).toMatchObject({
        narration: { status: 'PENDING', progress: { stage: 'waiting' }, audio: { sizeBytes: 7 } },
      });
    const work = 'query ($id: ID!) { narration(id: $id) { updates { eventType } segments { nodes { takes { take } media { url } } } } }';
    const seen = (await graph.ask(work, { id }, user(reader))).narration as {
      updates: [];
      segments: { nodes: { takes: []; media: object | null }[] };
    };
    expect([seen.updates, seen.segments.nodes.map(({ takes }) => takes), seen.segments.nodes.every(({ media }) => media)]).toEqual([
      [],
      [[], [], []],
      true,
    ]);
  });

  it('tell the author what was made, take by take, and what happened, from a cursor on', async () => {
    const { id } = await published();
    const segment = await database.prisma.narrationSegmentRecord.findFirstOrThrow({ where: { narrationId: id } });
    const read =
      'query ($id: ID!, $after: String) { narration(id: $id) { cursor updates(after: $after) { eventType segment { index } } } }';
    const before = (await graph.ask(read, { id }, author)).narration as { cursor: string };
    await graph.ask(verbs.regenerate, input(id, { segmentId: segment.id, text: 'Twice there was a fox.' }), author);
    const { run } = await database.prisma.narrationRecord.findUniqueOrThrow({ where: { id } });
    const { id: runId } = run as { id: string };
    await spoken(database.narrations, id, runId);
    await joined(database.narrations, id, runId);
    expect((await graph.ask(read, { id, after: before.cursor }, author)).narration).toMatchObject({
      updates: [
        { eventType: 'RegenerationRequested', segment: null },
        { eventType: 'SegmentNarrated', segment: { index: 0 } },
        { eventType: 'NarrationRegenerated', segment: null },
      ],
    });
    const takes =
      'query ($id: ID!) { narration(id: $id) { segments(first: 1) { nodes { take text takes { take text media { sizeBytes } } } } } }';
    expect((await graph.ask(takes, { id }, author)).narration).toEqual({
      segments: {
        nodes: [
          {
            ...{ take: 2, text: 'Twice there was a fox.' },
            takes: [
              { take: 1, text: 'Once there was a fox.\n', media: { sizeBytes: 101 } },
              { take: 2, text: 'Twice there was a fox.', media: { sizeBytes: 102 } },
            ],
          },
        ],
      },
    });
  });

  it('are stale for their author once the story has another text, or another script of it', async () => {
    const { id, storyId } = await published();
    const isStale = async () =>
      ((await graph.ask('query ($id: ID!) { narration(id: $id) { isStale } }', { id }, author)).narration as { isStale: boolean }).isStale;
    expect(await isStale()).toBe(false);
    await story(storyId, { publishedHash: hash, contentHash: 'e'.repeat(64) });
    expect(await isStale()).toBe(true);
    await story(storyId, { publishedHash: hash, script: { sha256: 'c'.repeat(64) } });
    expect(await isStale()).toBe(true);
  });

  it('are their author’s to change: others are told so of what they hear, and nothing of the rest', async () => {
    const [{ id }, draft] = [await published(), await completed(database.narrations)];
    for (const [caller, narration, code] of [
      [user(reader), id, 'NARRATION_NOT_YOURS'],
      [user(reader), draft, 'NARRATION_NOT_FOUND'],
      [user(reader), randomUUID(), 'NARRATION_NOT_FOUND'],
      [user(reader), 'x', 'NARRATION_NOT_FOUND'],
      // Whoever may hear it as a moderator is a stranger here.
      [moderator(reader), draft, 'NARRATION_NOT_FOUND'],
      [nobody, id, 'SIGN_IN_REQUIRED'],
    ] as const) {
      for (const verb of [verbs.cancel, verbs.resume, verbs.delete])
        expect((await graph.post(verb, input(narration), caller)).codes).toEqual([code]);
      const anew = input(narration, { segmentId: randomUUID(), emotion: 'joy' });
      expect((await graph.post(verbs.regenerate, anew, caller)).codes).toEqual([code]);
    }
  });

  it('are cancelled, resumed and deleted, each safe to repeat', async () => {
    const id = await aNarration(database.narrations);
    for (let twice = 0; twice < 2; twice += 1)
      expect(await graph.ask(verbs.cancel, input(id), author)).toEqual({
        cancelNarration: { status: 'FAILED', failure: { code: 'CANCELLED' } },
      });
    for (let twice = 0; twice < 2; twice += 1)
      expect(await graph.ask(verbs.resume, input(id, { idempotencyKey: `key-${id}` }), author)).toEqual({
        resumeNarration: { status: 'PENDING', progress: { stage: 'waiting', done: 0, total: 3 } },
      });
    for (let twice = 0; twice < 2; twice += 1) expect(await graph.ask(verbs.delete, input(id), author)).toEqual({ deleteNarration: true });
    expect(await graph.ask(whole, { id }, author)).toEqual({ narration: null });
  });

  it('refuse what a segment cannot be made anew by', async () => {
    const { id } = await published();
    const segmentId = (await database.prisma.narrationSegmentRecord.findFirstOrThrow({ where: { narrationId: id } })).id;
    for (const [wish, code] of [
      [{}, 'REGENERATION_CHANGES_NOTHING'],
      [{ emotion: 'bored' }, 'EMOTION_UNKNOWN'],
      [{ text: ' \n' }, 'SEGMENT_TEXT_EMPTY'],
      [{ text: 'x'.repeat(5_001) }, 'SEGMENT_TEXT_TOO_LONG'],
      [{ text: '\0' }, 'TEXT_UNREADABLE'],
      [{ voiceId: randomUUID() }, 'VOICE_NOT_FOUND'],
      [{ segmentId: randomUUID(), emotion: 'joy' }, 'NARRATION_SEGMENT_NOT_FOUND'],
    ] as const)
      expect((await graph.post(verbs.regenerate, input(id, { segmentId, ...wish }), author)).codes).toEqual([code]);
  });

  it('cost as many statements for 50 as for one', async () => {
    const script = aScript();
    await story(script.storyId, { publishedHash: hash });
    const ids: string[] = [];
    for (let index = 0; index < 50; index += 1) ids.push(await completed(database.narrations, { script: index < 25 ? script : aScript() }));
    const fields = `id isStale voice { name } cast { voice { name } } audio { url } chapters { title } updates(first: 2) { eventType }
      segments(first: 2) { nodes { text media { url } takes { take } } }`;
    const references = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on StoryNarration { ${fields} } } }`;
    const refs = (some: readonly string[]) => ({ refs: some.map((id) => ({ __typename: 'StoryNarration', id })) });
    const one = await database.statementsOf(() => graph.ask(references, refs(ids.slice(0, 1)), author));
    expect(await database.statementsOf(() => graph.ask(references, refs(ids), author))).toBe(one);

    const list = `query ($refs: [_Any!]!, $first: Int) { _entities(representations: $refs) { ... on Story { narrations(first: $first) { nodes { ${fields} } } } } }`;
    const stories = { refs: [{ __typename: 'Story', id: script.storyId }] };
    const short = await database.statementsOf(() => graph.ask(list, { ...stories, first: 1 }, author));
    expect(await database.statementsOf(() => graph.ask(list, { ...stories, first: 25 }, author))).toBe(short);
  });

  it('are paged in both directions, newest first', async () => {
    const script = aScript();
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) ids.unshift(await aNarration(database.narrations, { script }));
    const list = `query ($refs: [_Any!]!, $first: Int, $after: String, $last: Int) { _entities(representations: $refs) { ... on Story {
      narrations(first: $first, after: $after, last: $last) { nodes { id } pageInfo { hasNextPage endCursor } } } } }`;
    const page = async (args: object) => {
      const answer = await graph.ask(list, { refs: [{ __typename: 'Story', id: script.storyId }], ...args }, author);
      const [found] = answer._entities as [
        { narrations: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } },
      ];
      return { ids: found.narrations.nodes.map(({ id }) => id), ...found.narrations.pageInfo };
    };
    const first = await page({ first: 2 });
    expect([first.ids, first.hasNextPage]).toEqual([ids.slice(0, 2), true]);
    expect((await page({ first: 2, after: first.endCursor })).ids).toEqual(ids.slice(2));
    expect((await page({ last: 2 })).ids).toEqual(ids.slice(1));
  });
});
