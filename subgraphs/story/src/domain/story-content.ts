import { sha256, type Sha256 } from '@storytelling/shared/value-objects/sha256';
import { codePoints, readableText } from '@storytelling/shared/value-objects/text';
import { refuse } from './refusals.js';

const max = 100_000;

/** The text of an edition. Equal hashes are equal texts: analyses belong to a hash. */
export interface StoryContent {
  readonly text: string;
  readonly hash: Sha256;
}

/** 1–100,000 code points, not only white space, in Unicode NFC; otherwise as the writer sent it, line ends and all. */
export function storyContent(value: string): StoryContent {
  const text = readableText(value, 'content');
  if (text.trim() === '') throw refuse.STORY_CONTENT_EMPTY();
  const length = codePoints(text);
  if (length > max) throw refuse.STORY_CONTENT_TOO_LONG({ length, max });
  return { text, hash: sha256(text) };
}
