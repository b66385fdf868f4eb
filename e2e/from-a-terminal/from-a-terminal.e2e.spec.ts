import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../tools/kafka/broker.mjs';
import { cuesIn, heard } from '../a-story-is-heard/sound.js';
import { RunningPlatform } from '../running-platform.js';

// `npm run story -- FILE`, as a person runs it: with the platform that runs, else with one of its own.

const main = join(import.meta.dirname, '../../platform/dist/story-cli/main.js');
const text = `Lena ran down to the harbour. She was afraid.

"Stop!" cried Mr. Abel.

"Never," said Lena.

Mr. Abel shook his head, and Lena laughed.
`;

describe('npm run story', () => {
  let platform: RunningPlatform;
  let file: string;
  beforeAll(async () => {
    platform = await RunningPlatform.start();
    file = join(platform.data, 'a-short-walk.txt');
    writeFileSync(file, text);
    writeFileSync(join(platform.data, 'a-short-walk.vtt'), 'mine');
  });
  afterAll(() => platform.stop());

  const run = (args: readonly string[], environment: Record<string, string>) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = { ...process.env, INIT_CWD: platform.data, DATA_DIR: platform.data, ...environment };
      execFile(process.execPath, [main, ...args], { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out: out.toString(), err: err.toString() }),
      );
    });
  const itsPort = () => new URL(platform.url).port;
  const findings = [
    new RegExp(`^Created “a short walk”, ${text.length} characters: story \\S+\\.$`, 'm'),
    /^Characters \(2\)\n {2}Lena · protagonist\n {2}Mr\. Abel · supporting$/m,
    /^ {2}fear +▮+▯+ {2}\[0\] She was afraid\.$/m,
    /^ +\d {2}Mr\. Abel +\w+ +"Stop!"$/m,
    /^ +\d {2}Lena +\w+ +"Never,"$/m,
  ];

  it('registers a writer and shows what was found in the text, on the platform that runs', async () => {
    const { code, out, err } = await run(['a-short-walk.txt'], { PORT: itsPort() });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const line of findings) expect(out).toMatch(line);
    expect(out).not.toContain('No platform is running');
  });

  it('reads the text aloud, in voices of their own, and leaves audio and captions beside it, and what was there before', async () => {
    const { out } = await run(['a-short-walk.txt'], { PORT: itsPort() });
    // The first run has left the second pair.
    const [mp3, vtt] = ['mp3', 'vtt'].map((ending) => join(platform.data, `a-short-walk-3.${ending}`)) as [string, string];
    expect(out).toMatch(/^Clara reads; Alan is Lena, Rufus is Mr\. Abel\.$/m);
    expect(out).toContain(`Hear it: ${mp3} (`);
    expect(out).toContain(`with captions: ${vtt}\n`);
    expect(
      readdirSync(platform.data)
        .filter((name) => name.startsWith('a-short-walk'))
        .sort(),
    ).toEqual([
      ...['a-short-walk-2.mp3', 'a-short-walk-2.vtt', 'a-short-walk-3.mp3', 'a-short-walk-3.vtt'],
      ...['a-short-walk.txt', 'a-short-walk.vtt'],
    ]);
    expect(readFileSync(join(platform.data, 'a-short-walk.vtt'), 'utf8')).toBe('mine');
    const cues = cuesIn(readFileSync(vtt, 'utf8'));
    expect(cues.flatMap(({ voice }) => voice ?? [])).toEqual(['Mr. Abel', 'Lena']);
    const { seconds } = await heard(readFileSync(mp3));
    expect(Math.abs(seconds - (cues.at(-1)?.until ?? 0) - 1)).toBeLessThan(0.5);
  });

  it.each([
    [[], 'Which text? npm run story -- FILE, for example npm run story -- my-story.txt\n'],
    [['nowhere.txt'], 'nowhere.txt cannot be read (ENOENT).\n'],
  ])('given %j, says in one sentence what is missing', async (args, sentence) => {
    expect(await run(args, { PORT: itsPort() })).toEqual({ code: 1, out: '', err: sentence });
  });

  it('says how to reach a platform that runs at another port', async () => {
    const { code, err } = await run([file], { PORT: String(await freePort()) });
    expect(code).toBe(1);
    expect(err).toBe(
      `The data folder ${platform.data} is in use by a running platform (process ${platform.pid}): stop that one, or set DATA_DIR to another folder.
The platform could not be started; if it runs at another port, name it: PORT=4300 npm run story -- FILE.\n`,
    );
  });

  it('starts a platform where none runs, and stops it again', async () => {
    const port = itsPort();
    await platform.kill();
    const { code, out } = await run([file], { PORT: port });
    expect(code).toBe(0);
    expect(out).toContain('No platform is running here: starting one …');
    for (const line of findings) expect(out).toMatch(line);
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
    // Whoever comes next finds the data folder free.
    await platform.start();
  });
});
