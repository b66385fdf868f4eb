import { codePoints, readableText } from '@storytelling/shared/value-objects/text';
import { isUuid } from '@storytelling/shared/value-objects/uuid';
import { type NarrationId, regenerate } from '../domain/narration.js';
import { emotionNamed } from '../domain/emotion.js';
import { refuse } from '../domain/refusals.js';
import { type AuthorsPorts, narrationId, type Person, requireAuthor } from './as-author.js';
import { type CastingPorts, castVoices } from './casting.js';

export interface Regeneration {
  readonly narrationId: string;
  readonly segmentId: string;
  readonly emotion?: string | null;
  readonly text?: string | null;
  readonly voiceId?: string | null;
}

/** A segment is a few sentences; a whole story in one would be one unbounded call to a provider. */
const longestText = 5_000;

interface Ports extends AuthorsPorts, CastingPorts {
  readonly languageOf: (id: NarrationId) => Promise<string>;
  readonly newId: () => string;
}

/** Has one segment spoken otherwise, and the whole joined anew. What was heard before is heard until then. */
export const regenerateSegment =
  ({ narrations, hears, languageOf, newId, ...casting }: Ports) =>
  async (by: Person, input: Regeneration): Promise<NarrationId> => {
    const id = narrationId(input.narrationId);
    await requireAuthor({ narrations, hears }, by, id);
    if (!isUuid(input.segmentId)) throw refuse.NARRATION_SEGMENT_NOT_FOUND();
    const voiceId = input.voiceId ?? null;
    const text = textOf(input.text ?? null);
    const emotion = input.emotion == null ? null : emotionNamed(input.emotion);
    if (voiceId === null && text === null && emotion === null) throw refuse.REGENERATION_CHANGES_NOTHING();
    const ids = voiceId === null ? [] : [voiceId];
    const [voice = null] = await castVoices(casting, by, { ids, language: await languageOf(id), field: 'voiceId' });
    const runId = newId();
    return narrations.regenerate(id, { segmentId: input.segmentId.toLowerCase(), text, emotion, voice }, (narration, segment) =>
      regenerate(narration, segment, runId),
    );
  };

function textOf(text: string | null): string | null {
  if (text === null) return null;
  const read = readableText(text, 'text').trim();
  if (read === '') throw refuse.SEGMENT_TEXT_EMPTY();
  if (codePoints(read) > longestText) throw refuse.SEGMENT_TEXT_TOO_LONG({ max: longestText });
  return read;
}
