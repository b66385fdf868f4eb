// Entry of the worker thread: one analysis at a time, asked by message. The event loop of the service stays free.

import { parentPort } from 'node:worker_threads';
import type { AnalysisProgress, Extraction } from '../../../domain/analysis-provider.js';
import { analyseEnglish } from './analyse-english.js';

export type WorkerAnswer =
  | { kind: 'progress'; progress: AnalysisProgress }
  | { kind: 'done'; extraction: Extraction }
  | { kind: 'failed'; name: string };

const port = parentPort;
if (!port) throw new Error('worker.ts runs in a worker thread only.');

port.on('message', (content: string) => {
  const answer = (message: WorkerAnswer) => port.postMessage(message);
  try {
    answer({ kind: 'done', extraction: analyseEnglish(content, (progress) => answer({ kind: 'progress', progress })) });
  } catch (error) {
    // An error's message could quote the text: only its name leaves the thread.
    answer({ kind: 'failed', name: error instanceof Error ? error.name : 'unknown' });
  }
});
