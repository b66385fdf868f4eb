import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { writeWav } from '@storytelling/narration/infrastructure/audio/wav';
import { signedClaims } from '@storytelling/shared/infrastructure/signed-claims';
import { RunningPlatform, until } from '../running-platform.js';
import { sendTo, type Upload, uploadFields } from '../uploads.js';
import { analyzedStory, completed, generateNarration, type Media, type Person, somebodyOn } from './people.js';
import { bytesFrom, heard, pitchOf } from './sound.js';

jest.setTimeout(60_000);

// Somebody records a voice, and has a story read in it. Whatever else is sent in place of a recording, and whoever else would use the voice or a link to
// it, is refused with a code, and nothing of it is stored.

interface Voice {
  readonly kind: string;
  readonly trainingStatus: string;
  readonly qualityScore: number | null;
  readonly consent: { readonly statement: string } | null;
  readonly preview: Media | null;
  readonly samples: { readonly id: string; readonly isLocked: boolean; readonly durationSeconds: number; readonly media: Media }[];
}

const createNarratorVoice = 'mutation ($input: CreateNarratorVoiceInput!) { createNarratorVoice(input: $input) { id cursor } }';
const requestUpload = `mutation ($input: VoiceSampleUploadInput!) { requestVoiceSampleUpload(input: $input) ${uploadFields} }`;
const requestImageUpload = `mutation ($input: UploadInput!) { requestProfileImageUpload(input: $input) ${uploadFields} }`;
const recordSample = 'mutation ($input: RecordVoiceSampleInput!) { recordVoiceSample(input: $input) { id } }';
const removeSample = 'mutation ($input: RemoveVoiceSampleInput!) { removeVoiceSample(input: $input) { id } }';
const recordConsent = 'mutation ($input: VoiceConsentInput!) { recordVoiceConsent(input: $input) { id } }';
const withdrawConsent = 'mutation ($input: WithdrawVoiceConsentInput!) { withdrawVoiceConsent(input: $input) { id } }';
const train = 'mutation ($input: TrainNarratorVoiceInput!) { trainNarratorVoice(input: $input) { id } }';
const media = '{ url sizeBytes durationSeconds }';
const readVoice = `query ($id: ID!) { narratorVoice(id: $id) {
  kind trainingStatus qualityScore consent { statement } preview ${media} samples { id isLocked durationSeconds media ${media} }
} }`;
const voiceUpdated = 'subscription ($id: ID!, $after: String) { narratorVoiceUpdated(id: $id, after: $after) { cursor eventType } }';

const chromium = readFileSync(join(import.meta.dirname, '../../subgraphs/narration/tests/audio/recordings/chromium.webm'));
/** That the platform signs with, so that what it will have signed can be made here: links of yesterday. */
const key = randomBytes(32);

let platform: RunningPlatform;
let ada: Person;
let ben: Person;
let voiceId: string;
/** A child's voice, as a provider has it. */
let child: Buffer;

beforeAll(async () => {
  platform = await RunningPlatform.start({ OBJECT_SIGNING_KEYS: key.toString('base64') });
  [ada, ben] = [await somebodyOn(platform), await somebodyOn(platform)];
  type Ready = { readyMadeVoices: { name: string; preview: Media | null }[] };
  let preview: Media | null | undefined;
  await until(async () => {
    const { readyMadeVoices } = await platform.ask<Ready>(`{ readyMadeVoices(provider: "local") { name preview ${media} } }`);
    preview = readyMadeVoices.find(({ name }) => name === 'Pip')?.preview;
    return preview != null;
  });
  child = await bytesFrom(preview?.url ?? '');
  voiceId = await newVoice(ada);
});
afterAll(() => platform.stop());

const ask = <Data>(query: string, input: object, { token }: Person) => platform.ask<Data>(query, { input }, token);
const codeOf = async (query: string, input: object, { token }: Person) =>
  (await platform.post(query, { input }, token)).errors?.[0]?.extensions.code;
const newVoice = async (person: Person) =>
  (await ask<{ createNarratorVoice: { id: string } }>(createNarratorVoice, { name: 'Mine' }, person)).createNarratorVoice.id;
const seen = async (person: Person, id = voiceId) =>
  (await platform.ask<{ narratorVoice: Voice | null }>(readVoice, { id }, person.token)).narratorVoice;

async function promised(file: Buffer, contentType: string, { person = ada, voice = voiceId } = {}): Promise<Upload> {
  const input = { voiceId: voice, contentType, sizeBytes: file.length };
  return (await ask<{ requestVoiceSampleUpload: Upload }>(requestUpload, input, person)).requestVoiceSampleUpload;
}

async function sent(file: Buffer, contentType: string, by?: Parameters<typeof promised>[2]): Promise<string> {
  const upload = await promised(file, contentType, by);
  expect(await sendTo(upload, file)).toBe(204);
  return upload.id;
}

const sample = (uploadId: string, voice = voiceId) => ({ voiceId: voice, uploadId, emotion: 'neutral', sampleText: 'The fox.' });

/** Every object but what was sent to be looked at, and the previews that the platform is still making. */
const kept = () =>
  readdirSync(join(platform.data, 'objects'), { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.object') && !/\/(uploads|ready-made)\//.test(path))
    .sort();

describe('a voice of one’s own', () => {
  it('is recorded, agreed to and trained, and a story is read in it', async () => {
    await ask(recordSample, sample(await sent(child, 'audio/mpeg')), ada);
    expect(await codeOf(train, { voiceId }, ada)).toBe('VOICE_CONSENT_MISSING');
    await ask(recordConsent, { voiceId, speaker: 'Ada', statement: 'I agree that my voice reads my stories.' }, ada);

    type Update = { narratorVoiceUpdated: { cursor: string; eventType: string } };
    const { cursor } = (
      await platform.ask<{ narratorVoice: { cursor: string } }>(
        'query ($id: ID!) { narratorVoice(id: $id) { cursor } }',
        { id: voiceId },
        ada.token,
      )
    ).narratorVoice;
    const live = platform.follow<Update>(
      voiceUpdated,
      { id: voiceId, token: ada.token },
      ({ narratorVoiceUpdated: update }) => update.cursor,
      cursor,
    );
    await ask(train, { voiceId }, ada);
    const types = () => live.updates.map(({ narratorVoiceUpdated: { eventType } }) => eventType);
    await until(() => types().includes('VoiceProfileTrained'));
    await live.close();
    expect([live.problems, types()[0], types().at(-1)]).toEqual([[], 'TrainingRequested', 'VoiceProfileTrained']);

    const trained = await seen(ada);
    // No copy of a voice, and it says so.
    expect(trained).toMatchObject({ kind: 'PROFILE', trainingStatus: 'READY', samples: [{ isLocked: true }] });
    expect(trained?.qualityScore).toBeGreaterThan(0);
    expect(trained?.qualityScore).toBeLessThan(1);
    expect(await codeOf(removeSample, { voiceId, sampleId: trained?.samples[0]?.id }, ada)).toBe('VOICE_SAMPLE_LOCKED');

    const story = await analyzedStory(
      platform,
      ada,
      'The lighthouse stood above the harbour, and nobody had lit its lamp for eleven years.',
    );
    const asked = await ask<{ generateNarration: { id: string } }>(generateNarration, { storyId: story.id, voiceId }, ada);
    const narration = await completed(platform, ada, asked.generateNarration.id);
    const [recorded, preview, read] = await Promise.all(
      [child, await bytesFrom(trained?.preview?.url ?? ''), await bytesFrom(narration.audio?.url ?? '')].map(async (bytes) =>
        pitchOf(await heard(bytes)),
      ),
    );
    // A child was recorded: far above every grown-up voice that the house has.
    for (const pitch of [preview, read]) expect(Math.abs((pitch ?? 0) / (recorded ?? 1) - 1)).toBeLessThan(0.12);
  });

  it('takes what a browser records', async () => {
    await ask(recordSample, { ...sample(await sent(chromium, 'audio/webm')), emotion: 'joy' }, ada);
    const [, recorded] = (await seen(ada))?.samples ?? [];
    expect(recorded?.isLocked).toBe(false);
    expect(recorded?.durationSeconds).toBeGreaterThan(5);
    expect((await bytesFrom(recorded?.media.url ?? '')).toString('latin1', 0, 4)).toBe('RIFF');
  });
});

describe('in place of a recording', () => {
  const silentFrame = Buffer.concat([Buffer.from([0xff, 0xe3, 0x18, 0xc0]), Buffer.alloc(68)]);
  const samples = (seconds: number) => Buffer.from(writeWav({ samples: new Float32Array(seconds * 16_000), sampleRate: 16_000 }));
  it.each<[string, string, () => Buffer, string]>([
    ['an executable named .wav', 'audio/wav', () => readFileSync(process.execPath).subarray(0, 300_000), 'VOICE_SAMPLE_UNREADABLE'],
    ['a file of two hours', 'audio/mpeg', () => Buffer.concat(Array<Buffer>(100_000).fill(silentFrame)), 'VOICE_SAMPLE_TOO_LONG'],
    ['a truncated MP3', 'audio/mpeg', () => child.subarray(0, child.length - 50), 'VOICE_SAMPLE_UNREADABLE'],
    ['a zip bomb', 'audio/ogg', () => gzipSync(Buffer.alloc(100_000_000)), 'VOICE_SAMPLE_UNREADABLE'],
    ['ten seconds of silence', 'audio/wav', () => samples(10), 'VOICE_SAMPLE_SILENT'],
    ['half a second', 'audio/wav', () => samples(0.5), 'VOICE_SAMPLE_TOO_SHORT'],
  ])('%s called %s is refused, and nothing of it is stored', async (_, contentType, make, code) => {
    const before = [kept(), (await seen(ada))?.samples.length];
    const uploadId = await sent(make(), contentType);
    expect((await platform.post(recordSample, { input: sample(uploadId) }, ada.token)).errors?.[0]?.extensions).toMatchObject({
      code,
      field: 'uploadId',
    });
    expect([kept(), (await seen(ada))?.samples.length]).toEqual(before);
  });

  it.each([
    ['audio/aac', 1000, 'UPLOAD_TYPE_UNSUPPORTED', 'contentType'],
    ['audio/wav', 25 * 1024 * 1024 + 1, 'UPLOAD_TOO_LARGE', 'sizeBytes'],
    ['audio/wav', 0, 'UPLOAD_EMPTY', 'sizeBytes'],
  ])('%s of %d bytes is not asked for', async (contentType, sizeBytes, code, field) => {
    const { errors } = await platform.post(requestUpload, { input: { voiceId, contentType, sizeBytes } }, ada.token);
    expect(errors?.[0]?.extensions).toMatchObject({ code, field });
  });
});

describe('nobody else', () => {
  it('uses an upload: not for a voice of theirs, nor she for another purpose', async () => {
    const before = kept();
    const uploadId = await sent(child, 'audio/mpeg');
    const [his, another] = [await newVoice(ben), await newVoice(ada)];
    expect(await codeOf(recordSample, sample(uploadId, his), ben)).toBe('UPLOAD_UNKNOWN');
    expect(await codeOf(recordSample, sample(uploadId, another), ada)).toBe('UPLOAD_UNKNOWN');
    const picture = await ask<{ requestProfileImageUpload: Upload }>(requestImageUpload, { contentType: 'image/png', sizeBytes: 10 }, ada);
    expect(await codeOf(recordSample, sample(picture.requestProfileImageUpload.id), ada)).toBe('UPLOAD_UNKNOWN');
    expect(
      await codeOf('mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }', { imageUploadId: uploadId }, ada),
    ).toBe('UPLOAD_UNKNOWN');
    expect([kept(), (await seen(ada, another))?.samples, (await seen(ben, his))?.samples]).toEqual([before, [], []]);
  });

  it('sees a voice, records for it, agrees in its name, trains it, or is read to in it', async () => {
    const story = await analyzedStory(platform, ben, 'The fox was afraid of the dark.');
    expect(await seen(ben)).toBeNull();
    const codes = await Promise.all([
      codeOf(requestUpload, { voiceId, contentType: 'audio/wav', sizeBytes: 10 }, ben),
      codeOf(recordConsent, { voiceId, speaker: 'Ben', statement: 'I agree.' }, ben),
      codeOf(withdrawConsent, { voiceId }, ben),
      codeOf(train, { voiceId }, ben),
      codeOf(generateNarration, { storyId: story.id, voiceId }, ben),
    ]);
    expect(codes).toEqual(codes.map(() => 'VOICE_NOT_FOUND'));
  });
});

describe('a link', () => {
  const refusal = async (url: string, init: RequestInit = {}) => {
    const response = await fetch(url, init);
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    return [response.status, errors[0]?.extensions.code];
  };
  const linkTo = (place: 'media' | 'uploads', token: string) => new URL(`/${place}/${token}`, platform.url).href;
  const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);
  const yesterday = Date.now() - 24 * 60 * 60 * 1000;
  const signed = (purpose: string, claims: object) => signedClaims([key]).sign(purpose, claims);

  it('to what is heard is good as it was given, not changed by one character, not after its time, and not for sending', async () => {
    const url = (await seen(ada))?.samples[0]?.media.url ?? '';
    expect((await fetch(url)).status).toBe(200);
    const token = tokenOf(url);
    for (const at of [0, Math.floor(token.length / 2), token.length - 1]) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(await refusal(linkTo('media', changed))).toEqual([403, 'MEDIA_LINK_INVALID']);
    }
    const { key: object } = JSON.parse(Buffer.from(token, 'base64url').toString().replace(/\}.*$/s, '}')) as { key: string };
    expect((await fetch(linkTo('media', signed('media', { key: object, expires: Date.now() + 60_000 })))).status).toBe(200);
    expect(await refusal(linkTo('media', signed('media', { key: object, expires: yesterday })))).toEqual([403, 'MEDIA_LINK_EXPIRED']);
    const before = await bytesFrom(url);
    const put = { method: 'PUT', headers: { 'content-type': 'audio/wav' }, body: new Uint8Array(before.length) };
    expect(await refusal(url, put)).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(await refusal(linkTo('uploads', token), put)).toEqual([403, 'UPLOAD_LINK_INVALID']);
    expect(await bytesFrom(url)).toEqual(before);
  });

  it('to send a recording is good once, for that file, in its time, and not for hearing', async () => {
    const upload = await promised(child, 'audio/mpeg');
    const put = { method: 'PUT', headers: { 'content-type': 'audio/mpeg' }, body: new Uint8Array(child) };
    expect(await refusal(linkTo('media', tokenOf(upload.url)))).toEqual([403, 'MEDIA_LINK_INVALID']);
    const changed = `${upload.url.slice(0, -1)}${upload.url.endsWith('A') ? 'B' : 'A'}`;
    expect(await refusal(changed, put)).toEqual([403, 'UPLOAD_LINK_INVALID']);
    expect(await refusal(upload.url, { ...put, body: new Uint8Array(10) })).toEqual([400, 'UPLOAD_SIZE_WRONG']);
    expect(await codeOf(recordSample, sample(upload.id), ada)).toBe('UPLOAD_NOT_ARRIVED');
    expect(await sendTo(upload, child)).toBe(204);
    expect(await refusal(upload.url, put)).toEqual([409, 'UPLOAD_REPEATED']);

    const late = { key: `narration/uploads/somebody/${voiceId}`, type: 'audio/mpeg', bytes: child.length, expires: yesterday };
    expect(await refusal(linkTo('uploads', signed('upload', late)), put)).toEqual([403, 'UPLOAD_LINK_EXPIRED']);
    expect(
      readdirSync(join(platform.data, 'objects'), { recursive: true })
        .map(String)
        .filter((path) => path.includes('somebody')),
    ).toEqual([]);
  });
});

describe('a voice whose consent is withdrawn', () => {
  it('is gone, with its recordings', async () => {
    const links = (await seen(ada))?.samples.map((one) => one.media.url) ?? [];
    expect(links).toHaveLength(2);
    await ask(withdrawConsent, { voiceId }, ada);
    expect(await seen(ada)).toMatchObject({ consent: null, samples: [], preview: null });
    await until(() => kept().every((path) => !path.includes(voiceId)));
    for (const url of links) expect((await fetch(url)).status).toBe(404);
  });
});
