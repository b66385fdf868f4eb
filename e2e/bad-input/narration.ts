import { randomUUID } from 'node:crypto';
import { type RunningPlatform, until } from '../running-platform.js';

// What a careless or hostile client may ask of narrations and voices.

/** What the rows below refer to: somebody's own, unless it says otherwise. */
export interface KnownOfNarration {
  /** Of the published story, complete. */
  readonly narration: { readonly id: string; readonly cursor: string; readonly segment: string };
  /** Nothing has been recorded for it. */
  readonly voice: { readonly id: string; readonly cursor: string };
  readonly theirVoice: string;
  readonly readyMadeVoice: string;
  /** An upload for the voice, whose bytes have not been sent. */
  readonly recording: string;
}

export const narrationVerbs = {
  generateNarration: 'mutation ($input: GenerateNarrationInput!) { generateNarration(input: $input) { id } }',
  regenerateSegment: 'mutation ($input: RegenerateSegmentInput!) { regenerateSegment(input: $input) { id } }',
  resumeNarration: 'mutation ($input: ResumeNarrationInput!) { resumeNarration(input: $input) { id } }',
  cancelNarration: 'mutation ($input: CancelNarrationInput!) { cancelNarration(input: $input) { id } }',
  deleteNarration: 'mutation ($input: DeleteNarrationInput!) { deleteNarration(input: $input) }',
  createNarratorVoice: 'mutation ($input: CreateNarratorVoiceInput!) { createNarratorVoice(input: $input) { id cursor } }',
  requestVoiceSampleUpload: 'mutation ($input: VoiceSampleUploadInput!) { requestVoiceSampleUpload(input: $input) { id } }',
  recordVoiceSample: 'mutation ($input: RecordVoiceSampleInput!) { recordVoiceSample(input: $input) { id } }',
  removeVoiceSample: 'mutation ($input: RemoveVoiceSampleInput!) { removeVoiceSample(input: $input) { id } }',
  recordVoiceConsent: 'mutation ($input: VoiceConsentInput!) { recordVoiceConsent(input: $input) { id } }',
  withdrawVoiceConsent: 'mutation ($input: WithdrawVoiceConsentInput!) { withdrawVoiceConsent(input: $input) { id } }',
  trainNarratorVoice: 'mutation ($input: TrainNarratorVoiceInput!) { trainNarratorVoice(input: $input) { id } }',
  deleteNarratorVoice: 'mutation ($input: DeleteNarratorVoiceInput!) { deleteNarratorVoice(input: $input) }',
};
type Verb = keyof typeof narrationVerbs;

export const narrationUpdated = 'subscription ($id: ID!, $after: String) { narrationUpdated(id: $id, after: $after) { cursor } }';
export const narratorVoiceUpdated = 'subscription ($id: ID!, $after: String) { narratorVoiceUpdated(id: $id, after: $after) { cursor } }';

/** `token` is that of the author of the published story. */
export async function knownOfNarration(
  platform: RunningPlatform,
  { token, theirToken, published }: { token: string; theirToken: string; published: string },
): Promise<KnownOfNarration> {
  const ask = <Data>(query: string, variables: object, of = token) => platform.ask<Data>(query, variables, of);
  const { readyMadeVoices } = await ask<{ readyMadeVoices: { id: string }[] }>('{ readyMadeVoices(provider: "local") { id } }', {});
  const readyMadeVoice = readyMadeVoices[0]?.id ?? '';
  const order = { storyId: published, voiceId: readyMadeVoice };
  const { generateNarration } = await ask<{ generateNarration: { id: string } }>(narrationVerbs.generateNarration, { input: order });
  const { id } = generateNarration;
  const read = 'query ($id: ID!) { narration(id: $id) { status cursor segments { nodes { id } } } }';
  type Read = { narration: { status: string; cursor: string; segments: { nodes: { id: string }[] } } };
  let narration: Read['narration'] | undefined;
  await until(async () => {
    ({ narration } = await ask<Read>(read, { id }));
    return narration.status === 'COMPLETED';
  });
  type Created = { createNarratorVoice: { id: string; cursor: string } };
  const newVoice = async (of: string) =>
    (await ask<Created>(narrationVerbs.createNarratorVoice, { input: { name: 'A voice' } }, of)).createNarratorVoice;
  const voice = await newVoice(token);
  const { requestVoiceSampleUpload } = await ask<{ requestVoiceSampleUpload: { id: string } }>(narrationVerbs.requestVoiceSampleUpload, {
    input: { voiceId: voice.id, contentType: 'audio/wav', sizeBytes: 10 },
  });
  return {
    narration: { id, cursor: narration?.cursor ?? '', segment: narration?.segments.nodes[0]?.id ?? '' },
    voice,
    theirVoice: (await newVoice(theirToken)).id,
    readyMadeVoice,
    recording: requestVoiceSampleUpload.id,
  };
}

type Known = KnownOfNarration &
  Readonly<Record<'draft' | 'theirs' | 'published', { readonly id: string }>> & { readonly character: string };
export type NarrationRow = [verb: Verb, what: string, code: string, field: string | undefined, input: (known: Known) => object];

/** The verb with what is right of its input, but for what a row says. */
const but =
  (verb: Verb, right: (known: Known) => object) =>
  (what: string, code: string, field: string | undefined, wrong: object | ((known: Known) => object)): NarrationRow => [
    verb,
    what,
    code,
    field,
    (known) => ({ ...right(known), ...(typeof wrong === 'function' ? wrong(known) : wrong) }),
  ];

const generate = but('generateNarration', ({ published, readyMadeVoice }) => ({ storyId: published.id, voiceId: readyMadeVoice }));
const regenerate = but('regenerateSegment', ({ narration }) => ({
  narrationId: narration.id,
  segmentId: narration.segment,
  emotion: 'joy',
}));
const create = but('createNarratorVoice', () => ({ name: 'A voice' }));
const upload = but('requestVoiceSampleUpload', ({ voice }) => ({ voiceId: voice.id, contentType: 'audio/wav', sizeBytes: 10 }));
const record = but('recordVoiceSample', ({ voice, recording }) => ({
  ...{ voiceId: voice.id, uploadId: recording },
  ...{ emotion: 'joy', sampleText: 'Once.' },
}));
const remove = but('removeVoiceSample', ({ voice }) => ({ voiceId: voice.id, sampleId: randomUUID() }));
const consent = but('recordVoiceConsent', ({ voice }) => ({ voiceId: voice.id, speaker: 'Ada', statement: 'I agree.' }));
const emoji = (count: number) => '😀'.repeat(count);

/** `canary` stands in what is refused. */
export const narrationOfWrongForm = (canary: string): NarrationRow[] => [
  generate('without a voice', 'BAD_USER_INPUT', 'input', { voiceId: undefined }),
  generate('with text for a cast', 'BAD_USER_INPUT', 'input.cast', { cast: canary }),
  generate('with a cast of nobody', 'BAD_USER_INPUT', 'input.cast[0]', { cast: [{ voiceId: canary }] }),
  generate('in a number', 'BAD_USER_INPUT', 'input.audioFormat', { audioFormat: 31337 }),
  regenerate('with a list of emotions', 'BAD_USER_INPUT', 'input.emotion', { emotion: [canary] }),
  create('in somebody else’s name', 'BAD_USER_INPUT', 'input', { ownerId: canary }),
  upload('of 1.5 bytes', 'BAD_USER_INPUT', 'input.sizeBytes', { sizeBytes: 1.5 }),
  upload('of 4 GB', 'BAD_USER_INPUT', 'input.sizeBytes', { sizeBytes: 2 ** 32 }),
  consent('by an object', 'BAD_USER_INPUT', 'input.statement', { statement: { words: canary } }),
];

export const refusedNarration = (canary: string): NarrationRow[] => [
  generate('of a NUL', 'NARRATED_STORY_NOT_FOUND', 'storyId', { storyId: `${canary}\u0000` }),
  generate('of 100,000 characters', 'NARRATED_STORY_NOT_FOUND', 'storyId', { storyId: canary.padEnd(100_000, 'x') }),
  generate('of SQL', 'NARRATED_STORY_NOT_FOUND', 'storyId', { storyId: "x'; DROP TABLE story_narrations; --" }),
  generate('of somebody else’s draft', 'NARRATED_STORY_NOT_FOUND', 'storyId', ({ theirs: { id } }) => ({ storyId: id })),
  generate('before any analysis', 'NARRATED_STORY_NOT_ANALYZED', 'storyId', ({ draft: { id } }) => ({ storyId: id })),
  generate('by no voice', 'VOICE_NOT_FOUND', 'voiceId', { voiceId: `${canary}\u0000` }),
  generate('by a voice of somebody else', 'VOICE_NOT_FOUND', 'voiceId', ({ theirVoice }) => ({ voiceId: theirVoice })),
  generate('by a voice that cannot speak', 'VOICE_NOT_READY', 'voiceId', ({ voice }) => ({ voiceId: voice.id })),
  generate('in a format that is none', 'AUDIO_FORMAT_UNSUPPORTED', 'audioFormat', { audioFormat: `${canary}\u0000` }),
  generate('with a character that is none', 'CAST_CHARACTER_UNKNOWN', 'cast.characterId', ({ readyMadeVoice }) => ({
    cast: [{ characterId: `${canary}\u0000`, voiceId: readyMadeVoice }],
  })),
  generate('with a character twice', 'CAST_CHARACTER_TWICE', 'cast.characterId', ({ character, readyMadeVoice }) => ({
    cast: [character, character.toUpperCase()].map((characterId) => ({ characterId, voiceId: readyMadeVoice })),
  })),
  generate('with a cast by no voice', 'VOICE_NOT_FOUND', 'cast.voiceId', ({ character }) => ({
    cast: [{ characterId: character, voiceId: canary }],
  })),
  generate('with a cast of 101', 'CAST_TOO_LARGE', 'cast', ({ readyMadeVoice }) => ({
    cast: Array.from({ length: 101 }, () => ({ characterId: randomUUID(), voiceId: readyMadeVoice })),
  })),
  generate('with a NUL in the idempotencyKey', 'TEXT_UNREADABLE', 'idempotencyKey', { idempotencyKey: `${canary}\u0000` }),
  regenerate('of no narration', 'NARRATION_NOT_FOUND', 'narrationId', { narrationId: `${canary}\u0000` }),
  regenerate('of no segment', 'NARRATION_SEGMENT_NOT_FOUND', 'segmentId', { segmentId: `${canary}\u0000` }),
  regenerate('of another segment', 'NARRATION_SEGMENT_NOT_FOUND', 'segmentId', { segmentId: randomUUID() }),
  regenerate('in a mood that is none', 'EMOTION_UNKNOWN', 'emotion', { emotion: canary }),
  regenerate('without words', 'SEGMENT_TEXT_EMPTY', 'text', { text: ' \n ' }),
  regenerate('of 5,001 emoji', 'SEGMENT_TEXT_TOO_LONG', 'text', { text: emoji(5_001) }),
  regenerate('of a NUL', 'TEXT_UNREADABLE', 'text', { text: `${canary}\u0000` }),
  regenerate('by a voice of somebody else', 'VOICE_NOT_FOUND', 'voiceId', ({ theirVoice }) => ({ voiceId: theirVoice })),
  regenerate('otherwise in nothing', 'REGENERATION_CHANGES_NOTHING', undefined, { emotion: null }),
  ['resumeNarration', 'of nobody', 'NARRATION_NOT_FOUND', 'narrationId', () => ({ narrationId: canary })],
  ['resumeNarration', 'that is complete', 'NARRATION_COMPLETE', 'narrationId', ({ narration: { id } }) => ({ narrationId: id })],
  ['cancelNarration', 'of a NUL', 'NARRATION_NOT_FOUND', 'narrationId', () => ({ narrationId: `${canary}\u0000` })],
  ['deleteNarration', 'of a story', 'NARRATION_NOT_FOUND', 'narrationId', ({ published: { id } }) => ({ narrationId: id })],
  create('without a name', 'VOICE_NAME_INVALID', 'name', { name: ' \t ' }),
  create('with a name of 201 emoji', 'VOICE_NAME_INVALID', 'name', { name: emoji(201) }),
  create('with a name of two lines', 'VOICE_NAME_INVALID', 'name', { name: `A\n${canary}` }),
  create('with a name that controls a terminal', 'VOICE_NAME_INVALID', 'name', { name: `\u001b[31m${canary}` }),
  create('with a NUL in the name', 'TEXT_UNREADABLE', 'name', { name: `${canary}\u0000` }),
  create('at no provider', 'VOICE_PROVIDER_UNKNOWN', 'provider', { provider: `${canary}\u0000` }),
  create('in no language', 'LANGUAGE_INVALID', 'language', { language: canary }),
  upload('for no voice', 'VOICE_NOT_FOUND', 'voiceId', { voiceId: `${canary}\u0000` }),
  upload('for a voice that is ready-made', 'VOICE_NOT_FOUND', 'voiceId', ({ readyMadeVoice }) => ({ voiceId: readyMadeVoice })),
  upload('of a picture', 'UPLOAD_TYPE_UNSUPPORTED', 'contentType', { contentType: 'image/png' }),
  upload('of a type that is none', 'UPLOAD_TYPE_UNSUPPORTED', 'contentType', { contentType: `audio/wav\u0000${canary}` }),
  upload('of 25 MB and a byte', 'UPLOAD_TOO_LARGE', 'sizeBytes', { sizeBytes: 25 * 1024 * 1024 + 1 }),
  upload('of less than nothing', 'UPLOAD_EMPTY', 'sizeBytes', { sizeBytes: -1 }),
  record('for no voice', 'VOICE_NOT_FOUND', 'voiceId', { voiceId: canary }),
  record('of nothing', 'UPLOAD_UNKNOWN', 'uploadId', { uploadId: '' }),
  record('by an upload that was changed', 'UPLOAD_UNKNOWN', 'uploadId', ({ recording }) => ({ uploadId: recording.slice(0, -4) + canary })),
  record('by an upload that did not arrive', 'UPLOAD_NOT_ARRIVED', 'uploadId', {}),
  record('in a mood that is none', 'EMOTION_UNKNOWN', 'emotion', { emotion: `${canary}\u0000` }),
  record('without words', 'VOICE_TEXT_INVALID', 'sampleText', { sampleText: ' ' }),
  record('of 3,001 emoji', 'VOICE_TEXT_INVALID', 'sampleText', { sampleText: emoji(3_001) }),
  record('of half a surrogate pair', 'TEXT_UNREADABLE', 'sampleText', { sampleText: `${canary}\ud800` }),
  remove('that is none', 'VOICE_SAMPLE_NOT_FOUND', 'sampleId', { sampleId: `${canary}\u0000` }),
  remove('of somebody else', 'VOICE_NOT_FOUND', 'voiceId', ({ theirVoice }) => ({ voiceId: theirVoice })),
  consent('of nobody', 'VOICE_NAME_INVALID', 'speaker', { speaker: ' ' }),
  consent('of 201 emoji', 'VOICE_NAME_INVALID', 'speaker', { speaker: emoji(201) }),
  consent('without words', 'VOICE_TEXT_INVALID', 'statement', { statement: '\n' }),
  consent('in 2,001 emoji', 'VOICE_TEXT_INVALID', 'statement', { statement: emoji(2_001) }),
  consent('in a NUL', 'TEXT_UNREADABLE', 'statement', { statement: `${canary}\u0000` }),
  ['withdrawVoiceConsent', 'of no voice', 'VOICE_NOT_FOUND', 'voiceId', () => ({ voiceId: `${canary}\u0000` })],
  ['trainNarratorVoice', 'of no voice', 'VOICE_NOT_FOUND', 'voiceId', () => ({ voiceId: canary })],
  ['trainNarratorVoice', 'that nobody agreed to', 'VOICE_CONSENT_MISSING', 'voiceId', ({ voice: { id } }) => ({ voiceId: id })],
  ['deleteNarratorVoice', 'of somebody else', 'VOICE_NOT_FOUND', 'voiceId', ({ theirVoice }) => ({ voiceId: theirVoice })],
];
