import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RunningPlatform, until } from '../running-platform.js';

// A killed worker's job is taken over after up to 15 s, and the machine that runs the tests may be slow.
jest.setTimeout(120_000);

// A stranger is refused; a writer registers, signs in, refreshes, creates a story, watches its analysis live; the whole platform is killed in the
// middle and started again; the client resumes from its cursor and sees every update exactly once; the story is edited, published and read.

const texts = join(import.meta.dirname, '../../subgraphs/story/tests/analysis/texts');
const content = readFileSync(join(texts, 'long.txt'), 'utf8').normalize('NFC');
const { characters: labelled } = JSON.parse(readFileSync(join(texts, 'long.json'), 'utf8')) as {
  characters: { name: string; aliases?: string[] }[];
};

interface Session {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
  user: { id: string };
}
interface Update {
  storyUpdated: {
    cursor: string;
    eventType: string;
    progress: { stage: string; done: number; total: number } | null;
    story: { status: string; author: { profile: { displayName: string } } | null };
  };
}
interface Segment {
  index: number;
  text: string;
  speaker: { id: string } | null;
}

const session = 'accessToken refreshToken expiresAt user { id }';
const register = `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`;
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { ${session} } }`;
const refreshSession = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} } }`;
const createStory = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id version status cursor } }';
const editStory = 'mutation ($input: EditStoryInput!) { editStory(input: $input) { id version status } }';
const analyzeStory = 'mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { id status } }';
const publishStory = 'mutation ($input: PublishStoryInput!) { publishStory(input: $input) { id status isPublished publishedVersion } }';
const storyUpdated = `subscription ($id: ID!, $after: String) {
  storyUpdated(id: $id, after: $after) { cursor eventType progress { stage done total } story { status author { profile { displayName } } } }
}`;
const read = 'query ($id: ID!) { story(id: $id) { title content status version author { profile { displayName } } } }';

describe('a writer’s first evening', () => {
  let platform: RunningPlatform;
  let writer: Session;
  let reader: Session;
  let id: string;
  let beginning: string;
  const account = { email: `Ada-${randomUUID()}@Example.org`, password: 'a fox in the cellar', displayName: 'Ada' };

  beforeAll(async () => {
    platform = await RunningPlatform.start();
  });
  afterAll(() => platform.stop());

  const token = () => writer.accessToken;

  it('a stranger is refused', async () => {
    const { data, errors } = await platform.post(createStory, { input: { title: 'The fox', content: 'Once.' } });
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'SIGN_IN_REQUIRED', kind: 'UNAUTHENTICATED' } }]);
  });

  it('registers, signs in, and refreshes; a lost answer costs nothing', async () => {
    const { register: first } = await platform.ask<{ register: Session }>(register, { input: account });
    const { signIn: second } = await platform.ask<{ signIn: Session }>(signIn, {
      input: { email: account.email.toUpperCase(), password: account.password },
    });
    expect(second.user.id).toBe(first.user.id);
    const refresh = () => platform.ask<{ refreshSession: Session }>(refreshSession, { input: { refreshToken: second.refreshToken } });
    const [lost, again] = [await refresh(), await refresh()];
    expect(again.refreshSession.refreshToken).toBe(lost.refreshSession.refreshToken);
    writer = again.refreshSession;
    const { me } = await platform.ask<{ me: { email: string } }>('{ me { email } }', {}, token());
    expect(me.email).toBe(account.email.toLowerCase());
    reader = (
      await platform.ask<{ register: Session }>(register, {
        input: { ...account, email: `reader-${randomUUID()}@example.org`, displayName: 'Ben' },
      })
    ).register;
  });

  it('creates a story once, however often the request is sent', async () => {
    const input = { title: 'The long road', content, language: 'en', idempotencyKey: randomUUID() };
    const create = () =>
      platform.ask<{ createStory: { id: string; version: number; status: string; cursor: string } }>(createStory, { input }, token());
    const [{ createStory: story }, { createStory: again }] = await Promise.all([create(), create()]);
    expect(story).toMatchObject({ version: 1, status: 'DRAFT' });
    expect(again.id).toBe(story.id);
    id = story.id;
    beginning = story.cursor;
  });

  it('watches the analysis live, through a kill -9 of everything, and sees every update exactly once', async () => {
    const live = platform.follow<Update>(storyUpdated, { id, token: token() }, ({ storyUpdated: { cursor } }) => cursor, beginning);
    const seen = () => live.updates.map(({ storyUpdated: { eventType } }) => eventType);
    await platform.ask(analyzeStory, { input: { id } }, token());
    await until(() => seen().includes('AnalysisProgressed'));
    await platform.kill();
    const before = seen();
    expect(before).not.toContain('StoryAnalyzed');
    await platform.start();
    await until(() => seen().includes('StoryAnalyzed'), 60_000);
    await live.close();

    expect(live.problems).toEqual([]);
    expect(seen().slice(0, before.length)).toEqual(before);
    expect(seen()[0]).toBe('AnalysisRequested');
    for (const once of ['AnalysisRequested', 'CharactersExtracted', 'StoryAnalyzed'])
      expect(seen().filter((type) => type === once)).toHaveLength(1);
    const cursors = live.updates.map(({ storyUpdated: { cursor } }) => cursor);
    expect(new Set(cursors).size).toBe(cursors.length);
    expect(live.updates.at(-1)?.storyUpdated.story).toEqual({ status: 'ANALYZED', author: { profile: { displayName: 'Ada' } } });
    for (const { storyUpdated: update } of live.updates) expect(update.progress !== null).toBe(update.eventType === 'AnalysisProgressed');

    // Whoever resumes from any cursor sees what came after it, and nothing else.
    const middle = cursors[1] as string;
    const resumed = platform.follow<Update>(storyUpdated, { id, token: token() }, ({ storyUpdated: { cursor } }) => cursor, middle);
    await until(() => resumed.updates.length >= cursors.length - 2);
    expect(resumed.updates.map(({ storyUpdated: { cursor } }) => cursor)).toEqual(cursors.slice(2));
    await resumed.close();
  });

  it('finds characters, emotions and segments of that text', async () => {
    type Found = {
      story: {
        characters: { id: string; name: string; aliases: string[] }[];
        emotions: { quote: string; intensity: number; segmentIndex: number }[];
      };
    };
    const { story } = await platform.ask<Found>(
      'query ($id: ID!) { story(id: $id) { characters { id name aliases } emotions { quote intensity segmentIndex } } }',
      { id },
      token(),
    );
    const names = story.characters.flatMap(({ name, aliases }) => [name, ...aliases]).map((name) => name.toLowerCase());
    const found = labelled.filter(({ name, aliases = [] }) => [name, ...aliases].some((one) => names.includes(one.toLowerCase())));
    expect(found.length / labelled.length).toBeGreaterThanOrEqual(0.7);

    const segments: Segment[] = [];
    for (let after: string | null = null; ; ) {
      type Page = { story: { segments: { nodes: Segment[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } };
      const page: Page = await platform.ask<Page>(
        'query ($id: ID!, $after: String) { story(id: $id) { segments(first: 100, after: $after) { nodes { index text speaker { id } } pageInfo { hasNextPage endCursor } } } }',
        { id, after },
        token(),
      );
      segments.push(...page.story.segments.nodes);
      if (!page.story.segments.pageInfo.hasNextPage) break;
      after = page.story.segments.pageInfo.endCursor;
    }
    expect(segments.map(({ text }) => text).join('')).toBe(content);
    expect(segments.map(({ index }) => index)).toEqual(segments.map((_, index) => index));
    const known = new Set(story.characters.map(({ id: character }) => character));
    const speakers = segments.flatMap(({ speaker }) => (speaker ? [speaker.id] : []));
    expect(speakers.length).toBeGreaterThan(0);
    expect(speakers.every((speaker) => known.has(speaker))).toBe(true);
    expect(story.emotions.length).toBeGreaterThan(0);
    for (const { quote, intensity, segmentIndex } of story.emotions) {
      expect(segments[segmentIndex]?.text).toContain(quote);
      expect(intensity).toBeGreaterThanOrEqual(1);
      expect(intensity).toBeLessThanOrEqual(10);
    }
  });

  it('is told the current version when an edit is based on an older one', async () => {
    const edit = (expectedVersion: number, title: string) => platform.post(editStory, { input: { id, expectedVersion, title } }, token());
    expect((await edit(1, 'The longer road')).data).toMatchObject({ editStory: { version: 2, status: 'ANALYZED' } });
    const { errors } = await edit(1, 'The longest road');
    expect(errors).toMatchObject([{ extensions: { code: 'STORY_CHANGED_MEANWHILE', kind: 'CONFLICT', params: { currentVersion: 2 } } }]);
  });

  it('publishes; another user reads it, and goes on reading that edition while the next is written', async () => {
    expect((await platform.ask<{ story: null }>(read, { id }, reader.accessToken)).story).toBeNull();
    // Whose address nobody has verified writes, and does not publish; once it is verified, at once and with the same token.
    const { errors } = await platform.post(publishStory, { input: { id, expectedVersion: 2 } }, token());
    expect(errors).toMatchObject([{ extensions: { code: 'EMAIL_NOT_VERIFIED', kind: 'FORBIDDEN' } }]);
    await platform.verifyEmail(account.email);
    const { me } = await platform.ask<{ me: object }>('{ me { isEmailVerified } }', {}, token());
    expect(me).toEqual({ isEmailVerified: true });
    const { publishStory: published } = await platform.ask<{ publishStory: object }>(
      publishStory,
      { input: { id, expectedVersion: 2 } },
      token(),
    );
    expect(published).toMatchObject({ status: 'PUBLISHED', isPublished: true, publishedVersion: 2 });
    await platform.ask(editStory, { input: { id, expectedVersion: 2, content: 'Something else altogether.' } }, token());
    for (const somebody of [reader.accessToken, undefined]) {
      const { story } = await platform.ask<{ story: object }>(read, { id }, somebody);
      expect(story).toEqual({
        title: 'The longer road',
        content,
        status: 'PUBLISHED',
        version: 2,
        author: { profile: { displayName: 'Ada' } },
      });
    }
  });

  it('keeps a draft to herself: a third reads it nowhere', async () => {
    const { createStory: draft } = await platform.ask<{ createStory: { id: string } }>(
      createStory,
      { input: { title: 'A secret', content: 'Nobody knows.' } },
      token(),
    );
    const third = reader.accessToken;
    expect((await platform.ask<{ story: null }>(read, { id: draft.id }, third)).story).toBeNull();
    const lists = await platform.ask<object>(
      'query ($author: ID!) { stories(filter: { authorId: $author }) { nodes { title } } user(id: $author) { stories { nodes { title } } } }',
      { author: writer.user.id },
      third,
    );
    expect(JSON.stringify(lists)).not.toContain('A secret');
    for (const [mutation, input] of [
      [editStory, { id: draft.id, expectedVersion: 1, title: 'Mine now' }],
      [analyzeStory, { id: draft.id }],
      [publishStory, { id: draft.id, expectedVersion: 1 }],
    ] as const) {
      expect((await platform.post(mutation, { input }, third)).errors).toMatchObject([{ extensions: { code: 'STORY_NOT_FOUND' } }]);
    }
    const live = platform.follow<Update>(storyUpdated, { id: draft.id, token: third }, ({ storyUpdated: { cursor } }) => cursor, '');
    await until(() => live.problems.length > 0);
    expect(JSON.stringify(live.problems)).toContain('STORY_NOT_FOUND');
    expect(live.updates).toEqual([]);
    await live.close();
  });

  it('writes no password, token, address or story into the log', () => {
    for (const secret of [
      account.password,
      account.email.toLowerCase(),
      writer.accessToken,
      writer.refreshToken,
      'Nobody knows.',
      content.slice(0, 40),
    ]) {
      expect(platform.printed).not.toContain(secret);
    }
  });
});
