import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { Replica } from './replicas.js';

// A client as an app should be: it asks again what it may ask again (everything here is a query, has an idempotencyKey, or says what it is
// based on), at another gateway each time, and resumes live updates from the last cursor it was given.

const errors = z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string(), kind: z.string() }) }));
const answer = z.object({ data: z.record(z.string(), z.unknown()).nullish(), errors: errors.optional() });
type Errors = z.infer<typeof errors>;

/** What is not over by then has failed for good. */
const patience = 60_000;
const pause = 50;

const areTemporary = (given: Errors) => given.every(({ extensions }) => extensions.kind === 'UNAVAILABLE');
const codesOf = (given: Errors) => given.map(({ extensions }) => extensions.code).join(' ');

/** `log` hears of every attempt that came to nothing. */
export function wanderingClient(gateways: readonly Replica[], log: (what: string) => void) {
  let turn = 0;
  const next = () => {
    turn += 1;
    return gateways[turn % gateways.length] as Replica;
  };

  /** Data without an error, or why there is none yet. */
  async function attempt(gateway: Replica, query: string, variables: object = {}, token?: string) {
    const port = gateway.port();
    if (port === undefined) return `${gateway.name} is away`;
    let read: z.infer<typeof answer>;
    try {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(15_000),
      });
      read = answer.parse(await response.json());
    } catch (error) {
      if (error instanceof z.ZodError) throw error;
      return `${gateway.name}: ${String((error as Error).cause ?? error)}`;
    }
    if (!read.errors && read.data) return read.data;
    if (!read.errors || !areTemporary(read.errors)) throw new Error(`refused: ${JSON.stringify(read.errors)}`);
    return `${gateway.name}: ${codesOf(read.errors)}`;
  }

  return {
    /** What each gateway says of a token: data, or the codes of its refusal. */
    async askEach(query: string, token: string): Promise<string[]> {
      return Promise.all(
        gateways.map((gateway) =>
          attempt(gateway, query, {}, token).then(
            (outcome) => (typeof outcome === 'object' ? 'answered' : outcome),
            (error: unknown) => String(error),
          ),
        ),
      );
    },
    /** The whole answer, without an error. Each call, and each attempt, goes to the other gateway than the one before. */
    async ask<Data>(query: string, variables: object = {}, token?: string): Promise<Data> {
      for (const end = Date.now() + patience; ; await sleep(pause)) {
        const outcome = await attempt(next(), query, variables, token);
        if (typeof outcome === 'object') return outcome as Data;
        log(outcome);
        if (Date.now() > end) throw new Error(`failed for good: ${outcome}`);
      }
    },

    /** Every gateway answers at the first attempt, as it has to while nobody is away. */
    async askAll(query: string): Promise<void> {
      for (const gateway of gateways) {
        const outcome = await attempt(gateway, query);
        if (typeof outcome === 'string') throw new Error(`although all replicas serve: ${outcome}`);
      }
    },

    /** Follows a live field until `close`; after one to `stay` updates it leaves for the other gateway. */
    follow<Update>(
      query: string,
      { id, after, token, stay }: { id: string; after: string; token: string; stay: () => number },
      cursorOf: (data: Update) => string,
    ) {
      const updates: Update[] = [];
      const problems: unknown[] = [];
      let cursor = after;
      const closing = new AbortController();

      /** One stay at one gateway. Resolves when it is over, for whatever reason. */
      async function visit(port: number): Promise<string | undefined> {
        const { promise, resolve } = Promise.withResolvers<string | undefined>();
        const client = createClient({
          url: `ws://127.0.0.1:${port}/graphql`,
          webSocketImpl: WebSocket,
          connectionParams: { authorization: `Bearer ${token}` },
          retryAttempts: 0,
        });
        closing.signal.addEventListener('abort', () => resolve(undefined), { once: true });
        let left = stay();
        client.subscribe<Update>(
          { query, variables: { id, after: cursor } },
          {
            next({ data, errors: given }) {
              // What is still on its way when we leave is not ours: the next gateway must send it again.
              if (left === 0) return;
              const read = errors.parse(given ?? []);
              if (!areTemporary(read)) problems.push(...read);
              else if (read.length > 0) log(`an update with ${codesOf(read)}`);
              if (!data) return;
              updates.push(data);
              cursor = cursorOf(data);
              left -= 1;
              if (left === 0) resolve(undefined);
            },
            error(error) {
              const read = errors.safeParse(error);
              if (read.success && !areTemporary(read.data)) problems.push(...read.data);
              resolve(read.success ? codesOf(read.data) : `socket: ${String(error instanceof Error ? error.message : error)}`);
            },
            complete: () => resolve('completed'),
          },
        );
        const end = await promise;
        left = 0;
        await client.dispose();
        return end;
      }

      const following = (async () => {
        while (!closing.signal.aborted) {
          const gateway = next();
          const port = gateway.port();
          const end = port === undefined ? 'is away' : await visit(port);
          if (end === undefined) continue;
          log(`live at ${gateway.name}: ${end}`);
          await sleep(pause);
        }
      })();
      return {
        updates,
        problems,
        async close() {
          closing.abort();
          await following;
        },
      };
    },
  };
}
