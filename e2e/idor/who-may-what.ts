import { randomUUID } from 'node:crypto';
import type { Context } from './contexts.js';
import { password, type Person, type Who } from './people.js';

/** What the owner has and others ask for. */
export interface Belongings {
  readonly owner: Person;
  /** Values that stand in nothing that everybody may see: the owner's personal data, the titles of a draft and of an edition that is not published. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The id of an upload for a picture; its bytes have not been sent. */
  readonly upload: string;
  /** Stories, by their ids. The published one has been edited since. */
  readonly draft: string;
  readonly analyzed: string;
  readonly published: string;
  /** Of the analyzed story. */
  readonly character: string;
  readonly segment: string;
  /** Of the edition that readers see. */
  readonly publishedSegment: string;
  /** From before the last thing that happened to each. */
  readonly cursorOfAnalyzed: string;
  readonly cursorOfPublished: string;
  /** An export of the owner's. */
  readonly dataExport: string;
  /** Narrations, complete: of the analyzed story, and of the published one. */
  readonly narration: string;
  readonly publishedNarration: string;
  readonly narratedSegment: string;
  readonly cursorOfNarration: string;
  readonly cursorOfPublishedNarration: string;
  /** With a recording and a consent; it has not been trained. */
  readonly voice: string;
  readonly cursorOfVoice: string;
  readonly sample: string;
  /** The id of an upload for a recording; its bytes have not been sent. */
  readonly recording: string;
  readonly readyMadeVoice: string;
  newAccount(): Promise<Person>;
  newDraft(): Promise<string>;
  newAnalyzed(): Promise<string>;
  newPublished(): Promise<string>;
  newNarration(): Promise<string>;
  newVoice(): Promise<string>;
}

/** The code of the refusal, `none`, or `all` that the owner is shown or what is left `without` something; and which secrets are `known` by it. */
export type Outcome = string;

export type Variables = Readonly<Record<string, unknown>>;

/** The owner is shown all, and so is everybody else, unless the row says otherwise. */
type Row = Partial<Record<Who | 'everybodyElse', Outcome>> & {
  /** The variables of one call; for a reference, its key. What a call may change is made anew for it. */
  readonly given?: (my: Belongings, asking: Person) => Variables | Promise<Variables>;
};

const moderators: readonly Who[] = ['moderator', 'admin', 'superAdmin'];
const signedInOnly = { stranger: 'SIGN_IN_REQUIRED' };
/** Of an account: what everybody sees, and what those see who help its user. */
const account = {
  everybodyElse: 'without email hasSecondFactor isEmailVerified oauthProviders profile.firstName profile.lastName role sessions',
  ...forEach(['support', 'admin', 'superAdmin'], 'without hasSecondFactor oauthProviders sessions, knowing email firstName lastName'),
};
/** Of a story that is not published: its author and moderators know it, to others it is not there. */
const unpublished = { everybodyElse: 'none', ...forEach(moderators, 'all') };
const draft = { everybodyElse: 'none', ...forEach(moderators, 'all, knowing draft') };
const published = {
  everybodyElse: 'without analyses updates',
  ...forEach(moderators, 'all, knowing nextEdition'),
};
const ofAnAuthor = (without: string) => ({
  everybodyElse: without,
  ...forEach(moderators, 'all, knowing draft nextEdition'),
});
/** Moderators see the story, so they are told that it is not theirs; to others it is not there. */
const ofTheAuthorAlone = { ...signedInOnly, everybodyElse: 'STORY_NOT_FOUND', ...forEach(moderators, 'STORY_NOT_YOURS') };

const narrationOfTheAuthorAlone = { ...signedInOnly, everybodyElse: 'NARRATION_NOT_FOUND' };
const publishedNarration = { everybodyElse: 'without segments.nodes.takes updates', ...forEach(moderators, 'all') };
/** Whose voices are is nobody else's business, staff included. */
const ownVoice = { everybodyElse: 'none' };
const voiceOfTheOwnerAlone = { ...signedInOnly, everybodyElse: 'VOICE_NOT_FOUND' };

/** For those whose role allows it. */
const staff = (allowed: readonly Who[], outcome: Outcome = 'all') => ({
  ...forAll('NOT_ALLOWED'),
  ...signedInOnly,
  ...forEach(allowed, outcome),
});
const ofStaff = { ...forAll('none'), ...forEach(['support', 'admin', 'superAdmin'], 'all') };

/** Of whom a field that can be asked is a row at least: `Kind.field`, then what it is asked for. */
export const rows: Record<Context, Record<string, Row>> = {
  identity: {
    'Query.me': { stranger: 'none' },
    'Query.user': { given: ({ owner }) => ({ id: owner.userId }), ...account },
    'Reference.User': { given: ({ owner }) => ({ id: owner.userId }), ...account },
    'Mutation.register (an address that is taken)': {
      given: ({ owner: { email } }) => ({ input: { email, password, displayName: 'Me' } }),
      ...forAll('EMAIL_TAKEN'),
    },
    'Mutation.signIn (without the password)': {
      given: ({ owner: { email } }) => ({ input: { email, password: 'another fox' } }),
      ...forAll('SIGN_IN_FAILED'),
    },
    'Mutation.refreshSession (a made-up token)': {
      given: () => ({ input: { refreshToken: 'A'.repeat(43) } }),
      ...forAll('REFRESH_TOKEN_INVALID'),
    },
    'Mutation.signOut': { ...signedInOnly },
    'Mutation.verifyEmail (a made-up token)': {
      given: () => ({ input: { token: 'A'.repeat(43) } }),
      ...forAll('EMAIL_TOKEN_INVALID'),
    },
    'Query.identityProviders': {},
    'Mutation.beginProviderSignIn (a provider that is none)': {
      given: () => ({ input: { provider: 'none', redirectUri: 'https://evil.example', codeChallenge: 'A'.repeat(43) } }),
      ...forAll('PROVIDER_UNKNOWN'),
    },
    'Mutation.signInWithProvider (a made-up state)': {
      given: () => ({ input: { provider: 'example', code: 'A', codeVerifier: 'A'.repeat(43), state: 'A'.repeat(43) } }),
      ...forAll('PROVIDER_SIGN_IN_EXPIRED'),
    },
    'Mutation.requestEmailVerification': { ...signedInOnly },
    'Mutation.requestPasswordReset': { given: ({ owner: { email } }) => ({ input: { email } }) },
    'Mutation.resetPassword (a made-up token)': {
      given: () => ({ input: { token: 'A'.repeat(43), password: 'a new fox in the cellar' } }),
      ...forAll('EMAIL_TOKEN_INVALID'),
    },
    'Mutation.changePassword (without the old one)': {
      given: () => ({ input: { currentPassword: 'another fox', newPassword: 'a new fox in the cellar' } }),
      ...forAll('CURRENT_PASSWORD_WRONG'),
      ...signedInOnly,
    },
    'Mutation.requestProfileImageUpload': { given: () => ({ input: { contentType: 'image/png', sizeBytes: 10 } }), ...signedInOnly },
    'Query.erasure (of somebody else, by an id that nobody can guess)': { given: () => ({ id: randomUUID() }), ...forAll('none') },
    'Mutation.exportMyData': signedInOnly,
    'Query.dataExport': { given: ({ dataExport: id }) => ({ id }), ...signedInOnly, everybodyElse: 'none' },
    'Mutation.eraseUser (a member)': {
      given: async ({ newAccount }) => ({
        input: { userId: (await newAccount()).userId, stories: 'REMOVE', password, reason: 'I do not like them.' },
      }),
      ...staff(['admin']),
      superAdmin: 'SECOND_FACTOR_MISSING',
    },
    'Mutation.eraseUser (without password and reason)': {
      given: ({ owner }) => ({ input: { userId: owner.userId, stories: 'REMOVE', password: 'another fox' } }),
      ...forAll('REASON_MISSING'),
      ...signedInOnly,
      owner: 'ERASURE_PASSWORD_WRONG',
    },
    'Query.users (by their address)': {
      given: ({ owner: { email } }) => ({ search: email }),
      ...staff(['support', 'admin', 'superAdmin'], 'all, knowing email firstName lastName'),
    },
    'Query.roles': staff(['support', 'admin', 'superAdmin']),
    'Reference.Role': { given: () => ({ id: 'content-moderator' }), ...ofStaff },
    'Reference.Permission': { given: () => ({ id: 'story:moderate' }), ...ofStaff },
    'Mutation.assignRole (to a member)': {
      given: async ({ newAccount }) => ({ input: { userId: (await newAccount()).userId, role: 'CUSTOMER_SUPPORT' } }),
      ...staff(['admin']),
      superAdmin: 'SECOND_FACTOR_MISSING',
    },
    'Mutation.assignRole (to oneself)': {
      given: (_, { userId }) => ({ input: { userId, role: 'SUPER_ADMIN' } }),
      ...staff([]),
      admin: 'ROLE_ABOVE_YOURS',
      superAdmin: 'SECOND_FACTOR_MISSING',
    },
    'Mutation.grantPermission': {
      given: () => ({ input: { roleId: 'member', resource: 'user', action: 'read' } }),
      ...staff([]),
      superAdmin: 'SECOND_FACTOR_MISSING',
    },
    'Mutation.revokePermission': {
      given: () => ({ input: { roleId: 'content-moderator', resource: 'story', action: 'moderate' } }),
      ...staff([]),
      superAdmin: 'SECOND_FACTOR_MISSING',
    },
    'Mutation.deactivateUser (a member)': {
      given: async ({ newAccount }) => ({ input: { userId: (await newAccount()).userId, reason: 'I do not like them.' } }),
      ...staff(['admin', 'superAdmin']),
    },
    'Mutation.revokeSession (of somebody else)': {
      given: async ({ newAccount }) => ({ input: { sessionId: (await newAccount()).sessionId } }),
      ...forAll('SESSION_NOT_FOUND'),
      ...signedInOnly,
    },
    'Mutation.beginSecondFactor': signedInOnly,
    'Mutation.confirmSecondFactor (without the password)': {
      given: () => ({ input: { code: '000000', password: 'another fox' } }),
      ...forAll('CURRENT_PASSWORD_WRONG'),
      ...signedInOnly,
    },
    'Mutation.disableSecondFactor (of an account that has none)': {
      given: () => ({ input: { code: '000000' } }),
      ...forAll('SECOND_FACTOR_MISSING'),
      ...signedInOnly,
    },
    'Mutation.updateProfile (by an upload of somebody)': {
      given: ({ upload: imageUploadId }) => ({ input: { imageUploadId } }),
      ...forAll('UPLOAD_UNKNOWN'),
      ...signedInOnly,
      owner: 'UPLOAD_NOT_ARRIVED',
    },
    'Mutation.updateProfile': { given: () => ({ input: { displayName: 'Somebody' } }), ...signedInOnly },
  },
  story: {
    'Query.story (a draft)': { given: ({ draft: id }) => ({ id }), ...draft },
    'Query.story (a published one)': { given: ({ published: id }) => ({ id }), ...published },
    'Query.stories (of an author)': {
      given: ({ owner }) => ({ filter: { authorId: owner.userId } }),
      ...ofAnAuthor('without nodes.analyses nodes.updates'),
    },
    'Query.stories (with words of an edition that is not published)': {
      given: ({ owner }) => ({ filter: { authorId: owner.userId, search: 'next' } }),
      everybodyElse: 'without nodes pageInfo.endCursor pageInfo.startCursor',
      ...forEach(moderators, 'all, knowing nextEdition'),
    },
    'Reference.Story (a draft)': { given: ({ draft: id }) => ({ id }), ...draft },
    'Reference.Story (a published one)': { given: ({ published: id }) => ({ id }), ...published },
    'Reference.StoryCharacter': { given: ({ character: id }) => ({ id }), ...unpublished },
    'Reference.StorySegment (of one that is not published)': { given: ({ segment: id }) => ({ id }), ...unpublished },
    'Reference.StorySegment (of a published one)': { given: ({ publishedSegment: id }) => ({ id }) },
    'Reference.User': {
      given: ({ owner }) => ({ id: owner.userId }),
      ...ofAnAuthor('without stories.nodes.analyses stories.nodes.updates'),
    },
    'Mutation.createStory': { given: () => ({ input: { title: 'A story', content: 'Once.' } }), ...signedInOnly },
    'Mutation.editStory': {
      given: async ({ newDraft }) => ({ input: { id: await newDraft(), expectedVersion: 1, title: 'Mine now' } }),
      ...ofTheAuthorAlone,
    },
    'Mutation.analyzeStory': { given: async ({ newDraft }) => ({ input: { id: await newDraft() } }), ...ofTheAuthorAlone },
    'Mutation.publishStory': {
      given: async ({ newAnalyzed }) => ({ input: { id: await newAnalyzed(), expectedVersion: 1 } }),
      ...ofTheAuthorAlone,
    },
    'Mutation.saveCharacter': {
      given: async ({ newAnalyzed }) => ({ input: { storyId: await newAnalyzed(), name: 'Somebody else' } }),
      ...ofTheAuthorAlone,
    },
    'Mutation.requestCharacterImageUpload (of another story)': {
      given: async ({ newAnalyzed, character: characterId }) => ({
        input: { storyId: await newAnalyzed(), characterId, contentType: 'image/png', sizeBytes: 10 },
      }),
      ...ofTheAuthorAlone,
      owner: 'CHARACTER_NOT_FOUND',
    },
    'Mutation.requestCharacterImageUpload': {
      given: ({ analyzed: storyId, character: characterId }) => ({
        input: { storyId, characterId, contentType: 'image/png', sizeBytes: 10 },
      }),
      ...ofTheAuthorAlone,
    },
    'Mutation.setCharacterImage': {
      given: ({ analyzed: storyId, character: characterId }) => ({ input: { storyId, characterId, imageUploadId: null } }),
      ...ofTheAuthorAlone,
    },
    'Mutation.mergeCharacters (of another story)': {
      given: async ({ newAnalyzed, character }) => ({ input: { storyId: await newAnalyzed(), intoId: character, fromIds: [character] } }),
      ...ofTheAuthorAlone,
      owner: 'CHARACTER_NOT_FOUND',
    },
    'Mutation.removeCharacter (of another story)': {
      given: async ({ newAnalyzed, character }) => ({ input: { storyId: await newAnalyzed(), id: character } }),
      ...ofTheAuthorAlone,
      owner: 'CHARACTER_NOT_FOUND',
    },
    'Mutation.updateSegment (of no story)': {
      given: async ({ newAnalyzed, character }) => ({ input: { storyId: await newAnalyzed(), segmentId: character, emotion: 'joy' } }),
      ...ofTheAuthorAlone,
      owner: 'SEGMENT_NOT_FOUND',
    },
    'Mutation.unpublishStory': {
      given: async ({ newPublished }) => ({ input: { id: await newPublished() } }),
      ...signedInOnly,
      everybodyElse: 'STORY_NOT_YOURS',
    },
    'Mutation.archiveStory (a draft)': {
      given: async ({ newDraft }) => ({ input: { id: await newDraft(), reason: 'It is mine.' } }),
      ...ofTheAuthorAlone,
      ...forEach(moderators, 'all'),
    },
    'Mutation.archiveStory (a published one)': {
      given: async ({ newPublished }) => ({ input: { id: await newPublished(), reason: 'It is mine.' } }),
      ...signedInOnly,
      everybodyElse: 'STORY_NOT_YOURS',
      ...forEach(moderators, 'all'),
    },
    'Mutation.deleteStory (a draft)': {
      given: async ({ newDraft }) => ({ input: { id: await newDraft() } }),
      ...ofTheAuthorAlone,
    },
    'Mutation.deleteStory (a published one)': {
      given: async ({ newPublished }) => ({ input: { id: await newPublished() } }),
      ...signedInOnly,
      everybodyElse: 'STORY_NOT_YOURS',
    },
    'Mutation.reportContent (a draft)': {
      given: async ({ newDraft }) => ({ input: { storyId: await newDraft(), reason: 'SPAM' } }),
      ...signedInOnly,
      everybodyElse: 'STORY_NOT_FOUND',
      owner: 'REPORT_OF_OWN_STORY',
    },
    'Mutation.reportContent (a published one)': {
      given: async ({ newPublished }) => ({ input: { storyId: await newPublished(), reason: 'SPAM' } }),
      ...signedInOnly,
      owner: 'REPORT_OF_OWN_STORY',
    },
    'Query.moderationQueue': {
      ...forAll('MODERATORS_ONLY'),
      ...signedInOnly,
      ...forEach(moderators, 'all'),
    },
    'Mutation.moderateStory': {
      given: async ({ newPublished }) => ({ input: { storyId: await newPublished(), decision: 'UNPUBLISH', reason: 'It is mine.' } }),
      ...forAll('MODERATORS_ONLY'),
      ...signedInOnly,
      ...forEach(moderators, 'all'),
    },
    'Subscription.storyUpdated (of one that is not published)': {
      given: ({ analyzed: id, cursorOfAnalyzed: after }) => ({ id, after }),
      ...ofTheAuthorAlone,
      ...forEach(moderators, 'all'),
    },
    'Subscription.storyUpdated (of a published one)': {
      given: ({ published: id, cursorOfPublished: after }) => ({ id, after }),
      ...signedInOnly,
      everybodyElse: 'STORY_UPDATES_NOT_YOURS',
      ...forEach(moderators, 'all, knowing nextEdition'),
    },
  },
  narration: {
    'Query.narration (of a story that is not published)': { given: ({ narration: id }) => ({ id }), ...unpublished },
    'Query.narration (of a published story)': { given: ({ publishedNarration: id }) => ({ id }), ...publishedNarration },
    'Reference.StoryNarration (of a story that is not published)': { given: ({ narration: id }) => ({ id }), ...unpublished },
    'Reference.StoryNarration (of a published story)': { given: ({ publishedNarration: id }) => ({ id }), ...publishedNarration },
    'Reference.Story (one that is not published)': {
      given: ({ analyzed: id }) => ({ id }),
      everybodyElse: 'without narrations.nodes narrations.pageInfo.endCursor narrations.pageInfo.startCursor',
      ...forEach(moderators, 'all'),
    },
    'Reference.Story (a published one)': {
      given: ({ published: id }) => ({ id }),
      everybodyElse: 'without narrations.nodes.segments.nodes.takes narrations.nodes.updates',
      ...forEach(moderators, 'all'),
    },
    'Mutation.generateNarration (of a story that is not published)': {
      given: ({ analyzed: storyId, readyMadeVoice: voiceId }) => ({ input: { storyId, voiceId } }),
      ...signedInOnly,
      everybodyElse: 'NARRATED_STORY_NOT_FOUND',
    },
    'Mutation.generateNarration (of a published story)': {
      given: ({ published: storyId, readyMadeVoice: voiceId }) => ({ input: { storyId, voiceId } }),
      ...signedInOnly,
      everybodyElse: 'NARRATED_STORY_NOT_YOURS',
    },
    'Mutation.generateNarration (in a voice of somebody)': {
      given: ({ analyzed: storyId, voice: voiceId }) => ({ input: { storyId, voiceId } }),
      ...signedInOnly,
      everybodyElse: 'NARRATED_STORY_NOT_FOUND',
      owner: 'VOICE_NOT_READY',
    },
    'Mutation.resumeNarration': {
      given: ({ narration: narrationId }) => ({ input: { narrationId } }),
      ...narrationOfTheAuthorAlone,
      owner: 'NARRATION_COMPLETE',
    },
    'Mutation.regenerateSegment': {
      given: ({ narration: narrationId, narratedSegment: segmentId }) => ({ input: { narrationId, segmentId, emotion: 'joy' } }),
      ...narrationOfTheAuthorAlone,
    },
    'Mutation.cancelNarration': { given: ({ narration: narrationId }) => ({ input: { narrationId } }), ...narrationOfTheAuthorAlone },
    'Mutation.cancelNarration (of a published story)': {
      given: ({ publishedNarration: narrationId }) => ({ input: { narrationId } }),
      ...signedInOnly,
      everybodyElse: 'NARRATION_NOT_YOURS',
    },
    'Mutation.deleteNarration': {
      given: async ({ newNarration }) => ({ input: { narrationId: await newNarration() } }),
      ...narrationOfTheAuthorAlone,
    },
    'Subscription.narrationUpdated (of a story that is not published)': {
      given: ({ narration: id, cursorOfNarration: after }) => ({ id, after }),
      ...narrationOfTheAuthorAlone,
      ...forEach(moderators, 'all'),
    },
    'Subscription.narrationUpdated (of a published story)': {
      given: ({ publishedNarration: id, cursorOfPublishedNarration: after }) => ({ id, after }),
      ...signedInOnly,
      everybodyElse: 'NARRATION_UPDATES_NOT_YOURS',
      ...forEach(moderators, 'all'),
    },
    'Query.readyMadeVoices': { given: () => ({ provider: 'local' }) },
    'Query.narratorVoice (a ready-made one)': { given: ({ readyMadeVoice: id }) => ({ id }) },
    'Query.narratorVoice (of somebody)': { given: ({ voice: id }) => ({ id }), ...ownVoice },
    'Reference.NarratorVoice (of somebody)': { given: ({ voice: id }) => ({ id }), ...ownVoice },
    'Reference.User': { given: ({ owner }) => ({ id: owner.userId }), everybodyElse: 'without narratorVoices' },
    'Subscription.narratorVoiceUpdated': {
      given: ({ voice: id, cursorOfVoice: after }) => ({ id, after }),
      ...voiceOfTheOwnerAlone,
    },
    'Mutation.createNarratorVoice': { given: () => ({ input: { name: 'Somebody’s voice' } }), ...signedInOnly },
    'Mutation.requestVoiceSampleUpload': {
      given: ({ voice: voiceId }) => ({ input: { voiceId, contentType: 'audio/wav', sizeBytes: 10 } }),
      ...voiceOfTheOwnerAlone,
    },
    'Mutation.recordVoiceSample': {
      given: ({ voice: voiceId, recording: uploadId }) => ({ input: { voiceId, uploadId, emotion: 'joy', sampleText: 'I am so happy!' } }),
      ...voiceOfTheOwnerAlone,
      owner: 'UPLOAD_NOT_ARRIVED',
    },
    'Mutation.recordVoiceSample (for another voice, by an upload of somebody)': {
      given: async ({ newVoice, recording: uploadId }) => ({
        input: { voiceId: await newVoice(), uploadId, emotion: 'joy', sampleText: 'I am so happy!' },
      }),
      ...voiceOfTheOwnerAlone,
      owner: 'UPLOAD_UNKNOWN',
    },
    'Mutation.removeVoiceSample (of another voice)': {
      given: async ({ newVoice, sample: sampleId }) => ({ input: { voiceId: await newVoice(), sampleId } }),
      ...voiceOfTheOwnerAlone,
      owner: 'VOICE_SAMPLE_NOT_FOUND',
    },
    'Mutation.recordVoiceConsent': {
      given: async ({ newVoice }) => ({ input: { voiceId: await newVoice(), speaker: 'Ada', statement: 'I agree.' } }),
      ...voiceOfTheOwnerAlone,
    },
    'Mutation.withdrawVoiceConsent': {
      given: async ({ newVoice }) => ({ input: { voiceId: await newVoice() } }),
      ...voiceOfTheOwnerAlone,
    },
    'Mutation.trainNarratorVoice': {
      given: async ({ newVoice }) => ({ input: { voiceId: await newVoice() } }),
      ...voiceOfTheOwnerAlone,
      owner: 'VOICE_CONSENT_MISSING',
    },
    'Mutation.deleteNarratorVoice': {
      given: async ({ newVoice }) => ({ input: { voiceId: await newVoice() } }),
      ...voiceOfTheOwnerAlone,
    },
  },
};

function forEach(whos: readonly Who[], outcome: Outcome): Partial<Record<Who, Outcome>> {
  return Object.fromEntries(whos.map((who) => [who, outcome]));
}

function forAll(outcome: Outcome): Partial<Record<Who | 'everybodyElse', Outcome>> {
  return { owner: outcome, everybodyElse: outcome };
}
