import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { deleteNarratorVoice } from '../src/application/delete-narrator-voice.js';
import { recordVoiceSample } from '../src/application/record-voice-sample.js';
import type { RecordingMeasures } from '../src/domain/recording.js';
import { refuse } from '../src/domain/refusals.js';
import { MOST_SAMPLES, recordConsent, remove, removeSample, type VoiceId } from '../src/domain/voice.js';
import { memoryVoiceAudio } from './memory-voice-audio.js';
import { memoryVoices } from './memory-voices.js';
import { reader, writer } from './narration-examples.js';
import { aNarratorVoice, measures, recorded, trainingOf } from './voice-examples.js';

const owner = { id: writer, hasVerifiedEmail: false };
const stranger = { id: reader, hasVerifiedEmail: true };
const wav = new Uint8Array([1, 2, 3]);
const sent = new Uint8Array([9]);

describe('a recording that was sent', () => {
  let voices: ReturnType<typeof memoryVoices>;
  let audio: ReturnType<typeof memoryVoiceAudio>;
  let id: VoiceId;
  let looks: number;
  let heard: Partial<RecordingMeasures>;
  let turn: <T>(work: () => Promise<T>) => Promise<T>;
  /** What happens while it is looked at. */
  let meanwhile: () => Promise<unknown>;

  beforeEach(async () => {
    voices = memoryVoices();
    audio = memoryVoiceAudio();
    id = await aNarratorVoice(voices);
    [looks, heard, meanwhile] = [0, {}, async () => undefined];
    turn = (work) => work();
  });

  const record = (uploadId: string, more: object = {}, by = owner) => {
    const studio = {
      async examine(file: Uint8Array) {
        looks += 1;
        expect(file).toEqual(sent);
        await meanwhile();
        return { wav, measures: { ...measures, ...heard } };
      },
    };
    return recordVoiceSample({ voices, audio, studio, inTurn: (work) => turn(work) })(by, {
      ...{ voiceId: id, uploadId, emotion: 'Joy', sampleText: 'Once upon a time.' },
      ...more,
    });
  };
  const events = () => (voices.kept.get(id)?.events ?? []).map(({ type }) => type);

  it('is kept as the studio made it, with what was measured', async () => {
    const uploadId = audio.send(sent);
    const sampleId = await record(uploadId);
    expect(sampleId).toBe(audio.sampleIdOf(uploadId));
    const audioKey = `${id}/samples/${sampleId}.wav`;
    expect(voices.kept.get(id)?.samples).toEqual([
      { id: sampleId, emotion: 'joy', text: 'Once upon a time.', duration: 4, bytes: 3, audioKey, measures },
    ]);
    expect(audio.objects).toEqual(new Map([[audioKey, wav]]));
    expect(audio.used).toEqual([uploadId]);
  });

  it('sent again is the same sample: nothing is looked at or stored twice', async () => {
    const uploadId = audio.send(sent);
    const sampleId = await record(uploadId);
    expect(await record(uploadId)).toBe(sampleId);
    expect([looks, events()]).toEqual([1, ['VoiceCreated', 'VoiceSampleRecorded']]);
  });

  it('is the same sample for two who send it at once', async () => {
    const uploadId = audio.send(sent);
    const [first, second] = await Promise.all([record(uploadId), record(uploadId)]);
    expect(first).toBe(second);
    expect(events()).toEqual(['VoiceCreated', 'VoiceSampleRecorded']);
  });

  it('is refused while the voice is trained, and not looked at; whoever has lost an answer is told of the sample all the same', async () => {
    const uploadId = audio.send(sent);
    const sampleId = await record(uploadId);
    await voices.update(id, (voice) => recordConsent(voice, { speaker: 'Ada', statement: 'I agree.' }));
    await trainingOf(voices, id);
    expect(await record(uploadId)).toBe(sampleId);
    await expect(record(audio.send(sent))).rejects.toMatchObject({ code: 'VOICE_BEING_TRAINED' });
    expect(looks).toBe(1);
  });

  it.each<[string, Partial<RecordingMeasures>, string]>([
    ['too short', { durationSeconds: 0.4 }, 'VOICE_SAMPLE_TOO_SHORT'],
    ['silent', { speechSeconds: 0 }, 'VOICE_SAMPLE_SILENT'],
  ])('that is %s is refused, and nothing is stored', async (_, measured, code) => {
    heard = measured;
    const uploadId = audio.send(sent);
    await expect(record(uploadId)).rejects.toMatchObject({ code, field: 'uploadId' });
    expect([audio.objects.size, events(), audio.used]).toEqual([0, ['VoiceCreated'], []]);
  });

  it('that nobody can read is refused by whoever looks at it', async () => {
    meanwhile = () => Promise.reject(refuse.VOICE_SAMPLE_UNREADABLE());
    await expect(record(audio.send(sent))).rejects.toMatchObject({ code: 'VOICE_SAMPLE_UNREADABLE' });
    expect(audio.objects.size).toBe(0);
  });

  it('waits its turn before its bytes are even read, and may be told to come again', async () => {
    turn = () => Promise.reject(refuse.VOICE_SAMPLE_BUSY());
    const uploadId = audio.send(sent);
    await expect(record(uploadId)).rejects.toMatchObject({ code: 'VOICE_SAMPLE_BUSY', kind: 'UNAVAILABLE' });
    expect([looks, audio.objects.size, audio.used]).toEqual([0, 0, []]);
    turn = (work) => work();
    expect(await record(uploadId)).toBe(audio.sampleIdOf(uploadId));
  });

  it('leaves no sound behind when the voice is deleted meanwhile', async () => {
    meanwhile = () => voices.update(id, remove);
    await expect(record(audio.send(sent))).rejects.toMatchObject({ code: 'VOICE_NOT_FOUND', field: 'voiceId' });
    expect(audio.objects.size).toBe(0);
  });

  it('is nobody’s to give to a voice of somebody else, and is not even looked at', async () => {
    for (const voiceId of [id, randomUUID(), 'nonsense'])
      await expect(record(audio.send(sent), { voiceId }, stranger)).rejects.toMatchObject({ code: 'VOICE_NOT_FOUND', field: 'voiceId' });
    expect(looks).toBe(0);
  });

  it('needs an emotion that lines are spoken with, and the words that are said', async () => {
    await expect(record(audio.send(sent), { emotion: 'boredom' })).rejects.toMatchObject({ code: 'EMOTION_UNKNOWN', field: 'emotion' });
    await expect(record(audio.send(sent), { sampleText: ' ' })).rejects.toMatchObject({ code: 'VOICE_TEXT_INVALID', field: 'sampleText' });
    expect(looks).toBe(0);
  });

  it('is one too many after 50, and is not looked at', async () => {
    for (let count = 0; count < MOST_SAMPLES; count += 1) await recorded(voices, id);
    await expect(record(audio.send(sent))).rejects.toMatchObject({ code: 'VOICE_SAMPLES_LIMIT', params: { max: 50 } });
    expect(looks).toBe(0);
  });

  it('that was taken back while it is sent again is not there', async () => {
    const uploadId = audio.send(sent);
    const sampleId = await record(uploadId);
    const find = voices.find.bind(voices);
    voices.find = async (of) => {
      const before = await find(of);
      await voices.update(id, (voice) => removeSample(voice, sampleId));
      return before;
    };
    await expect(record(uploadId)).rejects.toMatchObject({ code: 'VOICE_SAMPLE_NOT_FOUND', field: 'uploadId' });
  });
});

describe('deleting a voice', () => {
  it('again is no error for its owner, and tells nobody else that there was one', async () => {
    const voices = memoryVoices();
    const id = await aNarratorVoice(voices);
    const deleteVoice = deleteNarratorVoice(voices);
    await expect(deleteVoice(stranger, { voiceId: id })).rejects.toMatchObject({ code: 'VOICE_NOT_FOUND' });
    expect([await deleteVoice(owner, { voiceId: id.toUpperCase() }), await deleteVoice(owner, { voiceId: id })]).toEqual([id, id]);
    await expect(deleteVoice(stranger, { voiceId: id })).rejects.toMatchObject({ code: 'VOICE_NOT_FOUND' });
  });
});
