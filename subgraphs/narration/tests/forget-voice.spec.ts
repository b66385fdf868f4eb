import { describe, expect, it } from '@jest/globals';
import { forgetVoice } from '../src/application/forget-voice.js';
import type { SpeechProvider, Trained } from '../src/domain/speech-provider.js';
import type { VoiceId } from '../src/domain/voice.js';
import type { ForgottenVoice } from '../src/domain/voices.js';
import { memoryVoiceAudio } from './memory-voice-audio.js';

const voiceId = '7c9e6679-7425-40de-944b-e07fc1f90ae7' as VoiceId;
const [one, two] = [`${voiceId}/samples/1.wav`, `${voiceId}/samples/2.wav`];

async function forget(what: Partial<ForgottenVoice>) {
  const audio = memoryVoiceAudio();
  for (const key of [one, two, 'another/samples/1.wav']) audio.objects.set(key, new Uint8Array([1]));
  const forgotten: Trained[] = [];
  const provider = { name: 'local', forget: async (trained: Trained) => void forgotten.push(trained) };
  const providers = new Map([['local', provider as Partial<SpeechProvider> as SpeechProvider]]);
  const job: ForgottenVoice = { voiceId, provider: 'local', trained: 'none', objects: [], ...what };
  const outcome = await forgetVoice({ audio, providers })(job, new AbortController().signal).then(
    () => 'done',
    (error: Error) => error.message,
  );
  return { outcome, forgotten, left: [...audio.objects.keys()] };
}

describe('what is to be forgotten of a voice', () => {
  it('is one training by its name or by its key, and nothing else', async () => {
    for (const trained of [
      { providerVoiceId: 'clone-1', key: null },
      { providerVoiceId: null, key: 'training-1' },
    ]) {
      const { forgotten, left } = await forget({ trained });
      expect([forgotten, left.length]).toEqual([[{ id: voiceId, ...trained }], 3]);
    }
  });
  it('is a recording alone: what was trained stays', async () => {
    expect(await forget({ objects: [one] })).toEqual({ outcome: 'done', forgotten: [], left: [two, 'another/samples/1.wav'] });
  });
  it('is everything of a voice that was deleted, and nothing of another', async () => {
    const { forgotten, left } = await forget({ trained: 'all', objects: 'all' });
    expect([forgotten, left]).toEqual([[{ id: voiceId, providerVoiceId: null, key: null }], ['another/samples/1.wav']]);
  });
  it('is not done with while its provider is not set up: the recordings go all the same', async () => {
    const { outcome, left } = await forget({ provider: 'elevenlabs', trained: 'all', objects: 'all' });
    expect(outcome).toMatch('until elevenlabs is set up here again');
    expect(left).toEqual(['another/samples/1.wav']);
  });
});
