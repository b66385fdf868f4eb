import { setTimeout as sleep } from 'node:timers/promises';
import { currentOperation, runOperation } from '@storytelling/shared/infrastructure/operation';
import type { SpeechProviders } from '../application/casting.js';
import type { ReadyMadeVoices } from '../domain/ready-made-voices.js';
import type { PreviewsOf } from './voice-queries.js';

const usual = {
  /** Ten local ones take half of it; of a provider that is slower some come with a later question. */
  patience: 3_000,
  lookEvery: 100,
  /** One that could not be made is waited for once in so long, whoever asks. */
  againAfter: 30_000,
};

/**
 * A ready-made voice says its line when somebody first wants to hear it: most never are, and at the start of a service everybody would wait for all
 * of them. Whoever asks meanwhile waits for the same ones.
 */
export function wantedPreviews({
  readyMade,
  providers,
  times = usual,
}: {
  readyMade: Pick<ReadyMadeVoices, 'wantPreviews' | 'previewKeys'>;
  providers: Pick<SpeechProviders, 'has'>;
  times?: typeof usual;
}): { readonly of: PreviewsOf; stop(): void } {
  const stopping = new AbortController();
  const wanted = new Map<string, Promise<string | null>>();

  async function made(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    // For everybody, so it is nobody's in particular.
    const operation = { correlationId: currentOperation().correlationId, actor: 'service:narration' };
    await runOperation(operation, () => readyMade.wantPreviews(ids));
    const end = performance.now() + times.patience;
    for (;;) {
      const keys = await readyMade.previewKeys(ids);
      if (keys.size === ids.length || performance.now() >= end || stopping.signal.aborted) return keys;
      await sleep(times.lookEvery, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  function want(ids: readonly string[]): void {
    const making = made(ids);
    for (const id of ids)
      wanted.set(
        id,
        making.then((keys) => keys.get(id) ?? null),
      );
    const forget = () => {
      for (const id of ids) wanted.delete(id);
    };
    making.then(() => setTimeout(forget, times.againAfter).unref(), forget);
  }

  return {
    async of(voices) {
      // Of a provider whose key was taken away nothing can be made.
      const isNew = ({ id, provider }: (typeof voices)[number]) => !wanted.has(id) && providers.has(provider);
      const unheard = stopping.signal.aborted ? [] : voices.filter(isNew).map(({ id }) => id);
      if (unheard.length > 0) want(unheard);
      return Promise.all(voices.map(({ id }) => wanted.get(id) ?? Promise.resolve(null)));
    },
    stop: () => stopping.abort(),
  };
}
