import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { findRunningServer } from '@storytelling/platform/embedded-postgres';
import pg from 'pg';
import { RunningPlatform, until } from '../running-platform.js';

jest.setTimeout(120_000);

// A writer leaves, and wants nothing to be left of her. Each of her words has a canary in it, which is looked for in every row of every
// database, in every file that the platform keeps, and in everything that it has printed. PostgreSQL's own files are not looked into: what a
// row held stays in dead rows and in its log of writes until it reuses them. In the end a backup from before brings her back, and loses her again.

const register = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken user { id } } }';
const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const updateProfile = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }';
const createStory = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id } }';
const editStory = 'mutation ($input: EditStoryInput!) { editStory(input: $input) { id } }';
const analyzeStory = 'mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { id } }';
const publishStory = 'mutation ($input: PublishStoryInput!) { publishStory(input: $input) { id } }';
const readStory = 'query ($id: ID!) { story(id: $id) { status content characters { name } author { profile { displayName } } } }';
const eraseUser = 'mutation ($input: EraseUserInput!) { eraseUser(input: $input) { id } }';
const readErasure = 'query ($id: ID!) { erasure(id: $id) { status contexts { context status } } }';
const readUser = 'query ($id: ID!) { user(id: $id) { email isActive profile { displayName firstName lastName } } }';

const ops = join(import.meta.dirname, '../../platform/dist/ops/main.js');

interface Writer {
  readonly id: string;
  readonly token: string;
  readonly email: string;
  readonly story: string;
  /** Words that are hers alone. */
  readonly canaries: Readonly<Record<string, string>>;
}

describe('erasing a writer', () => {
  let platform: RunningPlatform;
  const password = 'a fox in the cellar';
  const backups = mkdtempSync(join(tmpdir(), 'storytelling-backup-'));

  beforeAll(async () => {
    platform = await RunningPlatform.start();
  });
  afterAll(async () => {
    await platform.stop();
    rmSync(backups, { recursive: true, force: true });
  });

  /** Letters only, so that it may be the name of a character, and unlike all others. */
  const canary = (what: string) => `${what}${randomUUID().replace(/[^a-f]/g, '')}${randomUUID().replace(/[^a-f]/g, '')}`;

  /** Registers, shows herself, has a story analyzed and published, and goes on writing. */
  async function writer(): Promise<Writer> {
    const words = Object.fromEntries(
      ['email', 'display', 'earlier', 'first', 'last', 'title', 'text', 'nexttitle', 'nexttext', 'draft'].map((what) => [
        what,
        canary(what),
      ]),
    );
    const { email = '', display, earlier, first, last, title, text, nexttitle, nexttext, draft } = words;
    const character = `Z${canary('elda')}`;
    const address = `${email}@example.org`;
    const account = { email: address, password, displayName: `Ada ${earlier}`, firstName: first, lastName: last };
    const { accessToken: token, user } = (
      await platform.ask<{ register: { accessToken: string; user: { id: string } } }>(register, { input: account })
    ).register;
    await platform.verifyEmail(address);
    await platform.ask(updateProfile, { input: { displayName: `Ada ${display}` } }, token);
    const create = async (input: object) =>
      (await platform.ask<{ createStory: { id: string } }>(createStory, { input }, token)).createStory.id;
    await create({ title: `Draft ${draft}`, content: `Nobody has read ${draft}.` });
    const story = await create({
      title: `The ${title}`,
      content: `“Who is there?” said ${character}. “It is ${text},” said ${character}. ${character} was afraid.`,
    });
    await platform.ask(analyzeStory, { input: { id: story } }, token);
    const statusOf = async () => (await platform.ask<{ story: { status: string } }>(readStory, { id: story }, token)).story.status;
    await until(async () => (await statusOf()) === 'ANALYZED');
    await platform.ask(publishStory, { input: { id: story, expectedVersion: 1 } }, token);
    await platform.ask(
      editStory,
      { input: { id: story, expectedVersion: 1, title: `Next ${nexttitle}`, content: `Then came ${nexttext}.` } },
      token,
    );
    return { id: user.id, token, email: address, story, canaries: { ...words, character } };
  }

  /** Every row of every table of every database, every file beside PostgreSQL's own, everything printed: which of the words are where. */
  async function whereabouts({ canaries }: Writer): Promise<string[]> {
    const found: string[] = [];
    const look = (place: string, text: string) => {
      for (const [what, word] of Object.entries(canaries))
        if (text.toLowerCase().includes(word.toLowerCase())) found.push(`${what}: ${place}`);
    };
    for (const database of ['identity', 'story', 'backbone']) {
      const client = new pg.Client({ connectionString: findRunningServer(platform.data)?.databaseUrl(database) });
      await client.connect();
      try {
        const { rows } = await client.query<{ name: string }>(
          `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
        );
        expect(rows.length).toBeGreaterThan(2);
        for (const { name } of rows) {
          const { rows: texts } = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
          for (const { text } of texts) {
            look(`${database} ${name}`, text);
            // bytea is printed in hexadecimal.
            for (const [hex] of text.matchAll(/(?<=\\\\x)[0-9a-f]{8,}/g))
              look(`${database} ${name}`, Buffer.from(hex, 'hex').toString('latin1'));
          }
        }
      } finally {
        await client.end();
      }
    }
    for (const entry of readdirSync(platform.data, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const inside = path.slice(platform.data.length + 1);
      if (/^postgresql(\/|-programs)/.test(inside) || !entry.isFile()) continue;
      look(`file ${inside}`, textOf(path));
      look(`name of ${inside}`, inside);
    }
    look('printed', platform.printed);
    return [...new Set(found)].sort();
  }
  const wordsIn = (found: readonly string[]) => new Set(found.map((each) => each.slice(0, each.indexOf(':'))));

  async function erase({ id, token }: Writer, stories: string): Promise<void> {
    const input = { userId: id, stories, password };
    const { eraseUser: erasure } = await platform.ask<{ eraseUser: { id: string } }>(eraseUser, { input }, token);
    const statusOf = async () => (await platform.ask<{ erasure: { status: string } }>(readErasure, { id: erasure.id })).erasure.status; // signed in as nobody
    await until(async () => (await statusOf()) === 'done', 60_000);
  }
  function run(...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [ops, ...args], { env: { ...process.env, DATA_DIR: platform.data } }, (error, out, err) =>
        error ? reject(new Error(err)) : resolve(out),
      );
    });
  }

  it('leaves nothing of her anywhere, and a backup from before her erasure does not bring her back', async () => {
    const ada = await writer();
    const other = await writer();
    // They are everywhere, and nowhere in what was printed.
    const before = await whereabouts(ada);
    expect(wordsIn(before)).toEqual(new Set(Object.keys(ada.canaries)));
    expect(before.filter((place) => place.includes('printed'))).toEqual([]);
    for (const place of [
      'identity public.users',
      'identity backbone.event_store',
      'story public.authors',
      'backbone public.log',
      'file mail/',
    ])
      expect([place, before.some((found) => found.includes(place))]).toEqual([place, true]);
    const others = await whereabouts(other);
    const backup = join(backups, 'before');
    await run('backup', backup);

    await erase(ada, 'REMOVE');
    expect(await whereabouts(ada)).toEqual([]);
    expect(await whereabouts(other)).toEqual(others);
    expect(await platform.ask(readUser, { id: ada.id }, other.token)).toEqual({
      user: { email: null, isActive: false, profile: { displayName: 'Deleted user', firstName: null, lastName: null } },
    });
    expect((await platform.post(readStory, { id: ada.story }, other.token)).data).toEqual({ story: null });

    await platform.kill();
    await run('restore', backup, '--force');
    await platform.start();
    await until(async () => (await whereabouts(ada)).length === 0, 60_000);
    const { errors } = await platform.post(signIn, { input: { email: ada.email, password } });
    expect(errors?.[0]?.extensions.code).toBe('SIGN_IN_FAILED');
    expect((await platform.ask<{ signIn: object }>(signIn, { input: { email: other.email, password } })).signIn).not.toBeNull();
  });

  it('leaves readers what she had published when she wants it so, by nobody', async () => {
    const [ada, reader] = [await writer(), await writer()];
    await platform.kill();
    await platform.start();
    const { signIn: again } = await platform.ask<{ signIn: { accessToken: string } }>(signIn, { input: { email: ada.email, password } });
    // Killed just after the answer: what has begun is finished after the next start.
    const input = { userId: ada.id, stories: 'KEEP_AS_DELETED_AUTHOR', password };
    const { eraseUser: erasure } = await platform.ask<{ eraseUser: { id: string } }>(eraseUser, { input }, again.accessToken);
    await platform.kill();
    await platform.start();
    const statusOf = async () => (await platform.ask<{ erasure: { status: string } }>(readErasure, { id: erasure.id })).erasure.status;
    await until(async () => (await statusOf()) === 'done', 60_000);

    const { signIn: reading } = await platform.ask<{ signIn: { accessToken: string } }>(signIn, {
      input: { email: reader.email, password },
    });
    const { story } = await platform.ask<{ story: { content: string; characters: { name: string }[]; author: object } }>(
      readStory,
      { id: ada.story },
      reading.accessToken,
    );
    expect(story.author).toEqual({ profile: { displayName: 'Deleted user' } });
    expect(story.content).toContain(ada.canaries.text);
    expect(story.characters.map(({ name }) => name)).toContain(ada.canaries.character);
    // What readers see stays, in story's own tables and nowhere else.
    const left = await whereabouts(ada);
    expect(wordsIn(left)).toEqual(new Set(['title', 'text', 'character']));
    expect(left.filter((place) => !place.includes('story public.'))).toEqual([]);
  });
});

/** While an erasure runs, a file may go between its name and its bytes: it holds nothing then. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return '';
  }
}
