import { isUuid } from '@storytelling/shared/value-objects/uuid';
import { type CastVoice, requireCastable, voicesOf } from '../domain/casting.js';
import { type NarrationId, request } from '../domain/narration.js';
import type { Narrations, StoryScripts } from '../domain/narrations.js';
import { refuse } from '../domain/refusals.js';
import { linesOf } from '../domain/script.js';
import type { KnownStories, StoryFacts } from '../domain/story-facts.js';
import { AUDIO_FORMATS, type AudioFormat } from '../domain/studio.js';
import type { Person } from './as-author.js';
import { type CastingPorts, castVoices } from './casting.js';

export interface NarrationOrder {
  readonly storyId: string;
  readonly voiceId: string;
  readonly cast?: readonly { readonly characterId: string; readonly voiceId: string }[] | null;
  readonly audioFormat?: string | null;
}

interface Ports extends CastingPorts {
  readonly narrations: Narrations;
  readonly stories: KnownStories;
  readonly scripts: StoryScripts;
  readonly newId: () => string;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** As many as a story has characters. */
const largestCast = 100;
/** Whoever has just created or analyzed a story may be sooner here than the event, which takes some milliseconds. */
const eventsComeWithin = { created: 500, analyzed: 1_500 };
const lookAgainAfter = 100;

/** Has a story read; the work itself is a durable job (`run-narration.ts`), enqueued with the event. */
export const generateNarration =
  ({ narrations, stories, scripts, newId, wait, ...casting }: Ports) =>
  async (by: Person, { storyId, voiceId, cast, audioFormat }: NarrationOrder): Promise<NarrationId> => {
    const format = formatOf(audioFormat ?? 'mp3');
    const members = (cast ?? []).map((member) => ({ ...member, characterId: member.characterId.toLowerCase() }));
    if (members.length > largestCast) throw refuse.CAST_TOO_LARGE({ max: largestCast });
    const { story, claim } = await analyzedStory({ stories, wait }, by, storyId);
    const { language } = story;
    const [narrator] = await castVoices(casting, by, { ids: [voiceId], language, field: 'voiceId' });
    const voices = await castVoices(casting, by, { ids: members.map((member) => member.voiceId), language, field: 'cast.voiceId' });
    const script = await scripts.read(claim);
    if (!script) throw refuse.NARRATION_SCRIPT_GONE();
    requireCastable(members, script.characters);
    const whole = {
      narrator: narrator as CastVoice,
      cast: members.map(({ characterId }, index) => ({ characterId, voice: voices[index] as CastVoice })),
    };
    const lines = linesOf(script);
    if (lines.length === 0) throw refuse.NARRATED_STORY_NOT_ANALYZED();
    const order = { storyId: story.id, requestedBy: by.id, version: claim.version, provider: whole.narrator.provider };
    return narrations.add(request({ narrationId: newId() as NarrationId, ...order, segments: lines.length, audioFormat: format }), {
      contentHash: claim.contentHash,
      scriptSha256: claim.sha256,
      language,
      casting: whole,
      format,
      sampleRate: Math.max(...voicesOf(whole).map(({ provider }) => casting.providers.get(provider)?.sampleRate ?? 0)),
      lines,
    });
  };

function formatOf(text: string): AudioFormat {
  const format = AUDIO_FORMATS.find((known) => known === text.toLowerCase());
  if (!format) throw refuse.AUDIO_FORMAT_UNSUPPORTED({ formats: AUDIO_FORMATS.join(', ') });
  return format;
}

async function analyzedStory(
  { stories, wait }: Pick<Ports, 'stories' | 'wait'>,
  by: Person,
  storyId: string,
): Promise<{ story: StoryFacts; claim: NonNullable<StoryFacts['script']> }> {
  if (!isUuid(storyId)) throw refuse.NARRATED_STORY_NOT_FOUND();
  for (let waited = 0; ; waited += lookAgainAfter) {
    const story = await stories.find(storyId.toLowerCase());
    const mayCome = story ? story.authorId === by.id && story.state === 'open' && !scriptOf(story) : true;
    if (mayCome && waited < eventsComeWithin[story ? 'analyzed' : 'created']) {
      await wait(lookAgainAfter);
      continue;
    }
    if (!story || story.state === 'deleted') throw refuse.NARRATED_STORY_NOT_FOUND();
    if (story.authorId !== by.id)
      throw story.publishedHash !== null && story.state === 'open' ? refuse.NARRATED_STORY_NOT_YOURS() : refuse.NARRATED_STORY_NOT_FOUND();
    if (story.state === 'archived') throw refuse.NARRATED_STORY_ARCHIVED();
    const claim = scriptOf(story);
    if (!claim) throw refuse.NARRATED_STORY_NOT_ANALYZED();
    return { story, claim };
  }
}

/** Of the present text. */
const scriptOf = ({ script, contentHash }: StoryFacts) => (script?.contentHash === contentHash ? script : undefined);
