import { z } from 'zod';
import { defineEvent } from './event.js';

/** Contexts that keep data of people. An erasure is done, and an export whole, when each of them has answered. */
export const contextsWithPersonalData = ['identity', 'story', 'narration'] as const;

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

/** Each context answers on a stream of its own, `<context>.DataExport-<exportId>`: the same event, once per context. */
export const personalDataExportedIn = <const Context extends (typeof contextsWithPersonalData)[number]>(context: Context) =>
  defineEvent({
    type: 'PersonalDataExported',
    context,
    version: 1,
    reach: 'published',
    meaning: 'This context has gathered what it holds of a user who asked for it: a ZIP file, by claim check, kept for a day.',
    schema: z.object({
      exportId: z.uuid(),
      userId: z.string(),
      /** null: erased with its user. */
      object: z.object({ key: z.string(), sha256: z.string(), bytes: z.int().positive() }).nullable(),
    }),
    // A key is all that it takes to read the object. That it is personal also keeps a part from being announced after an erasure.
    personal: { object: 'userId' },
  });
