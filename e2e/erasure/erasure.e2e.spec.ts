import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startOpenIdProvider } from '../../tools/oidc/provider.mjs';
import { RunningPlatform, until } from '../running-platform.js';
import { columnsWithoutCanary, eventFieldsWithoutCanary } from './holds-no-canary.js';
import {
  atProvider,
  goesOn,
  isDealtWith,
  isHeard,
  offering,
  password,
  securesHerself,
  superAdminOn,
  type Writer,
  writerOn,
} from './people.js';
import { canariesOfTheirOwn, columnsWithText, personalEventFields, personalValues, whereabouts } from './whereabouts.js';

jest.setTimeout(120_000);

// A writer leaves, and wants nothing to be left of her. Each of her words has a canary in it, which is looked for in every row of every
// database, in every file that the platform keeps, and in everything that it has printed. Every personal field of an event and every column that may
// hold text must have had one before, or is listed in holds-no-canary.ts: what is new cannot be forgotten here. PostgreSQL's own files are not looked
// into: what a row held stays in dead rows and in its log of writes until it reuses them. In the end a backup from before brings her back, and loses
// her again.

const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const readStory = 'query ($id: ID!) { story(id: $id) { status content characters { name } author { profile { displayName } } } }';
const eraseUser = 'mutation ($input: EraseUserInput!) { eraseUser(input: $input) { id } }';
const readErasure = 'query ($id: ID!) { erasure(id: $id) { status contexts { context status } } }';
const readUser = 'query ($id: ID!) { user(id: $id) { email isActive profile { displayName firstName lastName } } }';

const ops = join(import.meta.dirname, '../../platform/dist/ops/main.js');

describe('erasing a writer', () => {
  let provider: Awaited<ReturnType<typeof startOpenIdProvider>>;
  let platform: RunningPlatform;
  const backups = mkdtempSync(join(tmpdir(), 'storytelling-backup-'));

  beforeAll(async () => {
    provider = await startOpenIdProvider(atProvider);
    platform = await RunningPlatform.start(offering(provider));
  });
  afterAll(async () => {
    await platform.stop();
    await provider.stop();
    rmSync(backups, { recursive: true, force: true });
  });

  const wordsIn = (found: readonly string[]) => new Set(found.map((each) => each.slice(0, each.indexOf(':'))));
  const done = (id: string) =>
    until(
      // Signed in as nobody.
      async () => (await platform.ask<{ erasure: { status: string } }>(readErasure, { id })).erasure.status === 'done',
      60_000,
    );
  function run(...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [ops, ...args], { env: { ...process.env, DATA_DIR: platform.data } }, (error, out, err) =>
        error ? reject(new Error(err)) : resolve(out),
      );
    });
  }

  /** What must have held a canary has, and what is listed for holding none exists and has not. */
  function expectComplete(all: readonly string[], held: ReadonlySet<string>, listed: Readonly<Record<string, string>>) {
    const namesOf = (each: string) => [each, each.slice(0, each.indexOf('.'))];
    const [known, holding] = [new Set(all.flatMap(namesOf)), new Set([...held].flatMap(namesOf))];
    expect({
      withoutCanary: all.filter((each) => !held.has(each) && !namesOf(each).some((name) => name in listed)),
      listedInVain: Object.keys(listed).filter((name) => !known.has(name) || holding.has(name)),
    }).toEqual({ withoutCanary: [], listedInVain: [] });
  }

  it('leaves nothing of her anywhere, and a backup from before her erasure does not bring her back', async () => {
    const boss = await superAdminOn(platform, (email) => run('promote', email, 'super-admin'));
    const other = await writerOn(platform);
    const writer = await writerOn(platform);
    const words = {
      ...writer.canaries,
      ...(await goesOn(platform, writer, other.story)),
      ...(await isHeard(platform, writer)),
      ...(await securesHerself(platform, provider, writer)),
      ...(await isDealtWith(platform, writer, boss)),
    };
    const canaries = { ...words, ...(await canariesOfTheirOwn(platform, writer.id)) };
    const ada: Writer = { ...writer, canaries };
    // They are everywhere, and nowhere in what was printed.
    const before = await whereabouts(platform, ada.canaries);
    expect(wordsIn(before)).toEqual(new Set(Object.keys(ada.canaries)));
    expect(before.filter((place) => place.includes('printed'))).toEqual([]);
    for (const place of ['identity backbone.event_store', 'backbone public.log', 'file mail/', 'file objects/'])
      expect([place, before.some((found) => found.includes(place))]).toEqual([place, true]);
    const holding = before.flatMap((found) => /: (\w+) public\.(\w+\.\w+)$/.exec(found)?.slice(1).join(' ') ?? []);
    const columns = await columnsWithText(platform);
    expectComplete(columns, new Set(holding.filter((column) => !column.startsWith('backbone '))), columnsWithoutCanary);
    const told = (await personalValues(platform, ada.id)).filter(({ value }) =>
      Object.values(canaries).some((word) => value.toLowerCase().includes(word.toLowerCase())),
    );
    expectComplete(personalEventFields, new Set(told.map(({ field }) => field)), eventFieldsWithoutCanary);
    const others = await whereabouts(platform, other.canaries);
    const backup = join(backups, 'before');
    await run('backup', backup);

    // Her account is closed: staff erase it.
    const wish = { userId: ada.id, stories: 'REMOVE', password, reason: 'By letter.', secondFactorCode: boss.recoveryCodes.pop() };
    const { eraseUser: erasure } = await platform.ask<{ eraseUser: { id: string } }>(eraseUser, { input: wish }, boss.token);
    await done(erasure.id);
    expect(await whereabouts(platform, ada.canaries)).toEqual([]);
    // Nor what has no canary in it.
    expect(await personalValues(platform, ada.id)).toEqual([]);
    expect(await whereabouts(platform, other.canaries)).toEqual(others);
    expect(await platform.ask(readUser, { id: ada.id }, other.token)).toEqual({
      user: { email: null, isActive: false, profile: { displayName: 'Deleted user', firstName: null, lastName: null } },
    });
    expect((await platform.post(readStory, { id: ada.story }, other.token)).data).toEqual({ story: null });

    await platform.kill();
    await run('restore', backup, '--force');
    await platform.start();
    await until(async () => (await whereabouts(platform, ada.canaries)).length === 0, 60_000);
    const { errors } = await platform.post(signIn, { input: { email: ada.email, password } });
    expect(errors?.[0]?.extensions.code).toBe('SIGN_IN_FAILED');
    expect((await platform.ask<{ signIn: object }>(signIn, { input: { email: other.email, password } })).signIn).not.toBeNull();
  });

  it('leaves readers what she had published when she wants it so, by nobody', async () => {
    const [ada, reader] = [await writerOn(platform), await writerOn(platform)];
    const later = { ...(await goesOn(platform, ada, reader.story)), ...(await isHeard(platform, ada)) };
    await platform.kill();
    await platform.start();
    const { signIn: again } = await platform.ask<{ signIn: { accessToken: string } }>(signIn, { input: { email: ada.email, password } });
    // Killed just after the answer: what has begun is finished after the next start.
    const input = { userId: ada.id, stories: 'KEEP_AS_DELETED_AUTHOR', password };
    const { eraseUser: erasure } = await platform.ask<{ eraseUser: { id: string } }>(eraseUser, { input }, again.accessToken);
    await platform.kill();
    await platform.start();
    await done(erasure.id);

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
    // What readers see and hear stays, where it is seen and heard and nowhere else; what was spoken in her own voice does not.
    const left = await whereabouts(platform, { ...ada.canaries, ...later });
    expect(wordsIn(left)).toEqual(new Set(['title', 'text', 'character', 'told', 'hero']));
    const places = [': story public.', ': narration public.narration_', ': file objects/narration/narrations/'];
    expect(left.filter((found) => !places.some((place) => found.includes(place)))).toEqual([]);
  });
});
