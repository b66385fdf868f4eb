// The platform as a user runs it, asked over HTTP, and what its process takes: CPU and memory from /proc, so on Linux only.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../platform/dist/main.js', import.meta.url));
/** Of the clock in /proc. */
const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export async function startPlatform() {
  const folder = mkdtempSync(join(tmpdir(), 'storytelling-bench-'));
  chmodSync(folder, 0o755); // started by root, PostgreSQL runs as somebody else
  const environment = { ...process.env, PORT: '0', DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, [entry], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const url = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('The platform has ended; see its message above.')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, at] = /^ready (\S+)$/.exec(line) ?? [];
      if (at) resolve(at.replace('localhost', '127.0.0.1'));
    });
  });

  async function ask(query, variables = {}, token = undefined) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  const email = `${randomUUID()}@example.org`;
  const password = 'a fox in the cellar';
  await ask('mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }', {
    input: { email, password, displayName: 'Ada' },
  });

  async function signIn() {
    const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken expiresAt } }';
    const session = (await ask(query, { input: { email, password } })).signIn;
    return { token: session.accessToken, until: Date.parse(session.expiresAt) };
  }
  let signedIn = await signIn();

  return {
    ask,
    /** Good for the next minute. Signing in costs as much CPU as some seconds of speech. */
    async token() {
      if (signedIn.until < Date.now() + 60_000) signedIn = await signIn();
      return signedIn.token;
    },
    /** Seconds of CPU that the one process of the platform has taken, of all its threads, and that PostgreSQL's have. */
    cpu: () => ({ node: cpuOf(child.pid), postgres: descendants(child.pid).reduce((sum, pid) => sum + cpuOf(pid), 0) }),
    megabytes: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Of a process, and of its children that have ended. */
function cpuOf(pid) {
  try {
    const [user, system, usersOfEnded, systemOfEnded] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .slice(11);
    return (
      [user, system, ...(isPostmaster(pid) ? [usersOfEnded, systemOfEnded] : [])].reduce((sum, value) => sum + Number(value), 0) / ticks
    );
  } catch {
    return 0; // it has ended
  }
}

/** Whose children come and go. */
const isPostmaster = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('-D');

function descendants(pid) {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const of = (parent) => table.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child, ...of(child)]);
  return of(pid);
}

/** A story of this text, analyzed. */
export async function analyzed(platform, content) {
  const token = await platform.token();
  const create = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id } }';
  const { createStory: story } = await platform.ask(create, { input: { title: 'A story', content, language: 'en' } }, token);
  await platform.ask('mutation ($id: ID!) { analyzeStory(input: { id: $id }) { id } }', { id: story.id }, token);
  for (;;) {
    const read = await platform.ask('query ($id: ID!) { story(id: $id) { status } }', { id: story.id }, token);
    if (read.story.status === 'ANALYZED') return story.id;
    await sleep(200);
  }
}

/** Asks for a narration by the first voice. */
export async function asked(platform, storyId, token) {
  const { readyMadeVoices } = await platform.ask('{ readyMadeVoices(provider: "local") { id } }');
  const generate = 'mutation ($input: GenerateNarrationInput!) { generateNarration(input: $input) { id } }';
  const { generateNarration } = await platform.ask(generate, { input: { storyId, voiceId: readyMadeVoices[0].id } }, token);
  return generateNarration.id;
}

/** Resolves to how many seconds the whole plays, when it is complete. `meanwhile` is called each time before it is looked at again. */
export async function complete(platform, id, { every = 200, meanwhile = () => undefined } = {}) {
  for (;;) {
    const token = await platform.token();
    const { narration } = await platform.ask('query ($id: ID!) { narration(id: $id) { status durationSeconds } }', { id }, token);
    if (narration.status === 'COMPLETED') return narration.durationSeconds;
    if (narration.status === 'FAILED') throw new Error('The narration failed.');
    meanwhile();
    await sleep(every);
  }
}
