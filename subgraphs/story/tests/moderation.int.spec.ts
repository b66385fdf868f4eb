import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '@storytelling/shared/graphql/caller';
import { runOperation } from '@storytelling/shared/infrastructure/operation';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { moderationStream } from '../src/domain/moderation.js';
import { edit, requestAnalysis, type StoryId } from '../src/domain/story.js';
import { storyContent } from '../src/domain/story-content.js';
import { analyzed, aStory, published, reader, writer } from './examples.js';
import { graphOn, moderator, nobody, user } from './graph-on.js';
import { storyDatabase } from './story-database.js';

const author = user(writer);
const other = user(reader);
const moderatorId = userId('moderator-00001');
const judge = moderator(moderatorId);

const verbs = {
  unpublish: 'mutation ($input: UnpublishStoryInput!) { done: unpublishStory(input: $input) { id status isPublished publishedVersion } }',
  archive: 'mutation ($input: ArchiveStoryInput!) { done: archiveStory(input: $input) { id status isPublished moderation { reason } } }',
  remove: 'mutation ($input: DeleteStoryInput!) { done: deleteStory(input: $input) }',
  report: `mutation ($input: ReportContentInput!) { done: reportContent(input: $input) {
    id reason details version story { id } reporter { id } edition { version content } } }`,
  moderate: `mutation ($input: ModerateStoryInput!) { done: moderateStory(input: $input) {
    id status isPublished moderation { decision reason version decidedAt } } }`,
  publish: 'mutation ($input: PublishStoryInput!) { done: publishStory(input: $input) { status moderation { reason } } }',
  edit: 'mutation ($input: EditStoryInput!) { done: editStory(input: $input) { version } }',
  analyze: 'mutation ($input: AnalyzeStoryInput!) { done: analyzeStory(input: $input) { status } }',
};

describe('taking stories from readers', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;
  let graph: Awaited<ReturnType<typeof graphOn>>;
  beforeAll(async () => {
    database = await storyDatabase();
    graph = await graphOn(database);
  });
  afterAll(async () => {
    await graph.close();
    await database.close();
  });

  const done = async <Data>(verb: keyof typeof verbs, input: object, caller: Caller) =>
    (await graph.ask<{ done: Data }>(verbs[verb], { input }, caller)).done;
  const refusal = (verb: keyof typeof verbs, input: object, caller: Caller) => graph.refusal(verbs[verb], { input }, caller);
  const read = async (id: string, caller: Caller) =>
    (
      await graph.ask<{ story: { status: string; content: string } | null }>(
        'query ($id: ID!) { story(id: $id) { status content } }',
        { id },
        caller,
      )
    ).story;
  const rows = async (table: string, id: string) =>
    (await database.pool.query(`SELECT 1 FROM ${table} WHERE ${table === 'stories' ? 'id' : 'story_id'} = $1`, [id])).rowCount;

  describe('unpublished', () => {
    it('is its author’s alone again', async () => {
      const id = await published(database.stories);
      expect(await done('unpublish', { id, expectedVersion: 1 }, author)).toMatchObject({ status: 'ANALYZED', isPublished: false });
      expect(await read(id, other)).toBeNull();
      expect(await read(id, author)).toMatchObject({ status: 'ANALYZED' });
      expect(await done('publish', { id, expectedVersion: 1 }, author)).toMatchObject({ status: 'PUBLISHED' });
      expect(await read(id, nobody)).toMatchObject({ status: 'PUBLISHED' });
    });
    it('is the author’s matter', async () => {
      const id = await published(database.stories);
      expect(await refusal('unpublish', { id }, other)).toBe('STORY_NOT_YOURS');
      expect(await refusal('unpublish', { id }, judge)).toBe('STORY_NOT_YOURS');
      expect(await refusal('unpublish', { id }, nobody)).toBe('SIGN_IN_REQUIRED');
      expect(await refusal('unpublish', { id: await aStory(database.stories) }, other)).toBe('STORY_NOT_FOUND');
    });
  });

  describe('archived', () => {
    it('by its author is theirs to read and closed', async () => {
      const id = await published(database.stories);
      expect(await done('archive', { id }, author)).toEqual({ id, status: 'ARCHIVED', isPublished: false, moderation: null });
      expect(await read(id, other)).toBeNull();
      expect(await read(id, author)).toMatchObject({ status: 'ARCHIVED', content: 'Once there was a fox.' });
      for (const [verb, input] of [
        ['edit', { id, expectedVersion: 1, title: 'Fox' }],
        ['analyze', { id }],
        ['publish', { id, expectedVersion: 1 }],
        ['unpublish', { id }],
        ['archive', { id }],
      ] as const)
        expect([verb, await refusal(verb, input, author)]).toEqual([verb, 'STORY_ARCHIVED']);
    });
    it('by a moderator needs a reason, which the author reads', async () => {
      const id = await published(database.stories);
      for (const reason of [undefined, '  ', 'no', 'x'.repeat(1_001)])
        expect(await refusal('archive', { id, reason }, judge)).toBe('MODERATION_REASON_MISSING');
      expect(await refusal('archive', { id, reason: 'Because.' }, other)).toBe('STORY_NOT_YOURS');
      await done('archive', { id, reason: 'Copied from a book.' }, judge);
      const { story } = await graph.ask<{ story: object }>(
        'query ($id: ID!) { story(id: $id) { status moderation { decision reason version decidedAt } } }',
        { id },
        author,
      );
      expect(story).toMatchObject({
        status: 'ARCHIVED',
        moderation: { decision: 'ARCHIVE', reason: 'Copied from a book.', version: 1, decidedAt: expect.any(Date) },
      });
    });
    it('ends the analysis under way', async () => {
      const id = await aStory(database.stories);
      const analysisId = randomUUID();
      await database.stories.update(id, (story) => requestAnalysis(story, analysisId));
      await done('archive', { id, reason: 'Enough.' }, author);
      expect(database.cancelled).toContain(analysisId);
    });
  });

  describe('deleted', () => {
    it('is gone for everybody, with its text, findings and reports; only its history stays', async () => {
      const id = await published(database.stories);
      await done('report', { storyId: id, reason: 'SPAM' }, other);
      const [segment] = await database.prisma.storySegmentRecord.findMany({ where: { storyId: id } });
      expect(await done<boolean>('remove', { id }, author)).toBe(true);
      const tables = ['stories', 'story_versions', 'story_characters', 'story_emotions', 'story_segments', 'story_analyses'];
      for (const table of [...tables, 'story_reports', 'story_moderations']) expect([table, await rows(table, id)]).toEqual([table, 0]);
      for (const caller of [author, other, judge, nobody]) {
        expect(await read(id, caller)).toBeNull();
        const { _entities } = await graph.ask<{ _entities: unknown[] }>(
          'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Story { id } ... on StorySegment { id } } }',
          {
            of: [
              { __typename: 'Story', id },
              { __typename: 'StorySegment', id: segment?.id },
            ],
          },
          caller,
        );
        expect(_entities).toEqual([null, null]);
      }
      expect((await database.events(id)).at(-1)).toEqual({ type: 'StoryDeleted', data: { storyId: id, authorId: writer } });
    });
    it('is deleted, however often its author asks; to others it is not there', async () => {
      const id = await published(database.stories);
      expect(await refusal('remove', { id }, other)).toBe('STORY_NOT_YOURS');
      expect(await refusal('remove', { id }, judge)).toBe('STORY_NOT_YOURS');
      expect(await Promise.all(Array.from({ length: 5 }, () => done<boolean>('remove', { id }, author)))).toEqual(Array(5).fill(true));
      expect(await refusal('remove', { id }, other)).toBe('STORY_NOT_FOUND');
      expect(await refusal('edit', { id, expectedVersion: 1, title: 'Fox' }, author)).toBe('STORY_NOT_FOUND');
      expect(await refusal('remove', { id: randomUUID() }, author)).toBe('STORY_NOT_FOUND');
      expect((await database.events(id)).filter(({ type }) => type === 'StoryDeleted')).toHaveLength(1);
    });
    it('ends the analysis under way', async () => {
      const id = await aStory(database.stories);
      const analysisId = randomUUID();
      await database.stories.update(id, (story) => requestAnalysis(story, analysisId));
      await done('remove', { id }, author);
      expect(database.cancelled).toContain(analysisId);
    });
  });

  describe('reported', () => {
    it('is reported once by a reader until it is decided, whatever they send at once', async () => {
      const storyId = await published(database.stories);
      const all = await Promise.all(
        Array.from({ length: 5 }, () => refusal('report', { storyId, reason: 'HATE', details: 'Look!' }, other)),
      );
      expect(all.sort()).toEqual(['', ...Array<string>(4).fill('STORY_REPORTED_ALREADY')]);
      await done('moderate', { storyId, decision: 'KEEP', reason: 'It is satire.' }, judge);
      expect(await refusal('report', { storyId, reason: 'HATE' }, other)).toBe('');
    });
    it('a retry with the same key gets the same report', async () => {
      const input = {
        storyId: await published(database.stories),
        reason: 'OTHER',
        details: 'A very odd fox.',
        idempotencyKey: randomUUID(),
      };
      const send = () => runOperation({ correlationId: 'c', actor: `user:${reader}` }, () => done<{ id: string }>('report', input, other));
      const first = await send();
      expect(first).toMatchObject({ reason: 'OTHER', details: 'A very odd fox.', version: 1, reporter: null, edition: null });
      expect((await send()).id).toBe(first.id);
    });
    it('needs somebody signed in, a story of another and one that is published', async () => {
      const storyId = await published(database.stories);
      expect(await refusal('report', { storyId, reason: 'SPAM' }, nobody)).toBe('SIGN_IN_REQUIRED');
      expect(await refusal('report', { storyId, reason: 'SPAM' }, author)).toBe('REPORT_OF_OWN_STORY');
      expect(await refusal('report', { storyId, reason: 'SPAM', details: 'x'.repeat(2_001) }, other)).toBe('REPORT_DETAILS_TOO_LONG');
      for (const id of [await aStory(database.stories), randomUUID(), 'x'])
        expect(await refusal('report', { storyId: id, reason: 'SPAM' }, other)).toBe('STORY_NOT_FOUND');
    });
    it('leaves no trace in what its author follows', async () => {
      const storyId = await published(database.stories);
      const before = await database.events(storyId);
      const seen = () =>
        graph.ask<object>(
          'query ($id: ID!) { story(id: $id) { cursor updates { cursor eventType } moderation { reason } } }',
          { id: storyId },
          author,
        );
      const own = await seen();
      await done('report', { storyId, reason: 'SPAM', details: 'From me.' }, other);
      expect(await seen()).toEqual(own);
      expect(await database.events(storyId)).toEqual(before);
      const { rows: kept } = await database.pool.query('SELECT event_type AS type FROM backbone.event_store WHERE stream_id = $1', [
        moderationStream(storyId).id,
      ]);
      expect(kept).toEqual([{ type: 'StoryReported' }]);
    });
    it('20 times in an hour is enough for one reader', async () => {
      const busy = user(userId('busy-reader-0001'));
      for (let index = 0; index < 20; index += 1)
        await done('report', { storyId: await published(database.stories), reason: 'SPAM' }, busy);
      const last = { storyId: await published(database.stories), reason: 'SPAM' };
      const { refused } = await graph.post(verbs.report, { input: last }, busy);
      expect(refused).toMatchObject([{ code: 'TOO_MANY_REPORTS', params: { retryAt: expect.any(String) } }]);
      expect(await refusal('report', last, other)).toBe('');
    });
  });

  describe('moderated', () => {
    type Queue = {
      moderationQueue: {
        nodes: {
          story: { id: string; version: number; content: string } | null;
          openReports: number;
          reasons: { reason: string; count: number }[];
          oldestReportAt: Date | null;
          reports: { reason: string; reporter: { id: string }; edition: { version: number; content: string } }[];
          lastDecision: { decision: string } | null;
        }[];
        pageInfo: { hasNextPage: boolean; endCursor: string; startCursor: string };
      };
    };
    const queueQuery = `query ($first: Int, $after: String, $last: Int, $before: String, $status: ModerationStatus) {
      moderationQueue(first: $first, after: $after, last: $last, before: $before, status: $status) {
        nodes { story { id version content } openReports reasons { reason count } oldestReportAt lastDecision { decision }
          reports { id reason details version createdAt reporter { id } edition { version content isPublished } } }
        pageInfo { hasNextPage endCursor startCursor } } }`;
    const queue = async (args: Record<string, unknown> = {}) => (await graph.ask<Queue>(queueQuery, args, judge)).moderationQueue;
    const ids = ({ nodes }: Queue['moderationQueue']) => nodes.map(({ story }) => story?.id);
    const emptied = async () => {
      await database.pool.query('DELETE FROM story_reports; DELETE FROM story_moderations');
    };
    const reported = async (by: readonly string[]): Promise<StoryId> => {
      const storyId = await published(database.stories);
      for (const [index, who] of by.entries())
        await done('report', { storyId, reason: index === 0 ? 'PRIVACY' : 'SPAM' }, user(userId(who)));
      return storyId;
    };

    it('the queue holds what is reported, the longest waiting first, with counts, reasons and the very edition', async () => {
      await emptied();
      const first = await reported(['reader-000011', 'reader-000012', 'reader-000013']);
      const second = await reported(['reader-000011']);
      const content = storyContent('Nothing to see here.');
      await database.stories.update(first, (story) => edit(story, 1, { content }), { content });
      const { nodes } = await queue();
      expect(nodes.map(({ story, openReports }) => [story?.id, openReports])).toEqual([
        [first, 3],
        [second, 1],
      ]);
      expect(nodes[0]).toMatchObject({
        story: { version: 2, content: 'Nothing to see here.' },
        oldestReportAt: expect.any(Date),
        reasons: [
          { reason: 'SPAM', count: 2 },
          { reason: 'PRIVACY', count: 1 },
        ],
        reports: [{ reason: 'PRIVACY', reporter: { id: 'reader-000011' } }, { reason: 'SPAM' }, { reason: 'SPAM' }],
      });
      for (const { edition } of nodes[0]?.reports ?? []) expect(edition).toMatchObject({ version: 1, content: 'Once there was a fox.' });
    });

    it('is for moderators', async () => {
      expect(await graph.refusal(queueQuery, {}, nobody)).toBe('SIGN_IN_REQUIRED');
      for (const caller of [author, other]) {
        expect(await graph.refusal(queueQuery, {}, caller)).toBe('MODERATORS_ONLY');
        const storyId = await published(database.stories);
        expect(await refusal('moderate', { storyId, decision: 'ARCHIVE', reason: 'Envy.' }, caller)).toBe('MODERATORS_ONLY');
      }
    });

    it('a decision closes all reports; the author reads why, and only a new edition is published again', async () => {
      await emptied();
      const storyId = await reported(['reader-000021', 'reader-000022']);
      const decision = { storyId, decision: 'UNPUBLISH', reason: 'It names a real person.' };
      expect(await refusal('moderate', { ...decision, expectedVersion: 2 }, judge)).toBe('STORY_CHANGED_MEANWHILE');
      const moderation = { decision: 'UNPUBLISH', reason: 'It names a real person.', version: 1 };
      expect(await done('moderate', { ...decision, expectedVersion: 1 }, judge)).toMatchObject({ isPublished: false, moderation });
      expect(ids(await queue())).toEqual([]);
      expect((await queue({ status: 'DECIDED' })).nodes).toMatchObject([
        { story: { id: storyId }, openReports: 0, oldestReportAt: null, reports: [], lastDecision: { decision: 'UNPUBLISH' } },
      ]);
      expect(await read(storyId, other)).toBeNull();
      const mine = 'query ($id: ID!) { story(id: $id) { moderation { decision reason version } updates { eventType } } }';
      const { story } = await graph.ask<{ story: { updates: { eventType: string }[] } }>(mine, { id: storyId }, author);
      expect(story).toMatchObject({ moderation });
      expect(story.updates.at(-1)).toEqual({ eventType: 'StoryUnpublished' });
      expect(JSON.stringify(await database.events(storyId))).not.toMatch(/reader-0000|moderator-0/);

      expect(await refusal('publish', { id: storyId, expectedVersion: 1 }, author)).toBe('STORY_MODERATED');
      await done('edit', { id: storyId, expectedVersion: 1, content: 'It names a fox.' }, author);
      await analyzed(database.stories, storyId, 2);
      expect(await done('publish', { id: storyId, expectedVersion: 2 }, author)).toEqual({ status: 'PUBLISHED', moderation: null });
      expect(await read(storyId, nobody)).toMatchObject({ content: 'It names a fox.' });
    });

    it('a decision to keep changes nothing but the queue', async () => {
      await emptied();
      const storyId = await reported(['reader-000031']);
      const before = await database.events(storyId);
      expect(await done('moderate', { storyId, decision: 'KEEP', reason: 'It is satire.' }, judge)).toMatchObject({
        isPublished: true,
        moderation: null,
      });
      expect(await database.events(storyId)).toEqual(before);
      expect(ids(await queue())).toEqual([]);
      expect(await refusal('moderate', { storyId, decision: 'KEEP', reason: 'It is satire.' }, judge)).toBe('STORY_NOT_REPORTED');
    });

    it('a moderator decides about stories of others only, and with a reason', async () => {
      const storyId = await published(database.stories, { authorId: moderatorId });
      expect(await refusal('moderate', { storyId, decision: 'KEEP', reason: 'I like it.' }, judge)).toBe('MODERATION_OF_OWN_STORY');
      expect(await refusal('moderate', { storyId, decision: 'KEEP', reason: ' ' }, judge)).toBe('MODERATION_REASON_MISSING');
      expect(await refusal('moderate', { storyId: 'x', decision: 'KEEP', reason: 'Why not.' }, judge)).toBe('STORY_NOT_FOUND');
    });

    it('the queue is paged in both directions, at the same number of statements for many as for one', async () => {
      await emptied();
      const all: string[] = [];
      for (let index = 0; index < 5; index += 1) all.push(await reported([`reader-00004${index}`, `reader-00005${index}`]));
      const top = await queue({ first: 2 });
      expect(ids(top)).toEqual(all.slice(0, 2));
      expect(ids(await queue({ first: 10, after: top.pageInfo.endCursor }))).toEqual(all.slice(2));
      const end = await queue({ last: 2 });
      expect(ids(end)).toEqual(all.slice(3));
      expect(ids(await queue({ last: 2, before: end.pageInfo.startCursor }))).toEqual(all.slice(1, 3));
      const one = await database.statementsOf(() => queue({ first: 1 }));
      expect(await database.statementsOf(() => queue({ first: 5 }))).toBe(one);

      for (const storyId of all) await done('moderate', { storyId, decision: 'KEEP', reason: 'Fine.' }, judge);
      const decided = await queue({ status: 'DECIDED', first: 2 });
      expect(ids(decided)).toEqual(all.slice(3).reverse());
      expect(ids(await queue({ status: 'DECIDED', after: decided.pageInfo.endCursor }))).toEqual(all.slice(0, 3).reverse());
      expect(await graph.refusal(queueQuery, { after: 'x' }, judge)).toBe('CURSOR_INVALID');
    });
  });
});
