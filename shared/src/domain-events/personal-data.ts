import { z } from 'zod';
import { defineEvent } from './event.js';

/** Contexts that keep data of people. An erasure is done, and an export whole, when each of them has answered. */
export const contextsWithPersonalData = ['identity', 'story'] as const;

/** Each context answers on a stream of its own, `<context>.Erasure-<userId>`: the same event, once per context. */
export const erasureCompletedIn = <const Context extends (typeof contextsWithPersonalData)[number]>(context: Context) =>
  defineEvent({
    type: 'ErasureCompleted',
    context,
    version: 1,
    reach: 'published',
    meaning: 'This context holds nothing personal of an erased user any more.',
    schema: z.object({ userId: z.string() }),
  });
