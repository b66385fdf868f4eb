// A server that speaks the part of ElevenLabs' API that we use, for the real SDK to talk to. It keeps voices and a history as the real one does; `reply` puts
// other answers first.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeWav } from '../../src/infrastructure/audio/wav.js';
import { babble, sound } from '../audio/sounds.js';

export interface StubCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Byte by byte (latin1), because it may be a form with files; `jsonOf` reads JSON. */
  readonly body: string;
}

export type Reply = (call: StubCall, response: ServerResponse) => void;

interface Voice {
  voice_id: string;
  name: string;
  category: string;
  labels: Record<string, string>;
  description: string | null;
  preview_url: string | null;
}

interface Spoken {
  history_item_id: string;
  voice_id: string;
  model_id: string;
  text: string;
  date_unix: number;
  settings: unknown;
}

export interface Stub {
  readonly url: string;
  readonly calls: StubCall[];
  readonly voices: Voice[];
  readonly history: Spoken[];
  /** Replies to the next calls in turn; `undefined` lets one through. */
  reply(...replies: (Reply | undefined)[]): void;
  reset(): void;
  close(): Promise<void>;
}

const READY_MADE: Omit<Voice, 'preview_url'>[] = [
  {
    voice_id: 'JBFq',
    name: 'George',
    category: 'premade',
    labels: { language: 'en', accent: 'British' },
    description: 'a warm storyteller',
  },
  { voice_id: 'XB0f', name: 'Charlotte', category: 'premade', labels: { language: 'sv', gender: 'female' }, description: null },
  { voice_id: 'c10n', name: 'storytelling voice-of-another', category: 'cloned', labels: {}, description: 'request of-another' },
];

export async function startStub(): Promise<Stub> {
  const calls: StubCall[] = [];
  const voices: Voice[] = [];
  const history: Spoken[] = [];
  let replies: (Reply | undefined)[] = [];
  let number = 0;

  const speech = (text: string) => sound(babble(180, Math.max(0.5, text.length / 15), 24_000), 24_000).samples;
  const routes: [method: string, path: RegExp, answer: (call: StubCall, response: ServerResponse, id: string) => void][] = [
    [
      'POST',
      /^\/v1\/text-to-speech\/([^/]+)$/u,
      ({ body }, response, id) => {
        const { text, model_id, voice_settings } = jsonOf(body);
        if (!voices.some(({ voice_id }) => voice_id === id)) return refused(404, 'voice_not_found')(calls[0] as StubCall, response);
        number += 1;
        const date_unix = Math.floor(Date.now() / 1_000);
        history.unshift({ history_item_id: `item-${number}`, voice_id: id, model_id, text, date_unix, settings: voice_settings });
        response.writeHead(200, { 'content-type': 'audio/pcm', 'request-id': `req-${number}` }).end(Buffer.from(speech(text).buffer));
      },
    ],
    [
      'GET',
      /^\/v2\/voices$/u,
      ({ query }, response) => {
        const found = voices.filter(
          ({ name, category }) => name.includes(query.get('search') ?? '') && [null, category].includes(query.get('category')),
        );
        const from = Number(query.get('next_page_token') ?? 0);
        const page = found.slice(from, from + 2);
        const more = from + 2 < found.length;
        json(response, { voices: page, has_more: more, total_count: found.length, next_page_token: more ? String(from + 2) : null });
      },
    ],
    [
      'POST',
      /^\/v1\/voices\/add$/u,
      ({ body }, response) => {
        number += 1;
        const field = (name: string) => new RegExp(`name="${name}"\\r\\n\\r\\n([^\\r]*)`, 'u').exec(body)?.[1] ?? '';
        voices.push({
          ...{ voice_id: `clone${number}`, category: 'cloned', labels: {}, preview_url: null },
          ...{ name: field('name'), description: field('description') },
        });
        json(response, { voice_id: `clone${number}`, requires_verification: false });
      },
    ],
    [
      'DELETE',
      /^\/v1\/voices\/([^/]+)$/u,
      (call, response, id) => {
        const index = voices.findIndex(({ voice_id }) => voice_id === id);
        if (index < 0) return refused(400, 'voice_does_not_exist')(call, response);
        voices.splice(index, 1);
        json(response, { status: 'ok' });
      },
    ],
    [
      'GET',
      /^\/v1\/history$/u,
      ({ query }, response) => {
        const found = history.filter(
          ({ voice_id, model_id, date_unix }) =>
            voice_id === query.get('voice_id') && model_id === query.get('model_id') && date_unix >= Number(query.get('date_after_unix')),
        );
        const items = found.map((item) => ({
          ...item,
          character_count_change_from: 0,
          character_count_change_to: 10,
          content_type: 'audio/mpeg',
        }));
        json(response, { history: items, last_history_item_id: items.at(-1)?.history_item_id ?? null, has_more: false });
      },
    ],
    [
      'POST',
      /^\/v1\/history\/download$/u,
      ({ body }, response) => {
        const [id] = jsonOf(body).history_item_ids;
        const text = history.find(({ history_item_id }) => history_item_id === id)?.text ?? '';
        const samples = Float32Array.from(speech(text), (value) => value / 32_768);
        response.writeHead(200, { 'content-type': 'audio/wav' }).end(writeWav({ samples, sampleRate: 24_000 }));
      },
    ],
    [
      'GET',
      /^\/preview\/(\w+)$/u,
      (_, response, id) => void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(`preview of ${id}`),
    ],
  ];

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
      const call: StubCall = {
        ...{ method: request.method ?? '', path: pathname, query: searchParams, headers: request.headers },
        body: Buffer.concat(chunks).toString('latin1'),
      };
      calls.push(call);
      const reply = replies.shift();
      if (reply) return reply(call, response);
      for (const [method, path, answer] of routes) {
        const [found, id = ''] = path.exec(pathname) ?? [];
        if (found !== undefined && method === request.method) return answer(call, response, id);
      }
      refused(404, 'not_found')(call, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const reset = () => {
    calls.length = 0;
    replies = [];
    history.length = 0;
    voices.splice(0, voices.length, ...READY_MADE.map((voice) => ({ ...voice, preview_url: `${url}/preview/${voice.voice_id}` })));
  };
  reset();
  return {
    ...{ url, calls, voices, history, reset },
    reply: (...next) => {
      calls.length = 0;
      replies = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function json(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req-42', ...headers }).end(JSON.stringify(body));
}

export const jsonOf = (body: string | undefined) => JSON.parse(Buffer.from(body ?? '', 'latin1').toString());

/** As it answers; the message may quote what was sent. */
export const refused =
  (status: number, reason: string, headers: Record<string, string> = {}): Reply =>
  (_, response) =>
    json(response, { detail: { status: reason, message: 'sk-secret may not say: It rained.' } }, status, headers);

export const answered =
  (body: unknown, status = 200): Reply =>
  (_, response) =>
    json(response, body, status);

export const cut: Reply = (_, response) => void response.socket?.destroy();

/** Begins to answer, and never ends. */
export const trickling: Reply = (_, response) => void response.writeHead(200, { 'content-type': 'audio/pcm' }).write(Buffer.alloc(100));
