import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileObjects } from '@storytelling/shared/infrastructure/file-objects';
import { type HttpServer, startHttpServer } from '@storytelling/shared/infrastructure/http-server';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { objectRoutes } from '@storytelling/shared/infrastructure/object-routes';
import { type ObjectStore, objectsOf } from '@storytelling/shared/infrastructure/object-store';
import { unlessErased } from '@storytelling/shared/infrastructure/personal-data';
import { signedClaims } from '@storytelling/shared/infrastructure/signed-claims';
import { uploadsOf } from '@storytelling/shared/infrastructure/uploads';
import { testObjectStore } from '@storytelling/shared/testing/object-store';
import { type UserId, userId } from '@storytelling/shared/value-objects/user-id';
import { createNarratorVoice } from '../src/application/create-narrator-voice.js';
import { deleteNarratorVoice } from '../src/application/delete-narrator-voice.js';
import { recordVoiceConsent } from '../src/application/record-voice-consent.js';
import { recordVoiceSample } from '../src/application/record-voice-sample.js';
import { removeVoiceSample } from '../src/application/remove-voice-sample.js';
import { requestVoiceSampleUpload } from '../src/application/request-voice-sample-upload.js';
import { trainNarratorVoice } from '../src/application/train-narrator-voice.js';
import { withdrawVoiceConsent } from '../src/application/withdraw-voice-consent.js';
import type { SpeechProvider } from '../src/domain/speech-provider.js';
import { requestTraining, type VoiceId } from '../src/domain/voice.js';
import { audioMedia } from '../src/infrastructure/audio-media.js';
import { objectVoiceAudio } from '../src/infrastructure/object-voice-audio.js';
import { prismaReadyMadeVoices } from '../src/infrastructure/prisma-ready-made-voices.js';
import type { PreviewsOf } from '../src/infrastructure/voice-queries.js';
import { narrationGraphOn, nobody, user } from './narration-graph-on.js';
import { voiceDatabase } from './voice-database.js';
import { aNarratorVoice, aReadyVoice, inTraining, measures, recorded, trained, trainedAs } from './voice-examples.js';

const recording = Buffer.from('RIFF as far as anybody here looks');

/** Nothing is asked of providers here: that is what jobs do. */
const provider = (name: string, isPaid: boolean) =>
  [name, { name, isPaid, trains: isPaid ? 'clone' : 'profile' } as SpeechProvider] as const;
const providers = new Map([provider('local', false), provider('elevenlabs', true)]);

describe('voices in the graph', () => {
  const place = testObjectStore();
  const log = createLogger('test', 'silent');
  let database: Awaited<ReturnType<typeof voiceDatabase>>;
  let graph: Awaited<ReturnType<typeof narrationGraphOn>>;
  let http: HttpServer;
  let objects: ObjectStore;
  /** How many previews were asked for at a time. */
  const wanted: number[] = [];

  beforeAll(async () => {
    database = await voiceDatabase();
    const { voices, pool } = database;
    const claims = signedClaims([new Uint8Array(32).fill(1)]);
    const served = await fileObjects({ folder: place.folder, claims, publicUrl: '' });
    const folders = objectRoutes({ objects: served, claims });
    http = await startHttpServer({ port: 0, host: '127.0.0.1', log, folders, allowOrigin: () => false });
    objects = objectsOf('narration', await fileObjects({ folder: place.folder, claims, publicUrl: http.url }));
    const uploads = uploadsOf('narration', { objects, claims, now: () => new Date(), newId: randomUUID });
    const audio = objectVoiceAudio({ objects, uploads, unlessErased: (owner, store) => unlessErased(pool, owner, store), log });
    const studio = { examine: async (file: Uint8Array) => ({ wav: Uint8Array.from(file).reverse(), measures }) };
    const others = {
      createNarratorVoice: createNarratorVoice(voices, providers, randomUUID),
      requestVoiceSampleUpload: requestVoiceSampleUpload(voices, audio),
      recordVoiceSample: recordVoiceSample({ voices, audio, studio, inTurn: (work) => work() }),
      removeVoiceSample: removeVoiceSample(voices),
      recordVoiceConsent: recordVoiceConsent(voices),
      withdrawVoiceConsent: withdrawVoiceConsent(voices),
      trainNarratorVoice: trainNarratorVoice(voices, providers, randomUUID),
      deleteNarratorVoice: deleteNarratorVoice(voices),
    };
    const trains = (name: string) => providers.get(name)?.trains ?? 'clone';
    const previewsOf: PreviewsOf = async (asked) => {
      wanted.push(asked.length);
      return asked.map(() => null);
    };
    graph = await narrationGraphOn(database, randomUUID, { others, trains, media: audioMedia(objects), previewsOf });
    await prismaReadyMadeVoices({ client: database.prisma, transact: database.transact, jobs: database.jobs }).save(
      'local',
      ['en', 'en-GB', 'de'].map((language) => ({ providerVoiceId: language, name: `Reads ${language}`, language, description: 'Clear.' })),
    );
  });
  afterAll(async () => {
    await graph.close();
    await database.close();
    await http.close();
    place.drop();
  });

  const person = (name: string): UserId => userId(`${name}-${randomUUID()}`);
  const fields = `id name provider kind language description trainingStatus progress { stage done total } failure { code } qualityScore
    consent { speaker statement recordedAt } samples { id emotion sampleText durationSeconds isLocked measures { speechLevel pitch } media { url sizeBytes } createdAt }
    preview { url contentType } isRetired createdAt owner { id } cursor updates(first: 2) { cursor eventType voice { id } }`;
  const mutation = (name: string, type: string, selection: string) =>
    `mutation ($input: ${type}!) { ${name}(input: $input) ${selection === '' ? '' : `{ ${selection} }`} }`;
  const verbs = {
    create: mutation('createNarratorVoice', 'CreateNarratorVoiceInput', fields),
    upload: mutation('requestVoiceSampleUpload', 'VoiceSampleUploadInput', 'id url method headers { name value } maxBytes'),
    record: mutation('recordVoiceSample', 'RecordVoiceSampleInput', 'id emotion media { url }'),
    remove: mutation('removeVoiceSample', 'RemoveVoiceSampleInput', 'trainingStatus samples { id }'),
    consent: mutation('recordVoiceConsent', 'VoiceConsentInput', 'consent { speaker statement }'),
    withdraw: mutation(
      'withdrawVoiceConsent',
      'WithdrawVoiceConsentInput',
      'trainingStatus consent { speaker } samples { id } qualityScore preview { url }',
    ),
    train: mutation('trainNarratorVoice', 'TrainNarratorVoiceInput', 'trainingStatus progress { stage done total } samples { isLocked }'),
    delete: mutation('deleteNarratorVoice', 'DeleteNarratorVoiceInput', ''),
  };
  const one = `query ($id: ID!) { narratorVoice(id: $id) { ${fields} } }`;
  const seen = async (id: string, by: UserId) => (await graph.ask(one, { id }, user(by))).narratorVoice as Record<string, unknown> | null;

  async function send(by: UserId, voiceId: string, contentType = 'audio/webm;codecs=opus'): Promise<string> {
    const input = { voiceId, contentType, sizeBytes: recording.length };
    const { requestVoiceSampleUpload: upload } = await graph.ask(verbs.upload, { input }, user(by));
    const { id, url, method, headers } = upload as { id: string; url: string; method: string; headers: { name: string; value: string }[] };
    const response = await fetch(url, {
      method,
      headers: headers.map(({ name, value }) => [name, value] as [string, string]),
      body: recording,
    });
    expect(response.status).toBeLessThan(300);
    return id;
  }
  const sampleInput = (voiceId: string, uploadId: string) => ({ voiceId, uploadId, emotion: 'joy', sampleText: 'Once upon a time.' });

  it('begin, take recordings, are agreed to and trained, and say what they are', async () => {
    const owner = person('ada');
    const input = { name: 'Mine', language: 'de', idempotencyKey: 'voice-1' };
    const begun = (await graph.ask(verbs.create, { input }, user(owner))).createNarratorVoice as { id: string; cursor: string };
    expect(begun).toMatchObject({
      ...{ name: 'Mine', provider: 'local', kind: 'PROFILE', language: 'de', trainingStatus: 'PENDING', qualityScore: null, preview: null },
      ...{ samples: [], consent: null, isRetired: false, owner: { id: owner } },
    });
    expect((await graph.ask(verbs.create, { input }, user(owner))).createNarratorVoice).toMatchObject({ id: begun.id });

    const uploadId = await send(owner, begun.id);
    const taken = (await graph.ask(verbs.record, { input: sampleInput(begun.id, uploadId) }, user(owner))).recordVoiceSample as {
      id: string;
      media: { url: string };
    };
    expect(Buffer.from(await (await fetch(taken.media.url)).arrayBuffer())).toEqual(Buffer.from(recording).reverse());
    expect((await graph.ask(verbs.record, { input: sampleInput(begun.id, uploadId) }, user(owner))).recordVoiceSample).toMatchObject({
      id: taken.id,
    });

    const keyed = { input: { ...sampleInput(begun.id, await send(owner, begun.id)), idempotencyKey: 'sample-1' } };
    const [first, again] = [await graph.ask(verbs.record, keyed, user(owner)), await graph.ask(verbs.record, keyed, user(owner))];
    expect([first, again.recordVoiceSample]).toEqual([again, expect.objectContaining({ id: expect.not.stringContaining(taken.id) })]);

    const train = { input: { voiceId: begun.id, idempotencyKey: 'train-1' } };
    expect((await graph.post(verbs.train, train, user(owner))).codes).toEqual(['VOICE_CONSENT_MISSING']);
    const consent = { voiceId: begun.id, speaker: 'Ada', statement: 'I agree.' };
    expect((await graph.ask(verbs.consent, { input: consent }, user(owner))).recordVoiceConsent).toEqual({
      consent: { speaker: 'Ada', statement: 'I agree.' },
    });
    for (let twice = 0; twice < 2; twice += 1)
      expect((await graph.ask(verbs.train, train, user(owner))).trainNarratorVoice).toEqual({
        ...{
          trainingStatus: 'TRAINING',
          progress: { stage: 'waiting', done: 0, total: 1 },
          samples: [{ isLocked: true }, { isLocked: true }],
        },
      });
    expect((await graph.post(verbs.train, { input: { voiceId: begun.id } }, user(owner))).codes).toEqual(['VOICE_BEING_TRAINED']);

    const { training } = await database.prisma.narratorVoiceRecord.findUniqueOrThrow({ where: { id: begun.id } });
    const { id: trainingId } = training as { id: string };
    await objects.put('narration/voices/preview.mp3', recording, { contentType: 'audio/mpeg' });
    await trained(
      database.voices,
      { voiceId: begun.id as VoiceId, trainingId, provider: 'local' },
      trainedAs('slt', 'narration/voices/preview.mp3'),
    );
    expect(await seen(begun.id, owner)).toMatchObject({
      ...{ trainingStatus: 'READY', progress: null, qualityScore: 0.7, preview: { contentType: 'audio/mpeg' } },
      ...{ consent: { recordedAt: expect.stringMatching(/^20/) }, samples: [{ measures: { speechLevel: -20, pitch: 180 } }, {}] },
    });
    const updates = 'query ($id: ID!, $after: String) { narratorVoice(id: $id) { updates(after: $after) { eventType voice { id } } } }';
    expect((await graph.ask(updates, { id: begun.id, after: begun.cursor }, user(owner))).narratorVoice).toEqual({
      updates: ['VoiceSampleRecorded', 'VoiceSampleRecorded', 'ConsentRecorded', 'TrainingRequested', 'VoiceProfileTrained'].map(
        (eventType) => ({
          eventType,
          voice: { id: begun.id },
        }),
      ),
    });
  });

  it('give back a recording that no training has used, and keep one that was', async () => {
    const owner = person('ada');
    const voiceId = await aReadyVoice(database.voices, { owner });
    const [locked] = (await database.voices.find(voiceId))?.samples ?? [];
    const later = await recorded(database.voices, voiceId);
    const input = (sampleId: string) => ({ input: { voiceId, sampleId, idempotencyKey: sampleId } });
    for (let twice = 0; twice < 2; twice += 1)
      expect((await graph.ask(verbs.remove, input(later), user(owner))).removeVoiceSample).toEqual({
        trainingStatus: 'READY',
        samples: [{ id: locked?.id }],
      });
    expect((await graph.post(verbs.remove, input(locked?.id ?? ''), user(owner))).codes).toEqual(['VOICE_SAMPLE_LOCKED']);
    expect((await graph.post(verbs.remove, input(randomUUID()), user(owner))).codes).toEqual(['VOICE_SAMPLE_NOT_FOUND']);
    expect((await graph.post(verbs.remove, input('nonsense'), user(owner))).codes).toEqual(['VOICE_SAMPLE_NOT_FOUND']);
  });

  it('are as they began when consent is withdrawn, and gone when deleted; both are safe to repeat', async () => {
    const owner = person('ada');
    const voiceId = await aReadyVoice(database.voices, { owner }, trainedAs('clone', 'narration/voices/preview.mp3'));
    for (let twice = 0; twice < 2; twice += 1)
      expect((await graph.ask(verbs.withdraw, { input: { voiceId } }, user(owner))).withdrawVoiceConsent).toEqual({
        ...{ trainingStatus: 'PENDING', consent: null, samples: [], qualityScore: null, preview: null },
      });
    for (let twice = 0; twice < 2; twice += 1)
      expect(await graph.ask(verbs.delete, { input: { voiceId } }, user(owner))).toEqual({ deleteNarratorVoice: true });
    expect(await seen(voiceId, owner)).toBeNull();
  });

  it('are their owner’s alone: nobody else is even told that they exist', async () => {
    const [owner, stranger] = [person('ada'), person('bob')];
    const voiceId = await aReadyVoice(database.voices, { owner });
    const uploadId = await send(owner, voiceId);
    const moderator = { ...user(stranger), permissions: ['story:moderate', 'user:read'] };
    const inputs: readonly [keyof typeof verbs, object][] = [
      ['upload', { contentType: 'audio/wav', sizeBytes: 1 }],
      ['record', { uploadId, emotion: 'joy', sampleText: 'Hm.' }],
      ['remove', { sampleId: randomUUID() }],
      ['consent', { speaker: 'Bob', statement: 'I agree.' }],
      ['withdraw', {}],
      ['train', {}],
      ['delete', {}],
    ];
    for (const [verb, more] of inputs) {
      for (const id of [voiceId, randomUUID(), 'nonsense'])
        for (const caller of [user(stranger), moderator])
          expect([verb, (await graph.post(verbs[verb], { input: { voiceId: id, ...more } }, caller)).codes]).toEqual([
            verb,
            ['VOICE_NOT_FOUND'],
          ]);
      expect((await graph.post(verbs[verb], { input: { voiceId, ...more } }, nobody)).codes).toEqual(['SIGN_IN_REQUIRED']);
    }
    const references = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on NarratorVoice { name } ... on User { narratorVoices { nodes { id } } } } }`;
    const refs = {
      refs: [
        { __typename: 'NarratorVoice', id: voiceId },
        { __typename: 'User', id: owner },
      ],
    };
    for (const caller of [user(stranger), moderator, nobody]) {
      expect((await graph.ask(one, { id: voiceId }, caller)).narratorVoice).toBeNull();
      expect((await graph.ask(references, refs, caller))._entities).toEqual([null, { narratorVoices: null }]);
    }
    expect((await graph.ask(references, refs, user(owner)))._entities).toEqual([
      { name: 'My voice' },
      { narratorVoices: { nodes: [{ id: voiceId }] } },
    ]);
    const both = { refs: [owner, stranger].map((id) => ({ __typename: 'User', id })) };
    expect((await graph.ask(references, both, user(owner)))._entities).toEqual([
      { narratorVoices: { nodes: [{ id: voiceId }] } },
      { narratorVoices: null },
    ]);
  });

  it('take no upload of somebody else, of another voice, of another type, or one that has not arrived', async () => {
    const [owner, stranger] = [person('ada'), person('bob')];
    const [mine, other] = [await aNarratorVoice(database.voices, { owner }), await aNarratorVoice(database.voices, { owner })];
    const theirs = await aNarratorVoice(database.voices, { owner: stranger });
    for (const uploadId of [await send(owner, other), await send(stranger, theirs), 'nonsense'])
      expect((await graph.post(verbs.record, { input: sampleInput(mine, uploadId) }, user(owner))).codes).toEqual(['UPLOAD_UNKNOWN']);
    const promise = (more: object) =>
      graph.post(verbs.upload, { input: { voiceId: mine, contentType: 'audio/wav', sizeBytes: 10, ...more } }, user(owner));
    const { data } = await promise({});
    const { id } = data.requestVoiceSampleUpload as { id: string };
    expect((await graph.post(verbs.record, { input: sampleInput(mine, id) }, user(owner))).codes).toEqual(['UPLOAD_NOT_ARRIVED']);
    expect((await promise({ contentType: 'audio/mp4' })).codes).toEqual(['UPLOAD_TYPE_UNSUPPORTED']);
    expect((await promise({ sizeBytes: 25 * 1024 * 1024 + 1 })).codes).toEqual(['UPLOAD_TOO_LARGE']);
    expect((await promise({ sizeBytes: 0 })).codes).toEqual(['UPLOAD_EMPTY']);
    expect(await seen(mine, owner)).toMatchObject({ samples: [], trainingStatus: 'PENDING' });
  });

  it('need a verified address where they cost something', async () => {
    const owner = person('ada');
    const voiceId = await aNarratorVoice(database.voices, { owner, provider: 'elevenlabs' });
    await recorded(database.voices, voiceId);
    await graph.ask(verbs.consent, { input: { voiceId, speaker: 'Ada', statement: 'I agree.' } }, user(owner));
    expect((await graph.post(verbs.train, { input: { voiceId } }, user(owner))).codes).toEqual(['EMAIL_NOT_VERIFIED']);
    expect((await seen(voiceId, owner))?.kind).toBe('CLONE');
    const { data } = await graph.post(verbs.train, { input: { voiceId } }, { ...user(owner), isEmailVerified: true });
    expect(data.trainNarratorVoice).toMatchObject({ trainingStatus: 'TRAINING' });
  });

  it('refuse a provider and words that are none', async () => {
    const owner = person('ada');
    for (const [input, code] of [
      [{ name: 'Mine', provider: 'nobody' }, 'VOICE_PROVIDER_UNKNOWN'],
      [{ name: ' ' }, 'VOICE_NAME_INVALID'],
      [{ name: 'Mine', language: 'no language' }, 'LANGUAGE_INVALID'],
    ] as const)
      expect((await graph.post(verbs.create, { input }, user(owner))).codes).toEqual([code]);
  });

  it('that are ready-made are everybody’s to hear and nobody’s to change', async () => {
    const list = `query ($provider: String, $language: String) { readyMadeVoices(provider: $provider, language: $language) { ${fields} } }`;
    const found = async (filter: Record<string, unknown>) =>
      ((await graph.ask(list, filter, nobody)).readyMadeVoices as { id: string; name: string }[]).map(({ name }) => name);
    expect(await found({})).toHaveLength(3);
    expect(await found({ language: 'en' })).toEqual(['Reads en', 'Reads en-GB']);
    expect(await found({ language: 'en-GB' })).toEqual(['Reads en-GB']);
    expect(await found({ provider: 'elevenlabs' })).toEqual([]);
    const gone = { id: randomUUID(), provider: 'local', providerVoiceId: 'gone', language: 'en', description: 'Clear.', rank: 4 };
    await database.prisma.readyMadeVoiceRecord.create({ data: { ...gone, name: 'Retired', isRetired: true } });
    expect(await found({})).toHaveLength(3);
    expect((await graph.ask(one, { id: gone.id }, nobody)).narratorVoice).toMatchObject({ name: 'Retired', isRetired: true });
    const [voice] = (await graph.ask(list, {}, nobody)).readyMadeVoices as { id: string }[];
    expect(voice).toMatchObject({
      kind: 'READY_MADE',
      trainingStatus: 'READY',
      owner: null,
      samples: [],
      consent: null,
      updates: [],
      preview: null,
    });
    expect((await graph.ask(one, { id: voice?.id }, nobody)).narratorVoice).toMatchObject({ id: voice?.id });
    wanted.length = 0;
    await graph.ask(
      `{ readyMadeVoices { preview { url } again: preview { url } } retired: narratorVoice(id: "${gone.id}") { preview { url } } }`,
      {},
      nobody,
    );
    // All that are to be made at once, and nothing of those that are not offered.
    expect(wanted).toEqual([3]);
    const input = { voiceId: voice?.id };
    for (const verb of [verbs.train, verbs.delete])
      expect((await graph.post(verb, { input }, user(person('ada')))).codes).toEqual(['VOICE_NOT_FOUND']);
  });

  it('are paged in both directions, newest first', async () => {
    const owner = person('ada');
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) ids.unshift(await aNarratorVoice(database.voices, { owner }));
    const query = `query ($refs: [_Any!]!, $first: Int, $after: String, $last: Int) { _entities(representations: $refs) { ... on User {
      narratorVoices(first: $first, after: $after, last: $last) { nodes { id } pageInfo { hasNextPage endCursor } } } } }`;
    const page = async (args: object) => {
      const answer = await graph.ask(query, { refs: [{ __typename: 'User', id: owner }], ...args }, user(owner));
      const [found] = answer._entities as [
        { narratorVoices: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } },
      ];
      return { ids: found.narratorVoices.nodes.map(({ id }) => id), ...found.narratorVoices.pageInfo };
    };
    const first = await page({ first: 2 });
    expect([first.ids, first.hasNextPage]).toEqual([ids.slice(0, 2), true]);
    expect((await page({ first: 2, after: first.endCursor })).ids).toEqual(ids.slice(2));
    expect((await page({ last: 2 })).ids).toEqual(ids.slice(1));
  });

  it('cost as many statements for 50 as for one', async () => {
    const owner = person('prolific');
    const ids: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      const voiceId = await aReadyVoice(database.voices, { owner });
      await recorded(database.voices, voiceId);
      ids.push(voiceId);
    }
    const readyMade = await database.prisma.readyMadeVoiceRecord.findMany({ select: { id: true } });
    const many = [...ids, ...readyMade.map(({ id }) => id), ...Array.from({ length: 50 }, () => randomUUID())].slice(0, 50);
    const references = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on NarratorVoice { ${fields} } } }`;
    const refs = (some: readonly string[]) => ({ refs: some.map((id) => ({ __typename: 'NarratorVoice', id })) });
    const single = await database.statementsOf(() => graph.ask(references, refs(ids.slice(0, 1)), user(owner)));
    expect(single).toBeGreaterThan(0);
    expect(await database.statementsOf(() => graph.ask(references, refs(many), user(owner)))).toBe(single);

    const list = `query ($refs: [_Any!]!, $first: Int) { _entities(representations: $refs) { ... on User { narratorVoices(first: $first) { nodes { ${fields} } } } } }`;
    const users = (count: number) =>
      [owner, ...Array.from({ length: count - 1 }, () => person('nobody'))].map((id) => ({ __typename: 'User', id }));
    const short = await database.statementsOf(() => graph.ask(list, { refs: users(1), first: 1 }, user(owner)));
    expect(await database.statementsOf(() => graph.ask(list, { refs: users(50), first: 20 }, user(owner)))).toBe(short);
  });

  it('answer each mutation of a request as that mutation left them', async () => {
    const owner = person('ada');
    const { voiceId } = await inTraining(database.voices, { owner });
    const both = `mutation ($a: WithdrawVoiceConsentInput!, $b: VoiceConsentInput!) {
      a: withdrawVoiceConsent(input: $a) { consent { speaker } samples { id } } b: recordVoiceConsent(input: $b) { consent { speaker } samples { id } } }`;
    expect(await graph.ask(both, { a: { voiceId }, b: { voiceId, speaker: 'Eve', statement: 'Yes.' } }, user(owner))).toEqual({
      a: { consent: null, samples: [] },
      b: { consent: { speaker: 'Eve' }, samples: [] },
    });
    await expect(database.voices.update(voiceId, (voice) => requestTraining(voice, randomUUID()))).rejects.toMatchObject({
      code: 'VOICE_SAMPLES_MISSING',
    });
  });
});
