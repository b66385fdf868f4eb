/** What is to be read, and by whom: the part of story's script that matters here. */
export interface Script {
  readonly characters: readonly { readonly id: string; readonly name: string }[];
  /** In order, the whole text. `speakerId` is a character's id; null: the narration. */
  readonly segments: readonly { readonly id: string; readonly text: string; readonly emotion: string; readonly speakerId: string | null }[];
  /** `segmentIndex` is a place in `segments`. */
  readonly emotions: readonly { readonly emotion: string; readonly intensity: number; readonly segmentIndex: number }[];
}

/** One line of a narration, before anybody has spoken it: this context's own copy of the script. */
export interface ScriptLine {
  readonly index: number;
  /** In story. */
  readonly storySegmentId: string;
  /** null: the narration. */
  readonly characterId: string | null;
  readonly characterName: string | null;
  readonly text: string;
  readonly emotion: string;
  /** 1 to 10. */
  readonly intensity: number;
  /** The silence after it. */
  readonly pauseSeconds: number;
}

/** Of an emotion that the analysis has named without saying how strong it is. */
const usualIntensity = 5;

export function linesOf({ segments, characters, emotions }: Script): ScriptLine[] {
  const names = new Map(characters.map(({ id, name }) => [id, name]));
  const strongest = new Map<string, number>();
  for (const { segmentIndex, emotion, intensity } of emotions) {
    const key = `${segmentIndex}:${emotion}`;
    strongest.set(key, Math.max(strongest.get(key) ?? 0, intensity));
  }
  return segments.map(({ id, text, emotion, speakerId }, index) => ({
    index,
    storySegmentId: id,
    characterId: speakerId,
    characterName: speakerId === null ? null : (names.get(speakerId) ?? null),
    text,
    emotion,
    intensity: strongest.get(`${index}:${emotion}`) ?? usualIntensity,
    pauseSeconds: pauseBetween(text, segments[index + 1]?.text),
  }));
}

/** Between two paragraphs one takes a breath, between two voices within one less; the end has room to die away. */
function pauseBetween(text: string, next: string | undefined): number {
  if (next === undefined) return 1;
  const between = `${/\s*$/.exec(text)?.[0] ?? ''}${/^\s*/.exec(next)?.[0] ?? ''}`;
  return between.includes('\n') ? 0.6 : 0.25;
}
