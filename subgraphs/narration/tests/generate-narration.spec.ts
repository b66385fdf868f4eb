import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { StoryScript } from '@storytelling/shared/domain-events/story';
import { generateNarration, type NarrationOrder } from '../src/application/generate-narration.js';
import type { CastableVoice } from '../src/domain/narrations.js';
import type { SpeechProvider } from '../src/domain/speech-provider.js';
import type { StoryFacts } from '../src/domain/story-facts.js';
import { memoryNarrations } from './memory-narrations.js';
import { aScript, aVoice, character, reader, writer } from './narration-examples.js';

const voice: CastableVoice = { ...aVoice(), isReady: true };
const untrained: CastableVoice = { ...aVoice(), isReady: false };
const paid: CastableVoice = { ...aVoice(), provider: 'paid', isReady: true };
const orphaned: CastableVoice = { ...aVoice(), provider: 'gone', isReady: true };
const provider = { sampleRate: 16_000, isPaid: false, speaks: (language: string) => language.startsWith('en') } as SpeechProvider;
const providers = new Map([
  ['local', provider],
  ['paid', { ...provider, isPaid: true, sampleRate: 24_000 }],
]);

const script = aScript();
const claim = { key: 'story/scripts/x.json', sha256: 'c'.repeat(64), bytes: 10, version: 1, contentHash: script.contentHash };
const facts: StoryFacts = {
  ...{ id: script.storyId, authorId: writer, language: 'en', version: 1, contentHash: script.contentHash, script: claim },
  ...{ publishedVersion: null, publishedHash: null, state: 'open' },
};

interface World {
  readonly by?: typeof writer;
  readonly hasVerifiedEmail?: boolean;
  /** What is known of the story, each time that it is asked. */
  readonly known?: readonly (StoryFacts | undefined)[];
  readonly script?: StoryScript | undefined;
}

async function generate(
  order: Partial<NarrationOrder> = {},
  { by = writer, hasVerifiedEmail = false, known = [facts], ...world }: World = {},
) {
  const narrations = memoryNarrations();
  let asked = 0;
  let waited = 0;
  const verb = generateNarration({
    narrations,
    stories: { find: async () => known[Math.min(asked++, known.length - 1)] },
    scripts: { read: async () => ('script' in world ? world.script : script) },
    voices: { find: async (ids) => ids.map((id) => [voice, untrained, paid, orphaned].find(({ voiceId }) => voiceId === id)) },
    providers,
    newId: randomUUID,
    async wait(milliseconds) {
      waited += milliseconds;
    },
  });
  const outcome = await verb({ id: by, hasVerifiedEmail }, { storyId: facts.id, voiceId: voice.voiceId, ...order }).then(
    (id) => ({ id, code: undefined, field: undefined }),
    ({ code, field }: { code: string; field: string }) => ({ id: undefined, code, field }),
  );
  const kept = outcome.id && narrations.kept.get(outcome.id);
  return { ...outcome, kept: kept || undefined, waited };
}

describe('having a story narrated', () => {
  it('copies the script as it is now, with its cast', async () => {
    const cast = [{ characterId: character.id.toUpperCase(), voiceId: voice.voiceId }];
    const { kept } = await generate({ cast, audioFormat: 'OGG' });
    expect(kept?.content).toMatchObject({ language: 'en', format: 'ogg', sampleRate: 16_000, contentHash: script.contentHash });
    expect(kept?.content.casting.cast).toEqual([{ characterId: character.id, voice: expect.objectContaining({ providerVoiceId: 'slt' }) }]);
    expect(kept?.content.lines.map(({ text }) => text)).toEqual(script.segments.map(({ text }) => text));
    expect(kept?.narration).toMatchObject({ status: 'pending', requestedBy: writer, version: 1, totalSegments: 3 });
  });

  it('keeps the audio at the highest rate of its voices', async () => {
    const cast = [{ characterId: character.id, voiceId: paid.voiceId }];
    expect((await generate({ cast }, { hasVerifiedEmail: true })).kept?.content.sampleRate).toBe(24_000);
  });

  it('waits for an event that is on its way, and not for long', async () => {
    const early = await generate({}, { known: [undefined, { ...facts, script: null }, facts] });
    expect([early.code, early.waited]).toEqual([undefined, 200]);
    const never = await generate({}, { known: [undefined] });
    expect([never.code, never.waited]).toEqual(['NARRATED_STORY_NOT_FOUND', 500]);
    const unanalyzed = await generate({}, { known: [{ ...facts, script: null }] });
    expect([unanalyzed.code, unanalyzed.waited]).toEqual(['NARRATED_STORY_NOT_ANALYZED', 1_500]);
  });

  it('is for the text that the story has now: an edited one is analyzed first', async () => {
    expect(await generate({}, { known: [{ ...facts, contentHash: 'd'.repeat(64) }] })).toMatchObject({
      code: 'NARRATED_STORY_NOT_ANALYZED',
    });
  });

  it('is for the author alone, and does not tell others of a draft', async () => {
    expect(await generate({}, { by: reader })).toMatchObject({ code: 'NARRATED_STORY_NOT_FOUND', waited: 0 });
    const published = { ...facts, publishedVersion: 1, publishedHash: facts.contentHash };
    expect(await generate({}, { by: reader, known: [published] })).toMatchObject({ code: 'NARRATED_STORY_NOT_YOURS' });
    expect(await generate({ storyId: 'mine' })).toMatchObject({ code: 'NARRATED_STORY_NOT_FOUND', waited: 0 });
  });

  it('is refused of a story that has ended', async () => {
    expect(await generate({}, { known: [{ ...facts, state: 'archived' }] })).toMatchObject({ code: 'NARRATED_STORY_ARCHIVED' });
    expect(await generate({}, { known: [{ ...facts, state: 'deleted' }] })).toMatchObject({ code: 'NARRATED_STORY_NOT_FOUND' });
    expect(await generate({}, { script: undefined })).toMatchObject({ code: 'NARRATION_SCRIPT_GONE' });
  });

  it('needs voices that can speak it, and names the field of the one that cannot', async () => {
    const castWith = (voiceId: string) => [{ characterId: character.id, voiceId }];
    expect(await generate({ voiceId: randomUUID() })).toMatchObject({ code: 'VOICE_NOT_FOUND', field: 'voiceId' });
    expect(await generate({ voiceId: untrained.voiceId })).toMatchObject({ code: 'VOICE_NOT_READY', field: 'voiceId' });
    expect(await generate({ voiceId: orphaned.voiceId })).toMatchObject({ code: 'VOICE_NOT_READY' });
    expect(await generate({ cast: castWith(untrained.voiceId) })).toMatchObject({ code: 'VOICE_NOT_READY', field: 'cast.voiceId' });
    const german = { ...facts, language: 'de' };
    expect(await generate({}, { known: [german] })).toMatchObject({ code: 'VOICE_LANGUAGE_UNSUPPORTED' });
  });

  it('spends nothing for somebody whose address is not verified', async () => {
    expect(await generate({ voiceId: paid.voiceId })).toMatchObject({ code: 'EMAIL_NOT_VERIFIED' });
    expect(await generate({ voiceId: paid.voiceId }, { hasVerifiedEmail: true })).toMatchObject({ code: undefined });
  });

  it('takes a cast of characters of the script, and formats that there are', async () => {
    const unknown = [{ characterId: randomUUID(), voiceId: voice.voiceId }];
    expect(await generate({ cast: unknown })).toMatchObject({ code: 'CAST_CHARACTER_UNKNOWN' });
    const many = Array.from({ length: 101 }, () => ({ characterId: randomUUID(), voiceId: voice.voiceId }));
    expect(await generate({ cast: many })).toMatchObject({ code: 'CAST_TOO_LARGE' });
    expect(await generate({ audioFormat: 'flac' })).toMatchObject({ code: 'AUDIO_FORMAT_UNSUPPORTED' });
  });
});
