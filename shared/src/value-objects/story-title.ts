import { refuseShared } from './refusals.js';
import { codePoints, readableText } from './text.js';

export type StoryTitle = string & { readonly __brand: 'StoryTitle' };

const min = 3;
const max = 500;

/** 3–500 code points after trimming, on one line: a control character in a title breaks lists, mails and terminals. */
export function storyTitle(value: string): StoryTitle {
  const title = readableText(value, 'title').trim();
  if (/[\p{Cc}\u2028\u2029]/u.test(title)) throw refuseShared.STORY_TITLE_UNREADABLE();
  const length = codePoints(title);
  if (length < min) throw refuseShared.STORY_TITLE_TOO_SHORT({ min });
  if (length > max) throw refuseShared.STORY_TITLE_TOO_LONG({ max });
  return title as StoryTitle;
}
