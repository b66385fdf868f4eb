import { randomUUID } from 'node:crypto';
import type { StoryScript } from '@storytelling/shared/domain-events/story';
import { type UserId, userId } from '@storytelling/shared/value-objects/user-id';
import type { CastVoice } from '../src/domain/casting.js';
import { complete, finishSegment, type NarrationId, request } from '../src/domain/narration.js';
import type { NarrationContent, NarrationRuns } from '../src/domain/narrations.js';
import { linesOf } from '../src/domain/script.js';

export const writer = userId('writer-000001');
export const reader = userId('reader-000001');

export const aVoice = (providerVoiceId = 'slt'): CastVoice => ({
  voiceId: randomUUID(),
  isOwn: false,
  provider: 'local',
  providerVoiceId,
  settings: {},
});

export const character = { id: randomUUID(), name: 'Ada', aliases: [], role: null, description: null, personality: null, traits: [] };

export function aScript(storyId: string = randomUUID()): StoryScript {
  const segment = (text: string, emotion: string, speakerId: string | null) => ({ id: randomUUID(), text, emotion, speakerId });
  return {
    ...{ format: 1, storyId, version: 1, contentHash: 'a'.repeat(64), language: 'en' },
    characters: [character],
    segments: [
      segment('Once there was a fox.\n', 'neutral', null),
      segment('“Run!”', 'fear', character.id),
      segment(' It ran.', 'joy', null),
    ],
    emotions: [{ id: randomUUID(), emotion: 'fear', intensity: 9, quote: 'Run!', segmentIndex: 1 }],
  };
}

const contentOf = (script: StoryScript, more: Partial<NarrationContent> = {}): NarrationContent => ({
  ...{
    contentHash: script.contentHash,
    scriptSha256: 'b'.repeat(64),
    language: 'en',
    format: 'mp3',
    sampleRate: 16_000,
    lines: linesOf(script),
  },
  casting: { narrator: aVoice(), cast: [{ characterId: character.id, voice: aVoice('rms') }] },
  ...more,
});

export async function aNarration(
  narrations: NarrationRuns,
  {
    requestedBy = writer,
    script = aScript(),
    content,
  }: { requestedBy?: UserId; script?: StoryScript; content?: Partial<NarrationContent> } = {},
): Promise<NarrationId> {
  const id = randomUUID() as NarrationId;
  const order = { narrationId: id, storyId: script.storyId, requestedBy, version: script.version, provider: 'local' };
  return narrations.add(request({ ...order, segments: script.segments.length, audioFormat: 'mp3' }), contentOf(script, content));
}

export const file = (name: string) => ({ key: `narration/narrations/${name}`, sha256: 'b'.repeat(64), bytes: 7 });

/** Speaks what a run has to speak. */
export async function spoken(
  narrations: NarrationRuns,
  id: NarrationId,
  runId: string = id,
  count = Number.POSITIVE_INFINITY,
): Promise<void> {
  const work = await narrations.work(id, runId);
  for (const { id: segmentId, index, take } of work?.missing.slice(0, count) ?? []) {
    const finished = { segmentId, index, take, duration: 1.5 };
    const usage = { characters: 10, cost: { amount: '0.001', currency: 'USD' } };
    await narrations.finish(id, { ...finished, audioKey: `narration/${segmentId}-${take}.mp3`, bytes: 100 + take, ...usage }, (narration) =>
      finishSegment(narration, finished),
    );
  }
}

export async function joined(narrations: NarrationRuns, id: NarrationId, runId: string = id): Promise<NarrationId> {
  const whole = { audio: file(`${runId}.mp3`), captions: file(`${runId}.vtt`), duration: 4.5 };
  return narrations.complete(id, runId, (narration, usage) => complete(narration, runId, whole, usage), {
    complete: async () => undefined,
  });
}

export async function completed(narrations: NarrationRuns, options: Parameters<typeof aNarration>[1] = {}): Promise<NarrationId> {
  const id = await aNarration(narrations, options);
  await spoken(narrations, id);
  return joined(narrations, id);
}
