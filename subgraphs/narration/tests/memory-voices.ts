import type { VoiceEvent } from '@storytelling/shared/domain-events/narration';
import { refuse } from '../src/domain/refusals.js';
import { evolve, isAwaited, type Voice, type VoiceId } from '../src/domain/voice.js';
import type { ForgottenVoice, NewSample, TrainedVoice, VoiceTrainings } from '../src/domain/voices.js';

interface Kept {
  voice: Voice;
  events: VoiceEvent[];
  samples: NewSample[];
  trained: TrainedVoice | null;
  asked: { readonly trainingId: string; readonly at: Date } | null;
}

/** The same promises as in PostgreSQL, for tests of verbs: one Map, changed only when a decision is accepted. */
export function memoryVoices(): VoiceTrainings & { readonly kept: ReadonlyMap<string, Kept>; readonly forgotten: ForgottenVoice[] } {
  const kept = new Map<string, Kept>();
  const forgotten: ForgottenVoice[] = [];
  const find = (id: VoiceId): Kept | undefined => (kept.get(id)?.voice.status === 'deleted' ? undefined : kept.get(id));
  const existing = (id: VoiceId): Kept => {
    const found = find(id);
    if (!found) throw refuse.VOICE_NOT_FOUND();
    return found;
  };
  const append = (
    into: Kept,
    events: readonly VoiceEvent[],
    made: { sample?: NewSample | undefined; trained?: TrainedVoice | null } = {},
  ) => {
    for (const event of events) {
      const forget = (what: Omit<ForgottenVoice, 'voiceId' | 'provider'>) =>
        forgotten.push({ voiceId: into.voice.id, provider: into.voice.provider, ...what });
      const lastTrained = into.trained ? { providerVoiceId: into.trained.providerVoiceId, key: null } : 'none';
      const previews = into.trained?.previewKey ? [into.trained.previewKey] : [];
      if (event.type === 'VoiceSampleRecorded' && made.sample) into.samples.push(made.sample);
      if (event.type === 'VoiceSampleRemoved') {
        const gone = into.samples.filter(({ id }) => id === event.data.sampleId);
        into.samples = into.samples.filter((sample) => !gone.includes(sample));
        forget({ trained: 'none', objects: gone.map(({ audioKey }) => audioKey) });
      }
      if (event.type === 'ConsentWithdrawn') {
        const objects = [...into.samples.map(({ audioKey }) => audioKey), ...previews];
        forget({ trained: lastTrained, objects });
        into.samples = [];
        into.trained = null;
      }
      if (event.type === 'VoiceProfileTrained') {
        const isSame = into.trained?.providerVoiceId === made.trained?.providerVoiceId;
        if (into.trained) forget({ trained: isSame ? 'none' : lastTrained, objects: previews });
        into.trained = made.trained ?? null;
      }
      if (event.type === 'VoiceTrainingFailed') forget({ trained: { providerVoiceId: null, key: event.data.trainingId }, objects: [] });
      if (event.type === 'VoiceDeleted') forget({ trained: 'all', objects: 'all' });
      into.voice = evolve(into.voice, event);
      into.events.push(event);
    }
  };
  return {
    kept,
    forgotten,
    async add(owner, decide) {
      const owned = [...kept.values()].filter(({ voice }) => voice.ownerId === owner && voice.status !== 'deleted').length;
      const [created, ...rest] = decide(owned);
      if (!created) throw new Error('A voice begins with VoiceCreated.');
      const fresh: Kept = { voice: evolve(undefined, created), events: [created], samples: [], trained: null, asked: null };
      append(fresh, rest);
      kept.set(fresh.voice.id, fresh);
      return fresh.voice.id;
    },
    async update(id, decide) {
      const found = existing(id);
      append(found, decide(found.voice));
      return id;
    },
    async record(id, sampleId, decide, sample) {
      const found = existing(id);
      append(found, decide(found.voice), { sample });
      return sampleId;
    },
    find: async (id) => find(id)?.voice,
    async wasDeletedBy(id, owner) {
      const voice = kept.get(id)?.voice;
      return voice?.status === 'deleted' && voice.ownerId === owner;
    },
    async work({ voiceId, trainingId }) {
      const found = find(voiceId);
      if (!found || !isAwaited(found.voice, trainingId)) return undefined;
      const { name, language, ownerId: owner, samples } = found.voice;
      const locked = new Set(samples.filter(({ isLocked }) => isLocked).map(({ id }) => id));
      return {
        ...{ owner, language, name: name ?? '' },
        samples: found.samples
          .filter(({ id }) => locked.has(id))
          .map(({ id, emotion, audioKey, measures }) => ({ id, emotion, audioKey, measures })),
        askedAt: found.asked?.trainingId === trainingId ? found.asked.at : null,
      };
    },
    async asked({ voiceId, trainingId }, at) {
      const found = find(voiceId);
      if (!found || !isAwaited(found.voice, trainingId)) return false;
      if (found.asked?.trainingId !== trainingId) found.asked = { trainingId, at };
      return true;
    },
    async finish({ voiceId, trainingId, provider }, decide, { trained, job }) {
      const found = find(voiceId);
      const events = found ? decide(found.voice) : [];
      await job?.complete(undefined);
      if (found) append(found, events, { trained });
      if (events.length > 0) return;
      const objects = trained?.previewKey ? [trained.previewKey] : [];
      forgotten.push({ voiceId, provider, trained: { providerVoiceId: trained?.providerVoiceId ?? null, key: trainingId }, objects });
    },
    async forget(voice) {
      forgotten.push(voice);
    },
  };
}
