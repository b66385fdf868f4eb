import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { writeWav } from '@storytelling/narration/infrastructure/audio/wav';
import { jpegPicture, withExif } from '@storytelling/shared/testing/pictures';
import type { startOpenIdProvider } from '../../tools/oidc/provider.mjs';
import { appCode } from '../authenticator-app.js';
import { type RunningPlatform, until } from '../running-platform.js';
import { sendTo, type Upload, uploadFields } from '../uploads.js';
import type { Canaries } from './whereabouts.js';

// What people do on the platform before one of them is erased: whatever leaves words of a person somewhere, each word with a canary in it.

const session = 'accessToken refreshToken user { id }';
const register = `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`;
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { ${session} } }`;
const refreshSession = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} } }`;
const updateProfile = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { profile { image { url } } } }';
const beginSecondFactor = 'mutation { beginSecondFactor { secret } }';
const confirmSecondFactor = 'mutation ($input: ConfirmSecondFactorInput!) { confirmSecondFactor(input: $input) { recoveryCodes } }';
const beginProviderSignIn = 'mutation ($input: BeginProviderSignInInput!) { beginProviderSignIn(input: $input) { url state } }';
const signInWithProvider = `mutation ($input: ProviderSignInInput!) { signInWithProvider(input: $input) { ${session} } }`;
const assignRole = 'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { id } }';
const deactivateUser = 'mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { id } }';
const createStory = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id } }';
const editStory = 'mutation ($input: EditStoryInput!) { editStory(input: $input) { id } }';
const analyzeStory = 'mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { id } }';
const publishStory = 'mutation ($input: PublishStoryInput!) { publishStory(input: $input) { id } }';
const saveCharacter = 'mutation ($input: SaveCharacterInput!) { saveCharacter(input: $input) { id } }';
const setCharacterImage = 'mutation ($input: SetCharacterImageInput!) { setCharacterImage(input: $input) { image { url } } }';
const reportContent = 'mutation ($input: ReportContentInput!) { reportContent(input: $input) { id } }';
const moderateStory = 'mutation ($input: ModerateStoryInput!) { moderateStory(input: $input) { id } }';
const requestProfileImageUpload = `mutation ($input: UploadInput!) { requestProfileImageUpload(input: $input) ${uploadFields} }`;
const requestCharacterImageUpload = `mutation ($input: CharacterImageUploadInput!) { requestCharacterImageUpload(input: $input) ${uploadFields} }`;
const createNarratorVoice = 'mutation ($input: CreateNarratorVoiceInput!) { createNarratorVoice(input: $input) { id } }';
const requestVoiceSampleUpload = `mutation ($input: VoiceSampleUploadInput!) { requestVoiceSampleUpload(input: $input) ${uploadFields} }`;
const recordVoiceSample = 'mutation ($input: RecordVoiceSampleInput!) { recordVoiceSample(input: $input) { media { url } } }';
const recordVoiceConsent = 'mutation ($input: VoiceConsentInput!) { recordVoiceConsent(input: $input) { id } }';
const trainNarratorVoice = 'mutation ($input: TrainNarratorVoiceInput!) { trainNarratorVoice(input: $input) { id } }';
const readVoices = 'query ($id: ID!) { narratorVoice(id: $id) { trainingStatus } readyMadeVoices(provider: "local") { id } }';
const generateNarration = 'mutation ($input: GenerateNarrationInput!) { generateNarration(input: $input) { id } }';
const regenerateSegment = 'mutation ($input: RegenerateSegmentInput!) { regenerateSegment(input: $input) { id } }';
const readNarration = 'query ($id: ID!) { narration(id: $id) { status audio { url } segments(first: 1) { nodes { id } } } }';
const readStory = 'query ($id: ID!) { story(id: $id) { status characters { id } } }';

export const password = 'a fox in the cellar';
const redirectUri = 'http://127.0.0.1:9/signed-in';

type Provider = Awaited<ReturnType<typeof startOpenIdProvider>>;
/** Who is known at the provider, for `startOpenIdProvider`. */
export const atProvider = { redirectUri, people: {} as Record<string, { email: string; email_verified: boolean }> };

/** Settings of a platform on which people may sign in with that provider. */
export const offering = ({ issuer, clientId, clientSecret }: Provider) => ({
  OIDC_PROVIDERS: 'example',
  OIDC_REDIRECT_URIS: redirectUri,
  OIDC_EXAMPLE_NAME: 'Example',
  OIDC_EXAMPLE_ISSUER: issuer,
  OIDC_EXAMPLE_CLIENT_ID: clientId,
  OIDC_EXAMPLE_CLIENT_SECRET: clientSecret,
});

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: { readonly id: string };
}
interface Person {
  readonly id: string;
  readonly token: string;
  readonly email: string;
}
export interface Writer extends Person {
  /** A published one, with another edition under way. */
  readonly story: string;
  readonly canaries: Canaries;
}
export interface Staff extends Person {
  /** Of the second factor, in place of codes of the app, which are good once in 30 seconds. */
  readonly recoveryCodes: string[];
}

/** Letters only, so that it may be in the name of a character, and unlike all others. It ends as no word does that a search would shorten. */
const canary = (what: string) => `${what}${randomUUID().replace(/[^a-f]/g, '')}${randomUUID().replace(/[^a-f]/g, '')}x`;
const canaries = <const Name extends string>(...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, canary(name)])) as Record<Name, string>;

/** Registers, shows herself, has a story analyzed and published, and goes on writing. */
export async function writerOn(platform: RunningPlatform): Promise<Writer> {
  const words = canaries('email', 'display', 'earlier', 'first', 'last', 'title', 'text', 'nexttitle', 'nexttext', 'draft');
  const character = `Z${canary('elda')}`;
  const email = `${words.email}@example.org`;
  const account = { email, password, displayName: `Ada ${words.earlier}`, firstName: words.first, lastName: words.last };
  const registered = (await platform.ask<{ register: Session }>(register, { input: account })).register;
  const input = { refreshToken: registered.refreshToken };
  const { accessToken: token } = (await platform.ask<{ refreshSession: Session }>(refreshSession, { input })).refreshSession;
  await platform.verifyEmail(email);
  await platform.ask(updateProfile, { input: { displayName: `Ada ${words.display}` } }, token);
  await created(platform, token, { title: `Draft ${words.draft}`, content: `Nobody has read ${words.draft}.` });
  const story = await published(platform, token, {
    title: `The ${words.title}`,
    content: `“Who is there?” said ${character}. “It is ${words.text},” said ${character}. ${character} was afraid.`,
  });
  const next = { title: `Next ${words.nexttitle}`, content: `Then came ${words.nexttext}.` };
  await platform.ask(editStory, { input: { id: story, expectedVersion: 1, ...next } }, token);
  return { id: registered.user.id, token, email, story, canaries: { ...words, character } };
}

/** Shows her face and that of a character, which she corrects, and reports somebody else's story. */
export async function goesOn(platform: RunningPlatform, { token, story }: Writer, reported: string): Promise<Canaries> {
  const words = canaries('name', 'alias', 'description', 'personality', 'trait', 'details', 'place', 'unused');
  const seen = await platform.ask<{ story: { characters: { id: string }[] } }>(readStory, { id: story }, token);
  const [{ id: characterId } = { id: '' }] = seen.story.characters;
  const { name, alias, description, personality, trait } = words;
  const corrected = { name: `Z${name}`, aliases: [alias], description, personality, traits: [trait] };
  await platform.ask(saveCharacter, { input: { storyId: story, id: characterId, ...corrected } }, token);

  const image = async (ask: string, input: object, place: string) => {
    // Of a size of its own, so that there is none like it.
    const photo = withExif(await jpegPicture(randomInt(20, 500), randomInt(20, 500)), { orientation: 1, place });
    return sent(platform, ask, { ...input, contentType: 'image/jpeg', sizeBytes: photo.length }, photo, token);
  };
  await image(requestProfileImageUpload, {}, words.unused);
  const face = await platform.ask<{ updateProfile: { profile: { image: { url: string } } } }>(
    updateProfile,
    { input: { imageUploadId: await image(requestProfileImageUpload, {}, words.place) } },
    token,
  );
  const of = { storyId: story, characterId };
  const mask = await platform.ask<{ setCharacterImage: { image: { url: string } } }>(
    setCharacterImage,
    { input: { ...of, imageUploadId: await image(requestCharacterImageUpload, of, words.place) } },
    token,
  );
  await platform.ask(reportContent, { input: { storyId: reported, reason: 'OTHER', details: `I am ${words.details}.` } }, token);
  // Where a photograph was taken is not kept at all.
  const { place: _, ...kept } = words;
  return {
    ...kept,
    face: await contentOf(face.updateProfile.profile.image.url),
    mask: await contentOf(mask.setCharacterImage.image.url),
  };
}

/**
 * Records her voice, agrees that it is trained, and has a published story read: once by a voice of the house, and once in her own, a line of it in other
 * words than she wrote.
 */
export async function isHeard(platform: RunningPlatform, { token }: Person): Promise<Canaries> {
  const words = canaries('told', 'voicename', 'speaker', 'agreement', 'sampletext', 'retold');
  const hero = `Z${canary('hero')}`;
  const recording = writeWav({ samples: humming(3), sampleRate });
  const ask = <Data>(query: string, input: object) => platform.ask<Record<string, Data>>(query, { input }, token);
  const { createNarratorVoice: voice } = await ask<{ id: string }>(createNarratorVoice, { name: words.voicename });
  const voiceId = voice?.id;
  const file = { voiceId, contentType: 'audio/wav', sizeBytes: recording.length };
  const uploadId = await sent(platform, requestVoiceSampleUpload, file, Buffer.from(recording), token);
  const spoken = { voiceId, uploadId, emotion: 'joy', sampleText: words.sampletext };
  const { recordVoiceSample: sample } = await ask<{ media: { url: string } }>(recordVoiceSample, spoken);
  await ask(recordVoiceConsent, { voiceId, speaker: words.speaker, statement: words.agreement });
  await ask(trainNarratorVoice, { voiceId });

  const content = `“Who is there?” said ${hero}. “It is ${words.told},” said ${hero}. ${hero} was afraid.`;
  const storyId = await published(platform, token, { title: `Of ${words.told}`, content });
  type Known = { narratorVoice: { trainingStatus: string }; readyMadeVoices: { id: string }[] };
  let known: Known | undefined;
  await until(async () => {
    known = await platform.ask<Known>(readVoices, { id: voiceId }, token);
    return known.narratorVoice.trainingStatus === 'READY';
  });
  const [ready] = known?.readyMadeVoices ?? [];
  await narrated(platform, token, { storyId, voiceId: ready?.id });
  const own = await narrated(platform, token, { storyId, voiceId });
  const input = { narrationId: own.id, segmentId: own.segment, text: `It was ${words.retold}.` };
  await ask(regenerateSegment, input);
  const whole = await heard(platform, token, own.id);
  return { ...words, hero, sample: await contentOf(sample?.media.url ?? ''), whole: await contentOf(whole.audio) };
}

async function narrated(platform: RunningPlatform, token: string, input: object): Promise<{ id: string; segment: string }> {
  const { generateNarration: asked } = await platform.ask<{ generateNarration: { id: string } }>(generateNarration, { input }, token);
  return { id: asked.id, segment: (await heard(platform, token, asked.id)).segment };
}

/** When it is complete. */
async function heard(platform: RunningPlatform, token: string, id: string): Promise<{ audio: string; segment: string }> {
  type Narration = { status: string; audio: { url: string } | null; segments: { nodes: { id: string }[] } };
  let narration: Narration | undefined;
  await until(async () => {
    ({ narration } = await platform.ask<{ narration: Narration }>(readNarration, { id }, token));
    return narration.status === 'COMPLETED';
  });
  return { audio: narration?.audio?.url ?? '', segment: narration?.segments.nodes[0]?.id ?? '' };
}

const sampleRate = 16_000;

/** Somebody who hums, breathing in every second, at a pitch of their own. */
function humming(seconds: number): Float32Array {
  const pitch = randomInt(100, 250);
  return Float32Array.from({ length: seconds * sampleRate }, (_, at) => {
    const time = at / sampleRate;
    const voice = [1, 2, 3, 4, 5].reduce((sum, harmonic) => sum + Math.sin(2 * Math.PI * pitch * harmonic * time) / harmonic, 0);
    return time % 1 < 0.8 ? voice / 5 : (Math.random() - 0.5) / 1_000;
  });
}

/** Sets up a second factor, and signs in with an account elsewhere. */
export async function securesHerself(platform: RunningPlatform, provider: Provider, { token, email }: Writer): Promise<Canaries> {
  const words = canaries('subject');
  atProvider.people[words.subject] = { email, email_verified: true };
  const codeVerifier = randomBytes(32).toString('base64url');
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
  const { beginProviderSignIn: begun } = await platform.ask<{ beginProviderSignIn: { url: string; state: string } }>(beginProviderSignIn, {
    input: { provider: 'example', redirectUri, codeChallenge },
  });
  const { searchParams } = await provider.signIn(begun.url, words.subject);
  const input = { provider: 'example', code: searchParams.get('code'), state: begun.state, codeVerifier };
  await platform.ask(signInWithProvider, { input });
  await holdsDevice(platform, token);
  return words;
}

/** A super-admin. `promote` is what the operator of the machine does. */
export async function superAdminOn(platform: RunningPlatform, promote: (email: string) => Promise<unknown>): Promise<Staff> {
  const email = `${randomUUID()}@example.org`;
  await platform.ask(register, { input: { email, password, displayName: 'Grace' } });
  await promote(email);
  const { accessToken, user } = (await platform.ask<{ signIn: Session }>(signIn, { input: { email, password } })).signIn;
  const recoveryCodes = await holdsDevice(platform, accessToken);
  const [secondFactorCode, ...unspent] = recoveryCodes;
  const again = (await platform.ask<{ signIn: Session }>(signIn, { input: { email, password, secondFactorCode } })).signIn;
  return { id: user.id, token: again.accessToken, email, recoveryCodes: unspent };
}

/** Staff take two stories from readers, give the writer another role and close her account, and say why each time. */
export async function isDealtWith(platform: RunningPlatform, { id: userId, token }: Writer, { token: staff, recoveryCodes }: Staff) {
  const words = canaries('unpublished', 'archived', 'rolereason', 'deactivated');
  for (const [decision, why] of [
    ['UNPUBLISH', words.unpublished],
    ['ARCHIVE', words.archived],
  ]) {
    const storyId = await published(platform, token, { title: 'Another', content: `“Of ${decision},” said Ada.` });
    await platform.ask(moderateStory, { input: { storyId, decision, reason: `She is ${why}.` } }, staff);
  }
  const role = { userId, role: 'CUSTOMER_SUPPORT', reason: words.rolereason, secondFactorCode: recoveryCodes.pop() };
  await platform.ask(assignRole, { input: role }, staff);
  await platform.ask(deactivateUser, { input: { userId, reason: words.deactivated } }, staff);
  return words;
}

async function created(platform: RunningPlatform, token: string, input: object): Promise<string> {
  return (await platform.ask<{ createStory: { id: string } }>(createStory, { input }, token)).createStory.id;
}

async function published(platform: RunningPlatform, token: string, input: object): Promise<string> {
  const id = await created(platform, token, input);
  await platform.ask(analyzeStory, { input: { id } }, token);
  const statusOf = async () => (await platform.ask<{ story: { status: string } }>(readStory, { id }, token)).story.status;
  await until(async () => (await statusOf()) === 'ANALYZED');
  await platform.ask(publishStory, { input: { id, expectedVersion: 1 } }, token);
  return id;
}

async function holdsDevice(platform: RunningPlatform, token: string): Promise<string[]> {
  const { secret } = (await platform.ask<{ beginSecondFactor: { secret: string } }>(beginSecondFactor, {}, token)).beginSecondFactor;
  const input = { code: appCode(secret, 0), password };
  type Confirmed = { confirmSecondFactor: { recoveryCodes: string[] } };
  return (await platform.ask<Confirmed>(confirmSecondFactor, { input }, token)).confirmSecondFactor.recoveryCodes;
}

/** The id of an upload whose bytes have been sent. */
async function sent(platform: RunningPlatform, ask: string, input: object, body: Buffer, token: string): Promise<string> {
  const [promised] = Object.values(await platform.ask<Record<string, Upload>>(ask, { input }, token));
  if (!promised) throw new Error('no upload');
  const status = await sendTo(promised, body);
  if (status !== 204) throw new Error(`An upload was answered with ${status}.`);
  return promised.id;
}

async function contentOf(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`A link was answered with ${response.status}.`);
  return Buffer.from(await response.arrayBuffer()).toString('latin1');
}
