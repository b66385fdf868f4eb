import { type Dispatcher, Pool } from 'undici';
import type { SubgraphAnswer } from './batches.js';

/** In milliseconds, for a whole answer. */
export const deadline = 5_000;
export const answerLimit = 16 * 1024 * 1024;
/** Of all answers of one subgraph that are on their way. */
const answersLimit = 64 * 1024 * 1024;

export interface Reply {
  readonly status: number;
  readonly answer: SubgraphAnswer;
}

/** Requests to one subgraph. Each rejects when nothing came back that can be used. */
export interface SubgraphHttp {
  /** What changes something is sent once: it may have happened before its answer was lost. */
  once(body: string, headers: Record<string, string>): Promise<Reply>;
  /** What only reads is sent again when it was lost, and not at all while an equal one is on its way for the same `reader`: others may see other things. */
  shared(reader: string, body: string, headers: Record<string, string>): Promise<Reply>;
  close(): Promise<void>;
}

/** What came back, read; or why it is of no use. */
type Outcome = Reply | Error;
type Read = (status: number, text: string) => Outcome;

interface Waiting {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** By a pool of undici's; @apollo/gateway's own HTTP client takes 58 % of its CPU. */
export function subgraphHttp(url: URL): SubgraphHttp {
  const pool = new Pool(url.origin, { connections: 64, connect: { timeout: 2_000 }, headersTimeout: deadline, bodyTimeout: deadline });
  const arriving = { bytes: 0 };
  /** Queries on their way, and whoever waits for the answer to an equal one. */
  const underway = new Map<string, Waiting[]>();

  const post = (body: string, headers: Record<string, string>, read: Read) =>
    exchange(pool, arriving, { path: url.pathname, method: 'POST', headers, body }, read);

  async function share(key: string, body: string, headers: Record<string, string>): Promise<Outcome> {
    const known = underway.get(key);
    if (known) return new Promise((resolve, reject) => known.push({ resolve, reject }));
    const others: Waiting[] = [];
    underway.set(key, others);
    // Each goes on to change what it reads, so each reads for itself.
    const readForAll: Read = (status, text) => {
      underway.delete(key);
      for (const { resolve } of others) resolve(readAnswer(status, text));
      return readAnswer(status, text);
    };
    try {
      return await post(body, headers, readForAll).catch((error: unknown) => {
        // What took too long or was too large would make the client wait twice.
        if (isTooMuch(error)) throw error;
        return post(body, headers, readForAll);
      });
    } catch (error) {
      underway.delete(key);
      for (const { reject } of others) reject(error);
      throw error;
    }
  }

  return {
    once: async (body, headers) => usable(await post(body, headers, readAnswer)),
    shared: async (reader, body, headers) => usable(await share(`${reader} ${body}`, body, headers)),
    close: () => pool.destroy(),
  };
}

function usable(outcome: Outcome): Reply {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

/**
 * Whatever makes a subgraph refuse a whole planned operation (another schema than the supergraph says, another key than ours) is not the client's fault and
 * none of its business.
 */
function readAnswer(status: number, text: string): Outcome {
  try {
    const answer: unknown = JSON.parse(text);
    if (isAnswer(answer) && (answer.data !== undefined || status === 200)) return { status, answer };
  } catch {
    // Told below.
  }
  return new Error(`answered ${status}: ${text.slice(0, 300)}`);
}

/**
 * One request, and what was read from its whole answer: at once, since a text that somebody waited for would be kept for longer than it is of use. By
 * undici's dispatch and not by its request(): streams and signals for each of a page's fetches cost a quarter of the gateway's CPU.
 */
function exchange(pool: Pool, arriving: { bytes: number }, options: Dispatcher.DispatchOptions, read: Read): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let late: DOMException | undefined;
    let sent: Dispatcher.DispatchController | undefined;
    // undici's own limits are for the head and between two chunks; this one is for all of it, and for the wait for a connection.
    const timer = setTimeout(() => {
      late = new DOMException('the answer took too long', 'TimeoutError');
      if (sent) sent.abort(late);
      else reject(late);
    }, deadline);
    const over = () => {
      clearTimeout(timer);
      arriving.bytes -= size;
    };
    pool.dispatch(options, {
      onRequestStart(controller) {
        if (late) controller.abort(late);
        sent = controller;
      },
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseData(controller, chunk) {
        size += chunk.length;
        arriving.bytes += chunk.length;
        if (size > answerLimit) controller.abort(new DOMException(`an answer of more than ${answerLimit} bytes`, 'QuotaExceededError'));
        else if (arriving.bytes > answersLimit)
          controller.abort(new DOMException(`answers of more than ${answersLimit} bytes at once`, 'QuotaExceededError'));
        else chunks.push(chunk);
      },
      onResponseEnd() {
        over();
        resolve(read(status, (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString('utf8')));
        chunks.length = 0;
      },
      onResponseError(_controller, error) {
        over();
        reject(error);
      },
    });
  });
}

function isTooMuch(error: unknown): boolean {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  return name === 'TimeoutError' || name === 'QuotaExceededError' || /^UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT$/.test(String(code));
}

function isAnswer(value: unknown): value is SubgraphAnswer {
  if (typeof value !== 'object' || value === null) return false;
  const { data, errors } = value as { data?: unknown; errors?: unknown };
  return (
    (data !== undefined || errors !== undefined) &&
    (data == null || typeof data === 'object') &&
    (errors === undefined || Array.isArray(errors))
  );
}
