// Story analysis without a network: wink-nlp and our own rules, in a worker thread that lives only while it is needed.

import { Worker } from 'node:worker_threads';
import {
  AnalysisFailure,
  type AnalysisProgress,
  type AnalysisProvider,
  type Extraction,
  type TextToAnalyse,
} from '../../domain/analysis-provider.js';
import type { WorkerAnswer } from './local/worker.js';

export interface LocalProviderOptions {
  /** The compiled worker; by default the one beside this file. */
  workerUrl?: URL;
  /** How long the thread waits for the next text before it ends and gives its memory back (some 90 MB). */
  idleMs?: number;
  /** Heap of the thread. A text of 100,000 code points needs about 150 MB, so this is a fence and not a budget. */
  maxHeapMb?: number;
}

export function localProvider(options: LocalProviderOptions = {}): AnalysisProvider {
  const { idleMs = 30_000, maxHeapMb = 384, workerUrl = besideThisFile() } = options;
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | undefined;
  let closed = false;
  // One text at a time: a second thread would double the memory and, on few cores, not the speed.
  let queue: Promise<unknown> = Promise.resolve();

  const stop = async () => {
    clearTimeout(idle);
    const ending = worker;
    worker = null;
    await ending?.terminate();
  };

  const start = (): Worker => {
    const thread = new Worker(workerUrl, { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 32 } });
    // A thread that failed is never asked again; an idle one may die too, and nobody waits for it then.
    const forget = () => {
      if (worker === thread) worker = null;
    };
    thread.once('error', forget);
    thread.once('exit', forget);
    worker = thread;
    return thread;
  };

  const run = (text: TextToAnalyse, report: (progress: AnalysisProgress) => void, signal: AbortSignal): Promise<Extraction> => {
    signal.throwIfAborted();
    if (closed) throw new AnalysisFailure('ANALYSIS_PROVIDER_UNAVAILABLE', { detail: 'closed' });
    clearTimeout(idle);
    const thread = worker ?? start();
    thread.ref();
    const { promise, resolve, reject } = Promise.withResolvers<Extraction>();
    const onMessage = (answer: WorkerAnswer) => {
      if (answer.kind === 'progress') {
        try {
          report(answer.progress);
        } catch (error) {
          abandon(error);
        }
      } else if (answer.kind === 'done') resolve(answer.extraction);
      else reject(new AnalysisFailure('ANALYSIS_PROVIDER_UNAVAILABLE', { detail: answer.name }));
    };
    const onError = (error: Error & { code?: string }) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reject(
        new AnalysisFailure(memory ? 'ANALYSIS_TEXT_TOO_DEMANDING' : 'ANALYSIS_PROVIDER_UNAVAILABLE', { detail: error.code ?? error.name }),
      );
    };
    const onExit = (code: number) => {
      reject(new AnalysisFailure('ANALYSIS_PROVIDER_UNAVAILABLE', { detail: `the thread ended with ${code}` }));
    };
    // The analysis is synchronous: only ending the thread stops it. The next text starts another.
    const abandon = (reason: unknown) => {
      reject(reason);
      if (worker === thread) worker = null;
      void thread.terminate();
    };
    const onAbort = () => abandon(signal.reason);
    thread.on('message', onMessage);
    thread.on('error', onError);
    thread.on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    thread.postMessage(text.content);
    return promise.finally(() => {
      thread.off('message', onMessage);
      thread.off('error', onError);
      thread.off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      if (worker !== thread) return;
      // An idle thread must not keep the process alive.
      thread.unref();
      idle = setTimeout(() => void stop(), idleMs);
      idle.unref();
    });
  };

  return {
    name: 'local',
    // The next number when its rules find something else in the same text.
    revision: 'local/1',
    async analyse(text, report, signal) {
      signal.throwIfAborted();
      if (!/^en(?:[-_]|$)/iu.test(text.language.trim())) throw new AnalysisFailure('ANALYSIS_LANGUAGE_UNSUPPORTED');
      const turn = queue.then(() => run(text, report, signal));
      queue = turn.catch(() => {});
      return turn;
    },
    async close() {
      closed = true;
      await stop();
    },
  };
}

/** Tests run this file as TypeScript from `src`; a thread needs the compiled file, which is in `dist`. */
function besideThisFile(): URL {
  return new URL('./local/worker.js', import.meta.url.replace(/\/src\/(?=infrastructure\/providers\/)/u, '/dist/'));
}
