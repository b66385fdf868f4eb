import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const entry = join(import.meta.dirname, '..', 'platform', 'dist', 'main.js');

export interface ApiError {
  readonly message: string;
  readonly path?: (string | number)[];
  readonly extensions: { code: string; kind: string; field?: string; params?: Record<string, unknown>; correlationId?: string };
}
export interface Answer<Data> {
  readonly status: number;
  readonly data?: Data | null;
  readonly errors?: readonly ApiError[];
}

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly at: string;
}

/** The built platform as a user runs it: a process of its own, a data folder of its own, seen through its port only. */
export class RunningPlatform {
  private process: ChildProcess | undefined;
  private port = 0;
  private readonly dataFolder = mkdtempSync(join(tmpdir(), 'storytelling-e2e-'));
  private output = '';

  /** `prepare` may put something into the data folder before the first start. */
  static async start(
    environment: Record<string, string> = {},
    prepare: (data: string) => Promise<void> = async () => undefined,
  ): Promise<RunningPlatform> {
    const platform = new RunningPlatform(environment);
    await prepare(platform.data);
    await platform.start();
    return platform;
  }

  private constructor(private readonly environment: Record<string, string>) {
    chmodSync(this.dataFolder, 0o755); // started by root, PostgreSQL runs as somebody else
  }

  /** DATA_DIR. */
  get data(): string {
    return join(this.dataFolder, 'data');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/graphql`;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** Everything it has printed so far, logs included. */
  get printed(): string {
    return this.output;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [entry], {
      // After the first start the same port, as a client expects it.
      env: { ...process.env, LOG_LEVEL: 'info', ...this.environment, PORT: String(this.port), DATA_DIR: this.data },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    const ready = new Promise<number>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The platform ended with ${code}:\n${this.output}`)));
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          this.output += `${line}\n`;
          const [, port] = /^ready http:\/\/\S+:(\d+)\/graphql$/.exec(line) ?? [];
          if (port) resolve(Number(port));
        });
      }
    });
    this.port = await ready;
  }

  /** kill -9 of the platform and of its PostgreSQL: everything at once, as when the power fails. */
  async kill(): Promise<void> {
    const { process: child } = this;
    if (!child?.pid) return;
    const exited = once(child, 'exit');
    const postgres = descendants(child.pid);
    child.kill('SIGKILL');
    for (const pid of postgres) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it went with its parent
      }
    }
    await exited;
  }

  async stop(): Promise<void> {
    const { process: child } = this;
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    rmSync(this.dataFolder, { recursive: true, force: true });
  }

  async post<Data>(query: string, variables: object = {}, token?: string): Promise<Answer<Data>> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as object) };
  }

  /** An answer without an error; a test that expects one looks at `post`. */
  async ask<Data>(query: string, variables: object = {}, token?: string): Promise<Data> {
    const { data, errors } = await this.post<Data>(query, variables, token);
    if (errors || !data) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** What the platform has mailed to an address, newest first, as its inbox tells. */
  async mailsTo(address: string): Promise<readonly Mail[]> {
    const inbox = new URL(`/inbox?to=${encodeURIComponent(address)}`, this.url);
    return (await (await fetch(inbox, { headers: { accept: 'application/json' } })).json()) as Mail[];
  }

  /** The token of the newest mail to an address whose subject has these words, as its reader copies it. */
  async tokenMailedTo(address: string, words: string): Promise<string> {
    let token: string | undefined;
    await until(async () => {
      const mail = (await this.mailsTo(address)).find(({ subject }) => subject.includes(words));
      token = /^[\w-]{43}$/m.exec(mail?.text ?? '')?.[0];
      return token !== undefined;
    });
    return token ?? '';
  }

  /** Resolves when a mail with these words in its subject is there. */
  mailed(address: string, words: string): Promise<void> {
    return until(async () => (await this.mailsTo(address)).some(({ subject }) => subject.includes(words)));
  }

  /** Verifies the address of somebody who has registered. */
  async verifyEmail(address: string): Promise<void> {
    const token = await this.tokenMailedTo(address, 'Confirm');
    await this.ask('mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { id } }', { input: { token } });
  }

  /** A client as a phone has it: comes back after a lost connection, and resumes from the last cursor. */
  follow<Update>(query: string, { id, token }: { id: string; token: string }, cursorOf: (data: Update) => string, after: string) {
    const client = createClient({
      url: this.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: Number.POSITIVE_INFINITY,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
      shouldRetry: () => true,
    });
    const updates: Update[] = [];
    const problems: unknown[] = [];
    let last = after;
    const variables = {
      id,
      get after() {
        return last;
      },
    };
    client.subscribe<Update>(
      { query, variables },
      {
        next({ data, errors }) {
          if (errors) problems.push(...errors);
          if (!data) return;
          updates.push(data);
          last = cursorOf(data);
        },
        error: (error) => problems.push(error),
        complete: () => undefined,
      },
    );
    return { updates, problems, close: async () => void (await client.dispose()) };
  }
}

function descendants(pid: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const of = (parent: number): number[] => table.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child, ...of(child)]);
  return of(pid);
}

/** Waits for something that the platform does by itself; the limit only bounds a failing test. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
