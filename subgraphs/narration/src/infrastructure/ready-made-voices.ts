import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import type { SpeechProviders } from '../application/casting.js';
import type { ReadyMadeVoices } from '../domain/ready-made-voices.js';

/** A provider answers in a second; one that has not by then is asked again later. */
const patience = 30_000;
/** After a provider was down. What was known of it before is kept until then. */
const againAfter = 60_000;
/** Providers add voices and withdraw some, every few weeks. */
const refreshEvery = 24 * 60 * 60_000;

/** Looks up what voices the providers have, in the background: a service is ready without, and a provider that is down takes nothing from the others. */
export function startReadyMadeVoices({
  providers,
  readyMade,
  log,
  times = { patience, againAfter, refreshEvery },
}: {
  providers: SpeechProviders;
  readyMade: ReadyMadeVoices;
  log: Logger;
  times?: { readonly patience: number; readonly againAfter: number; readonly refreshEvery: number };
}): { stop(): Promise<void> } {
  const stopping = new AbortController();

  async function keepUp(name: string): Promise<void> {
    const provider = providers.get(name);
    while (provider && !stopping.signal.aborted) {
      let wait = times.refreshEvery;
      try {
        const voices = await provider.readyMadeVoices(AbortSignal.any([stopping.signal, AbortSignal.timeout(times.patience)]));
        await readyMade.save(name, voices);
      } catch (error) {
        if (stopping.signal.aborted) return;
        wait = times.againAfter;
        log.warn({ err: error, provider: name }, 'the voices of a provider could not be looked up; those that are known are kept');
      }
      await sleep(wait, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  const working = Promise.all([...providers.keys()].map(keepUp));
  return {
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
