import { randomUUID } from 'node:crypto';
import type { Context } from './contexts.js';
import { password, type Person, type Who } from './people.js';

/** What the owner has and others ask for. */
export interface Belongings {
  readonly owner: Person;
  /** Values that stand in nothing that everybody may see: the owner's personal data, the titles of a draft and of an edition that is not published. */
  readonly secrets: Readonly<Record<string, string>>;
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
  newDraft(): Promise<string>;
  newAnalyzed(): Promise<string>;
  newPublished(): Promise<string>;
}

/** The code of the refusal, `none`, or `all` that the owner is shown or what is left `without` something; and which secrets are `known` by it. */
export type Outcome = string;

type Variables = Readonly<Record<string, unknown>>;

/** The owner is shown all, and so is everybody else, unless the row says otherwise. */
type Row = Partial<Record<Who | 'everybodyElse', Outcome>> & {
  /** The variables of one call; for a reference, its key. What a call may change is made anew for it. */
  readonly given?: (my: Belongings, asking: Person) => Variables | Promise<Variables>;
};

const signedInOnly = { stranger: 'SIGN_IN_REQUIRED' };
/** Of an account: what everybody sees, and what those see who help its user. */
const account = {
  everybodyElse: 'without email hasSecondFactor isEmailVerified profile.firstName profile.lastName role sessions',
  ...forEach(['support', 'admin', 'superAdmin'], 'without hasSecondFactor sessions, knowing email firstName lastName'),
};
/** Of a story that is not published: its author and moderators know it, to others it is not there. */
const unpublished = { everybodyElse: 'none', ...forEach(['moderator', 'admin', 'superAdmin'], 'all') };
const draft = { everybodyElse: 'none', ...forEach(['moderator', 'admin', 'superAdmin'], 'all, knowing draft') };
const published = {
  everybodyElse: 'without analyses updates',
  ...forEach(['moderator', 'admin', 'superAdmin'], 'all, knowing nextEdition'),
};
const ofAnAuthor = (without: string) => ({
  everybodyElse: without,
  ...forEach(['moderator', 'admin', 'superAdmin'], 'all, knowing draft nextEdition'),
});
const moderators: readonly Who[] = ['moderator', 'admin', 'superAdmin'];
/** Moderators see the story, so they are told that it is not theirs; to others it is not there. */
const ofTheAuthorAlone = { ...signedInOnly, everybodyElse: 'STORY_NOT_FOUND', ...forEach(moderators, 'STORY_NOT_YOURS') };

/** Of whom a field that can be asked is a row at least: `Kind.field`, then what it is asked for. */
export const rows: Record<Context, Record<string, Row>> = {
  identity: {
    'Query.me': { stranger: 'none' },
    'Query.user': { given: ({ owner }) => ({ id: owner.userId }), ...account },
    'Reference.User': { given: ({ owner }) => ({ id: owner.userId }), ...account },
    'Mutation.register (an address that is taken)': {
      given: ({ owner: { email } }) => ({ input: { email, password, displayName: 'Me' } }),
      owner: 'EMAIL_TAKEN',
      everybodyElse: 'EMAIL_TAKEN',
    },
    'Mutation.signIn (without the password)': {
      given: ({ owner: { email } }) => ({ input: { email, password: 'another fox' } }),
      owner: 'SIGN_IN_FAILED',
      everybodyElse: 'SIGN_IN_FAILED',
    },
    'Mutation.refreshSession (a made-up token)': {
      given: () => ({ input: { refreshToken: 'A'.repeat(43) } }),
      owner: 'REFRESH_TOKEN_INVALID',
      everybodyElse: 'REFRESH_TOKEN_INVALID',
    },
    'Mutation.signOut': { ...signedInOnly },
    'Mutation.verifyEmail (a made-up token)': {
      given: () => ({ input: { token: 'A'.repeat(43) } }),
      owner: 'EMAIL_TOKEN_INVALID',
      everybodyElse: 'EMAIL_TOKEN_INVALID',
    },
    'Mutation.requestEmailVerification': { ...signedInOnly },
    'Mutation.requestPasswordReset': { given: ({ owner: { email } }) => ({ input: { email } }) },
    'Mutation.resetPassword (a made-up token)': {
      given: () => ({ input: { token: 'A'.repeat(43), password: 'a new fox in the cellar' } }),
      owner: 'EMAIL_TOKEN_INVALID',
      everybodyElse: 'EMAIL_TOKEN_INVALID',
    },
    'Mutation.changePassword (without the old one)': {
      given: () => ({ input: { currentPassword: 'another fox', newPassword: 'a new fox in the cellar' } }),
      ...signedInOnly,
      owner: 'CURRENT_PASSWORD_WRONG',
      everybodyElse: 'CURRENT_PASSWORD_WRONG',
    },
    'Mutation.requestProfileImageUpload': { given: () => ({ input: { contentType: 'image/png', sizeBytes: 10 } }), ...signedInOnly },
    'Query.erasure (of somebody else, by an id that nobody can guess)': {
      given: () => ({ id: randomUUID() }),
      owner: 'none',
      everybodyElse: 'none',
    },
    'Mutation.eraseUser (without password and reason)': {
      given: ({ owner }) => ({ input: { userId: owner.userId, stories: 'REMOVE', password: 'another fox' } }),
      ...signedInOnly,
      owner: 'ERASURE_PASSWORD_WRONG',
      everybodyElse: 'REASON_MISSING',
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
      ...forEach(['moderator', 'admin', 'superAdmin'], 'all'),
    },
    'Mutation.archiveStory (a published one)': {
      given: async ({ newPublished }) => ({ input: { id: await newPublished(), reason: 'It is mine.' } }),
      ...signedInOnly,
      everybodyElse: 'STORY_NOT_YOURS',
      ...forEach(['moderator', 'admin', 'superAdmin'], 'all'),
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
      ...signedInOnly,
      owner: 'MODERATORS_ONLY',
      everybodyElse: 'MODERATORS_ONLY',
      ...forEach(['moderator', 'admin', 'superAdmin'], 'all'),
    },
    'Mutation.moderateStory': {
      given: async ({ newPublished }) => ({ input: { storyId: await newPublished(), decision: 'UNPUBLISH', reason: 'It is mine.' } }),
      ...signedInOnly,
      owner: 'MODERATORS_ONLY',
      everybodyElse: 'MODERATORS_ONLY',
      ...forEach(['moderator', 'admin', 'superAdmin'], 'all'),
    },
    'Subscription.storyUpdated (of one that is not published)': {
      given: ({ analyzed: id, cursorOfAnalyzed: after }) => ({ id, after }),
      ...ofTheAuthorAlone,
      ...forEach(['moderator', 'admin', 'superAdmin'], 'all'),
    },
    'Subscription.storyUpdated (of a published one)': {
      given: ({ published: id, cursorOfPublished: after }) => ({ id, after }),
      ...signedInOnly,
      everybodyElse: 'STORY_UPDATES_NOT_YOURS',
      ...forEach(['moderator', 'admin', 'superAdmin'], 'all, knowing nextEdition'),
    },
  },
};

function forEach(whos: readonly Who[], outcome: Outcome): Partial<Record<Who, Outcome>> {
  return Object.fromEntries(whos.map((who) => [who, outcome]));
}
