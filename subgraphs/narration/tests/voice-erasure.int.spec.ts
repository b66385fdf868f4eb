import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type UserId, userId } from '@storytelling/shared/value-objects/user-id';
import type { SpeechProvider, Trained } from '../src/domain/speech-provider.js';
import { recordConsent, remove, requestTraining, withdrawConsent } from '../src/domain/voice.js';
import { eraseVoicesOf } from '../src/infrastructure/erase-voices.js';
import { exportedVoices } from '../src/infrastructure/exported-voices.js';
import { voiceDatabase } from './voice-database.js';
import { aNarratorVoice, aReadyVoice, inTraining, measures, recorded, sampleOf, trained, trainedAs } from './voice-examples.js';

describe('the voices of somebody', () => {
  let database: Awaited<ReturnType<typeof voiceDatabase>>;
  let erase: ReturnType<typeof eraseVoicesOf>;
  let forgotten: Trained[];
  let folders: string[];
  let isAway: boolean;

  beforeAll(async () => {
    database = await voiceDatabase();
    const forget = async (voice: Trained) => {
      if (isAway) throw new Error('the provider is away');
      forgotten.push(voice);
    };
    const provider = (name: string, trains: 'clone' | 'profile') =>
      [name, { name, trains, forget } as Partial<SpeechProvider> as SpeechProvider] as const;
    const providers = new Map([provider('local', 'profile'), provider('elevenlabs', 'clone')]);
    const audio = { removeOf: async (id: string) => void folders.push(id) };
    erase = eraseVoicesOf({ client: database.prisma, transact: database.transact, audio, providers });
  });
  afterAll(() => database.close());
  beforeEach(() => {
    [forgotten, folders, isAway] = [[], [], false];
  });

  const person = () => userId(`person-${randomUUID()}`);
  const rowsOf = async (owner: UserId) => database.prisma.narratorVoiceRecord.count({ where: { userId: owner } });
  const whole = (id: string) => ({ id, providerVoiceId: null, key: null });
  const sorted = (ids: readonly string[]) => [...ids].sort();

  describe('when they are erased', () => {
    it('go, with their recordings, here and at the provider; nobody else’s do', async () => {
      const [ada, bob] = [person(), person()];
      const ids = [
        await aReadyVoice(database.voices, { owner: ada, provider: 'elevenlabs' }),
        await aNarratorVoice(database.voices, { owner: ada }),
      ];
      const theirs = await aReadyVoice(database.voices, { owner: bob });
      expect(sorted(await erase(ada))).toEqual(sorted(ids));
      expect([await rowsOf(ada), await rowsOf(bob)]).toEqual([0, 1]);
      expect(await database.prisma.voiceSampleRecord.count({ where: { voiceId: { in: ids } } })).toBe(0);
      expect(sorted(folders)).toEqual(sorted(ids));
      expect(forgotten).toEqual(expect.arrayContaining(ids.map(whole)));
      for (const id of ids) expect((await database.events(id)).at(-1)?.type).toBe('VoiceDeleted');
      expect(folders).not.toContain(theirs);
      // Once more, as after a kill: everything is found again, and no event is added.
      const before = (await database.events(ids[0] ?? '')).length;
      expect(sorted(await erase(ada))).toEqual(sorted(ids));
      expect((await database.events(ids[0] ?? '')).length).toBe(before);
    });

    it('go at the provider also if they had been deleted before: the job that was to do it goes with the person', async () => {
      const ada = person();
      const id = await aReadyVoice(database.voices, { owner: ada, provider: 'elevenlabs' });
      await database.voices.update(id, remove);
      expect(await erase(ada)).toEqual([id]);
      expect([forgotten, folders]).toEqual([[whole(id)], [id]]);
    });

    it('are not done with while the provider is away', async () => {
      const ada = person();
      const id = await aReadyVoice(database.voices, { owner: ada, provider: 'elevenlabs' });
      isAway = true;
      await expect(erase(ada)).rejects.toThrow('away');
      expect([await rowsOf(ada), folders]).toEqual([0, [id]]);
      isAway = false;
      expect(await erase(ada)).toEqual([id]);
      expect(forgotten).toEqual([whole(id)]);
    });

    it('are not done with while a clone may still be made: nobody will be there to forget it', async () => {
      const [ada, bob] = [person(), person()];
      await inTraining(database.voices, { owner: ada, provider: 'elevenlabs' });
      await expect(erase(ada)).rejects.toThrow('Not yet');
      expect([await rowsOf(ada), forgotten.length]).toEqual([0, 1]);
      await expect(erase(ada)).rejects.toThrow('Not yet');
      expect(forgotten).toHaveLength(2);
      // Withdrawn is not ended either.
      const { voiceId } = await inTraining(database.voices, { owner: bob, provider: 'elevenlabs' });
      await database.voices.update(voiceId, withdrawConsent);
      await expect(erase(bob)).rejects.toThrow('Not yet');
    });

    it('wait for no profile: that is made here', async () => {
      const ada = person();
      const { voiceId } = await inTraining(database.voices, { owner: ada });
      expect(await erase(ada)).toEqual([voiceId]);
    });
  });

  describe('when they ask for their data', () => {
    it('come with every recording, what was measured, agreed and trained; nothing of anybody else, no key', async () => {
      const [ada, bob] = [person(), person()];
      const id = await aNarratorVoice(database.voices, { owner: ada, name: 'Ada’s voice' });
      const sample = sampleOf(id, 'fear');
      await recorded(database.voices, id, sample);
      await database.voices.update(id, (voice) => recordConsent(voice, { speaker: 'Ada', statement: 'First words.' }));
      await database.voices.update(id, withdrawConsent);
      const again = sampleOf(id, 'joy');
      await recorded(database.voices, id, again);
      await database.voices.update(id, (voice) => recordConsent(voice, { speaker: 'Ada', statement: 'Second words.' }));
      const trainingId = randomUUID();
      await database.voices.update(id, (voice) => requestTraining(voice, trainingId));
      await trained(database.voices, { voiceId: id, trainingId, provider: 'local' }, trainedAs('slt', 'narration/voices/p.mp3'));
      await aReadyVoice(database.voices, { owner: bob, name: 'Bob’s voice' });

      const { data, files } = await exportedVoices(database.prisma, ada);
      const recording = `voices/${id}/${again.id}.wav`;
      expect(data).toMatchObject([
        {
          ...{ id, name: 'Ada’s voice', trainingStatus: 'ready', settings: { pitch: 1.1 }, preview: `voices/${id}/preview.mp3` },
          samples: [{ id: again.id, emotion: 'joy', sampleText: 'Said with joy.', measures, recording }],
          consents: [
            { event: 'ConsentRecorded', speaker: 'Ada', statement: 'First words.' },
            { event: 'ConsentWithdrawn' },
            { event: 'ConsentRecorded', speaker: 'Ada', statement: 'Second words.' },
          ],
        },
      ]);
      expect(files).toEqual({ [recording]: { key: again.audioKey }, [`voices/${id}/preview.mp3`]: { key: 'narration/voices/p.mp3' } });
      const text = JSON.stringify(data);
      for (const others of [bob, 'Bob’s voice', again.audioKey, 'narration/'])
        expect([others, text.includes(others)]).toEqual([others, false]);
    });

    it('take as many statements for many voices as for one', async () => {
      const [one, many] = [person(), person()];
      await aReadyVoice(database.voices, { owner: one });
      for (let count = 0; count < 5; count += 1) await aReadyVoice(database.voices, { owner: many });
      const statements = await database.statementsOf(() => exportedVoices(database.prisma, one));
      expect(await database.statementsOf(() => exportedVoices(database.prisma, many))).toBe(statements);
    });
  });
});
