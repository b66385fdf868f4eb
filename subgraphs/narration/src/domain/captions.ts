// WebVTT of a narration (https://www.w3.org/TR/webvtt1/): a cue for each segment, timed as the joined audio is.

export interface CaptionedSegment {
  readonly text: string;
  /** null: the narration. */
  readonly characterName: string | null;
  readonly durationSeconds: number;
  /** The silence at its end, in which nothing is shown. */
  readonly pauseSeconds: number;
}

export interface Chapter {
  readonly title: string;
  readonly startSeconds: number;
}

const lineLength = 42;

export function captionsOf(segments: readonly CaptionedSegment[]): string {
  let from = 0;
  const cues: string[] = [];
  for (const { text, characterName, durationSeconds, pauseSeconds } of segments) {
    const words = text.replace(/\s+/g, ' ').trim();
    const until = from + Math.max(durationSeconds - pauseSeconds, durationSeconds / 2);
    if (words !== '') {
      const voice = characterName === null ? '' : `<v ${escaped(characterName.replace(/\s+/g, ' ').trim())}>`;
      cues.push(`${time(from)} --> ${time(until)}\n${voice}${linesIn(words).map(escaped).join('\n')}`);
    }
    from += durationSeconds;
  }
  return `${['WEBVTT', ...cues].join('\n\n')}\n`;
}

/** Headings of the text on a line of their own, with the time at which they are spoken; none in a text without headings. */
export function chaptersOf(segments: readonly CaptionedSegment[]): Chapter[] {
  let at = 0;
  const chapters: Chapter[] = [];
  for (const { text, characterName, durationSeconds } of segments) {
    const [first = ''] = text.trim().split('\n');
    const title = first.replace(/^#+\s*/, '').trim();
    if (characterName === null && isHeading(first.trim())) chapters.push({ title, startSeconds: at });
    at += durationSeconds;
  }
  return chapters;
}

const numeral =
  '[0-9]+|[ivxlc]+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty';
const chapter = new RegExp(`^(chapter|part|book|act)\\s+(?:${numeral})(?:[ -](?:${numeral}))?(?:\\s*[.:–—-][^!?]*)?$`, 'i');

/** “Chapter 3”, “III.”, “Part Two: The road”, “# The road”: what books and Markdown set above a chapter. */
function isHeading(line: string): boolean {
  if (line.length > 80) return false;
  if (/^#{1,3}\s+\S/.test(line)) return true;
  if (/^(prologue|epilogue|afterword|foreword)\b[\s.:–—-]*[^.!?]*$/i.test(line)) return true;
  return chapter.test(line) || /^([0-9]{1,3}|[IVXLC]{1,7})\.?$/.test(line);
}

function linesIn(words: string): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > lineLength) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** `-->` would end a cue's text; the rest is markup. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function time(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(milliseconds / 3_600_000), Math.floor(milliseconds / 60_000) % 60];
  return `${two(hours)}:${two(minutes)}:${two(Math.floor(milliseconds / 1000) % 60)}.${String(milliseconds % 1000).padStart(3, '0')}`;
}
