import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { TypedDocumentString } from '../generated/graphql/graphql.js';
import { refreshSession } from './operations.js';

/** What the API refused: its stable code, and the sentence for people. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const codeOf = (code: unknown) => (typeof code === 'string' ? code : 'UNKNOWN');

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAt: string;
}

/** A token is renewed this long before it ends, so that it does not end on its way. */
const renewBefore = 30_000;

/** A client of the API on generated types: requests by fetch, live updates by graphql-ws. An example to copy. */
export function apiClient(url: string) {
  let session: Session | undefined;

  async function post<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    accessToken?: string,
  ): Promise<Result> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(accessToken && { authorization: `Bearer ${accessToken}` }) },
      body: JSON.stringify({ query: document.toString(), variables }),
      signal: AbortSignal.timeout(30_000),
    });
    const { data, errors } = (await response.json()) as { data?: Result; errors?: { message: string; extensions?: { code?: unknown } }[] };
    const [error] = errors ?? [];
    if (error || !data) throw new ApiError(codeOf(error?.extensions?.code), error?.message ?? `The API answered ${response.status}.`);
    return data;
  }

  /** A token that is still good. Asking twice at once is harmless: the API answers a repeated refresh with the same successor. */
  async function accessToken(): Promise<string | undefined> {
    if (session && Date.parse(session.expiresAt) - Date.now() < renewBefore) {
      const { refreshToken } = session;
      session = (await post(refreshSession, { input: { refreshToken } })).refreshSession;
    }
    return session?.accessToken;
  }

  const sockets = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ authorization: `Bearer ${await accessToken()}` }),
    // A lost network, a restarted gateway, an expired token: come back, and go on from the last cursor.
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
  });

  return {
    signedIn(as: Session) {
      session = as;
    },

    async request<Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables): Promise<Result> {
      return post(document, variables, await accessToken());
    },

    /**
     * Live updates that survive a lost connection without losing or repeating one: graphql-ws sends the same payload object again when it
     * reconnects, and the getter makes it say where we are by then.
     */
    async *follow<Result, Variables extends { after?: string | null }>(
      document: TypedDocumentString<Result, Variables>,
      variables: Variables,
      cursorOf: (result: Result) => string,
    ): AsyncGenerator<Result> {
      let after = variables.after;
      const payload = {
        query: document.toString(),
        variables: {
          ...variables,
          get after() {
            return after;
          },
        },
      };
      for await (const { data, errors } of sockets.iterate<Result>(payload)) {
        const [error] = errors ?? [];
        if (error || !data) throw new ApiError(codeOf(error?.extensions?.code), error?.message ?? 'An update without data.');
        after = cursorOf(data);
        yield data;
      }
    },

    async close(): Promise<void> {
      await sockets.dispose();
    },
  };
}
