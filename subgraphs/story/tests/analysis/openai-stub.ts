// A server that speaks the part of OpenAI's API that we use, for the real SDK to talk to.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubCall {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: StubBody;
}

interface StubBody {
  model: string;
  messages: { role: string; content: string }[];
  response_format: { type: string; json_schema: { name: string; strict: boolean; schema: Record<string, unknown> } };
  max_completion_tokens: number;
  reasoning_effort?: string;
}

/** What the user message of a request holds. */
export interface StubQuestion {
  title: string;
  language: string;
  knownCharacters: { name: string; aliases: string[] }[];
  before: string[];
  pieces: { piece: number; text: string }[];
}

export type Reply = (call: StubCall, response: ServerResponse) => void;

export interface Stub {
  url: string;
  calls: StubCall[];
  /** Replies in turn; the last one repeats. */
  reply(...replies: Reply[]): void;
  close(): Promise<void>;
}

export async function startStub(): Promise<Stub> {
  const calls: StubCall[] = [];
  let replies: Reply[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call: StubCall = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: JSON.parse(Buffer.concat(chunks).toString()),
      };
      calls.push(call);
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      reply?.(call, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    reply: (...next) => {
      replies = next;
      calls.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const question = (call: StubCall | undefined): StubQuestion => JSON.parse(call?.body.messages[1]?.content ?? '{}');

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_42', ...headers }).end(JSON.stringify(body));
}

export const failing = (status: number, code: string | null, headers: Record<string, string> = {}): Reply =>
  json(status, { error: { message: 'Incorrect API key provided: sk-secret. It rained.', type: 'error', param: null, code } }, headers);

export function completion(content: unknown, choice: Record<string, unknown> = {}, usage: Record<string, unknown> = {}): Reply {
  return (call, response) => {
    const said = typeof content === 'function' ? content(question(call)) : content;
    json(200, {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_790_000_000,
      model: call.body.model,
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          logprobs: null,
          message: { role: 'assistant', refusal: null, content: typeof said === 'string' ? said : JSON.stringify(said) },
          ...choice,
        },
      ],
      usage: { prompt_tokens: 1_000, completion_tokens: 200, total_tokens: 1_200, prompt_tokens_details: { cached_tokens: 400 }, ...usage },
    })(call, response);
  };
}
