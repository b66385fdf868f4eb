import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RunningPlatform, until } from '../running-platform.js';

jest.setTimeout(60_000);

// A reader reports a published story, and its author hears nothing of it while following the story live. The author edits the text; a moderator still reads
// what was reported, and takes the story from readers. The author learns why, live and by query, never from whom; what was taken back cannot be
// published again, a new edition can. In the end the author deletes the story, and nothing of it is left but its history.

const entry = join(import.meta.dirname, '../../platform/dist/ops/main.js');
const register = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken user { id } } }';
const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken user { id } } }';
const createStory = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id cursor } }';
const editStory = 'mutation ($input: EditStoryInput!) { editStory(input: $input) { version } }';
const analyzeStory = 'mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { status } }';
const publishStory = 'mutation ($input: PublishStoryInput!) { publishStory(input: $input) { status } }';
const deleteStory = 'mutation ($input: DeleteStoryInput!) { deleteStory(input: $input) }';
const reportContent = 'mutation ($input: ReportContentInput!) { reportContent(input: $input) { id version reporter { id } } }';
const moderateStory = 'mutation ($input: ModerateStoryInput!) { moderateStory(input: $input) { status isPublished } }';
const queue = `{ moderationQueue { nodes { story { id title } openReports reasons { reason count }
  reports { details reporter { profile { displayName } } edition { version content } } } } }`;
const read = 'query ($id: ID!) { story(id: $id) { title content status } }';
const storyUpdated = `subscription ($id: ID!, $after: String) {
  storyUpdated(id: $id, after: $after) { cursor eventType story { status moderation { decision reason } } }
}`;

interface Person {
  readonly accessToken: string;
  readonly user: { readonly id: string };
}
interface Update {
  storyUpdated: {
    cursor: string;
    eventType: string;
    story: { status: string; moderation: { decision: string; reason: string } | null } | null;
  };
}

describe('moderation', () => {
  let platform: RunningPlatform;
  let author: Person;
  let reader: Person;
  let moderator: Person;
  let id: string;
  let live: ReturnType<typeof follow>;

  const follow = (after: string) =>
    platform.follow<Update>(storyUpdated, { id, token: author.accessToken }, ({ storyUpdated: { cursor } }) => cursor, after);
  const seen = () => live.updates.map(({ storyUpdated: { eventType } }) => eventType);
  const statusIs = (status: string) =>
    until(async () => (await platform.ask<{ story: { status: string } }>(read, { id }, author.accessToken)).story.status === status);
  const codeOf = async (query: string, input: object, token?: string) =>
    (await platform.post(query, { input }, token)).errors?.[0]?.extensions.code;
  const scripts = () => join(platform.data, 'objects/story/scripts', id);

  beforeAll(async () => {
    platform = await RunningPlatform.start();
    const person = (displayName: string) => ({ email: `${randomUUID()}@example.org`, password: 'a fox in the cellar', displayName });
    const registered = async (input: ReturnType<typeof person>) => (await platform.ask<{ register: Person }>(register, { input })).register;
    const mo = person('Mo');
    const ada = person('Ada');
    [author, reader, moderator] = [await registered(ada), await registered(person('Ben')), await registered(mo)];
    await promisify(execFile)(process.execPath, [entry, 'promote', mo.email, 'content-moderator'], {
      env: { ...process.env, DATA_DIR: platform.data },
    });
    moderator = (await platform.ask<{ signIn: Person }>(signIn, { input: { email: mo.email, password: mo.password } })).signIn;

    const input = { title: 'The neighbour', content: '“He lives in Fox Lane 7!” said Ada.', language: 'en' };
    const created = await platform.ask<{ createStory: { id: string; cursor: string } }>(createStory, { input }, author.accessToken);
    id = created.createStory.id;
    live = follow(created.createStory.cursor);
    await platform.ask(analyzeStory, { input: { id } }, author.accessToken);
    await statusIs('ANALYZED');
    await platform.verifyEmail(ada.email);
    await platform.ask(publishStory, { input: { id, expectedVersion: 1 } }, author.accessToken);
    await until(() => seen().at(-1) === 'StoryPublished');
  });
  afterAll(async () => {
    await live.close();
    await platform.stop();
  });

  it('begins with a reader, unseen by the author', async () => {
    const input = { storyId: id, reason: 'PRIVACY', details: 'That is where I live.', idempotencyKey: randomUUID() };
    expect(await codeOf(reportContent, input)).toBe('SIGN_IN_REQUIRED');
    const report = () => platform.ask<{ reportContent: { id: string; version: number } }>(reportContent, { input }, reader.accessToken);
    const [{ reportContent: first }, { reportContent: again }] = [await report(), await report()];
    expect(first).toMatchObject({ version: 1, reporter: null });
    expect(again.id).toBe(first.id);
    expect(await codeOf(reportContent, { ...input, idempotencyKey: randomUUID() }, reader.accessToken)).toBe('STORY_REPORTED_ALREADY');
    const edit = { id, expectedVersion: 1, content: '“He lives somewhere!” said Ada.' };
    await platform.ask(editStory, { input: edit }, author.accessToken);
    await until(() => seen().at(-1) === 'StoryEdited');
    expect(seen().slice(-2)).toEqual(['StoryPublished', 'StoryEdited']);
  });

  it('shows moderators what was reported, as it was, and nobody else', async () => {
    for (const { accessToken } of [author, reader]) {
      const { errors } = await platform.post(queue, {}, accessToken);
      expect(errors?.[0]?.extensions.code).toBe('MODERATORS_ONLY');
    }
    const { moderationQueue } = await platform.ask<{ moderationQueue: { nodes: unknown[] } }>(queue, {}, moderator.accessToken);
    expect(moderationQueue.nodes).toEqual([
      {
        story: { id, title: 'The neighbour' },
        openReports: 1,
        reasons: [{ reason: 'PRIVACY', count: 1 }],
        reports: [
          {
            details: 'That is where I live.',
            reporter: { profile: { displayName: 'Ben' } },
            edition: { version: 1, content: '“He lives in Fox Lane 7!” said Ada.' },
          },
        ],
      },
    ]);
  });

  it('takes a story from readers, and tells the author why but not from whom', async () => {
    const input = { storyId: id, decision: 'UNPUBLISH', reason: 'It tells where a real person lives.' };
    expect(await codeOf(moderateStory, input, reader.accessToken)).toBe('MODERATORS_ONLY');
    await platform.ask(moderateStory, { input }, moderator.accessToken);
    expect(await platform.ask(read, { id }, reader.accessToken)).toEqual({ story: null });
    await until(() => seen().includes('StoryUnpublished'));
    const told = { decision: 'UNPUBLISH', reason: input.reason };
    expect(live.updates.at(-1)?.storyUpdated).toMatchObject({ eventType: 'StoryUnpublished', story: { moderation: told } });

    const all =
      'query ($id: ID!) { story(id: $id) { moderation { decision reason version } versions { nodes { version } } updates { cursor eventType } } }';
    const answer = await platform.ask<{ story: { updates: { cursor: string; eventType: string }[] } }>(all, { id }, author.accessToken);
    expect(answer.story).toMatchObject({ moderation: { ...told, version: 2 }, versions: { nodes: [{ version: 2 }, { version: 1 }] } });
    expect(answer.story.updates.map(({ eventType }) => eventType)).toEqual(['StoryCreated', ...seen()]);
    expect(answer.story.updates.slice(1).map(({ cursor }) => cursor)).toEqual(live.updates.map(({ storyUpdated: { cursor } }) => cursor));
    for (const { user } of [reader, moderator]) expect(JSON.stringify([answer, live.updates])).not.toContain(user.id);
  });

  it('lets a new edition return, and not the one that was taken back', async () => {
    const publish = (expectedVersion: number) => codeOf(publishStory, { id, expectedVersion }, author.accessToken);
    expect(await publish(2)).toBe('STORY_MODERATED');
    const edit = { id, expectedVersion: 2, content: '“The fox lives in the forest!” said Ada.' };
    await platform.ask(editStory, { input: edit }, author.accessToken);
    await platform.ask(analyzeStory, { input: { id } }, author.accessToken);
    await statusIs('ANALYZED');
    expect(await publish(3)).toBeUndefined();
    const answer = await platform.ask<object>(read, { id }, reader.accessToken);
    expect(answer).toEqual({ story: { title: 'The neighbour', content: edit.content, status: 'PUBLISHED' } });
  });

  it('ends for good when the author deletes the story: for readers, in the queue, and in the object store', async () => {
    expect(readdirSync(scripts())).toHaveLength(2);
    expect(await codeOf(deleteStory, { id }, reader.accessToken)).toBe('STORY_NOT_YOURS');
    for (let time = 0; time < 2; time += 1) expect(await codeOf(deleteStory, { id }, author.accessToken)).toBeUndefined();
    for (const { accessToken } of [author, reader, moderator])
      expect(await platform.ask(read, { id }, accessToken)).toEqual({ story: null });
    await until(() => seen().at(-1) === 'StoryDeleted');
    expect(live.updates.at(-1)?.storyUpdated.story).toBeNull();
    await until(() => !existsSync(scripts()));
    expect(live.problems).toEqual([]);
  });
});
