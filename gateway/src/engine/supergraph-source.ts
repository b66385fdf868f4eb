import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { request } from 'undici';

/** Where the supergraph comes from: a file, or a URL that answers with its text. */
export type SupergraphSource = { readonly file: string | URL } | { readonly url: string };

const fileEvery = 1_000;
const urlEvery = 10_000;
const deadline = 5_000;
const largest = 16 * 1024 * 1024;

export async function readSupergraph(source: SupergraphSource): Promise<string> {
  if ('file' in source) return readFile(source.file, 'utf8');
  const { statusCode, body } = await request(source.url, { signal: AbortSignal.timeout(deadline) });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${source.url} answered ${statusCode}`);
  if (text.length > largest) throw new Error(`${source.url} answered with more than ${largest} characters`);
  return text;
}

/** Hands over the supergraph whenever it is another one than before, until it is stopped. What is refused is told once. */
export function watchSupergraph(
  source: SupergraphSource,
  first: string,
  take: (supergraph: string) => Promise<void>,
  log: Logger,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let known = first;
  let told: string | undefined;
  const tell = (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== told) log.error({ reason }, 'The supergraph is not taken; the one before goes on serving.');
    told = reason;
  };
  const done = (async () => {
    while (!stopping.signal.aborted) {
      await sleep('file' in source ? fileEvery : urlEvery, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        const supergraph = await readSupergraph(source);
        if (supergraph === known) continue;
        // Once: what is wrong stays wrong until it is another one.
        known = supergraph;
        await take(supergraph);
        told = undefined;
        log.info('another supergraph is served');
      } catch (error) {
        tell(error);
      }
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
