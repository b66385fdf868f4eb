import { defineRefusals, type RefusalEntry } from '@storytelling/shared/value-objects/refusal';

/** Everything this context refuses: code, kind, sentence. Codes are public and stay. */
export const storyRefusals = {
  STORY_NOT_FOUND: { kind: 'NOT_FOUND', sentence: 'There is no such story, or it is a draft of somebody else.', field: 'id' },
  STORY_NOT_YOURS: { kind: 'FORBIDDEN', sentence: 'Only the author may do this with a story.', field: 'id' },
  STORY_UPDATES_NOT_YOURS: { kind: 'FORBIDDEN', sentence: 'Only the author and moderators follow the work on a story live.', field: 'id' },
  STORY_CONTENT_EMPTY: { kind: 'BAD_USER_INPUT', sentence: 'The story has no text; write at least one character.', field: 'content' },
  STORY_CONTENT_TOO_LONG: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The story has {length} characters and at most {max} are possible; divide it into several stories.',
    field: 'content',
  },
  STORY_CHANGED_MEANWHILE: {
    kind: 'CONFLICT',
    sentence: 'The story is at version {currentVersion} by now; read it again and send your change with that expectedVersion.',
    field: 'expectedVersion',
  },
  STORY_BEING_ANALYZED: { kind: 'CONFLICT', sentence: 'This text is being analyzed already; follow it by storyUpdated.', field: 'id' },
  STORY_NOT_ANALYZED: { kind: 'CONFLICT', sentence: 'Only an analyzed story can be published; call analyzeStory first.', field: 'id' },
  EMAIL_NOT_VERIFIED: {
    kind: 'FORBIDDEN',
    sentence:
      'Verify your e-mail address before you publish: give the token of our mail to verifyEmail; requestEmailVerification sends the mail again.',
  },
  STORY_ALREADY_PUBLISHED: {
    kind: 'CONFLICT',
    sentence: 'Readers see this version already; edit the story to publish a new one.',
    field: 'id',
  },
  STORY_NOT_PUBLISHED: { kind: 'CONFLICT', sentence: 'Readers do not see this story; there is nothing to take back.', field: 'id' },
  STORY_MODERATED: {
    kind: 'CONFLICT',
    sentence: 'A moderator took this story back; read why in its moderation, edit it and publish the new version.',
    field: 'id',
  },
  STORY_ARCHIVED: { kind: 'CONFLICT', sentence: 'An archived story cannot be changed.', field: 'id' },
  SEARCH_TOO_LONG: {
    kind: 'BAD_USER_INPUT',
    sentence: 'Search for at most {max} characters; leave some words out.',
    field: 'search',
  },
  CHARACTER_NOT_FOUND: {
    kind: 'NOT_FOUND',
    sentence: 'There is no such character in this story; read its characters again.',
    field: 'id',
  },
  CHARACTER_NAME_TAKEN: {
    kind: 'CONFLICT',
    sentence: 'Another character of this story has this name; choose another one, or make the two one by mergeCharacters.',
    field: 'name',
  },
  CHARACTER_NAME_INVALID: { kind: 'BAD_USER_INPUT', sentence: 'Write 1 to {max} characters on one line.', field: 'name' },
  CHARACTER_TEXT_TOO_LONG: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This text has more than {max} characters; shorten it.',
    field: 'description',
  },
  CHARACTER_LIST_TOO_LONG: { kind: 'BAD_USER_INPUT', sentence: 'At most {max} of these are possible; leave some out.', field: 'aliases' },
  CHARACTER_ROLE_UNKNOWN: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The role is protagonist, antagonist, supporting or minor, or null.',
    field: 'role',
  },
  CHARACTERS_TO_MERGE_INVALID: {
    kind: 'BAD_USER_INPUT',
    sentence: 'fromIds names at least one character, and not the one that they become.',
    field: 'fromIds',
  },
  STORY_HAS_TOO_MANY_CHARACTERS: {
    kind: 'CONFLICT',
    sentence: 'A story has at most {max} characters; remove or merge some first.',
    field: 'storyId',
  },
  SEGMENT_NOT_FOUND: {
    kind: 'NOT_FOUND',
    sentence: 'There is no such segment in the script of the present text; read its segments again.',
    field: 'segmentId',
  },
  SEGMENT_EMOTION_UNKNOWN: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The emotion is neutral, joy, sadness, fear, anger, surprise, disgust, love, hope, pride, shame or calm.',
    field: 'emotion',
  },
  MODERATORS_ONLY: { kind: 'FORBIDDEN', sentence: 'Only moderators may do this.' },
  MODERATION_REASON_MISSING: {
    kind: 'BAD_USER_INPUT',
    sentence: 'Say why in 3 to {max} characters; the author reads it when the story is taken from readers.',
    field: 'reason',
  },
  ARCHIVE_REASON_TOO_LONG: { kind: 'BAD_USER_INPUT', sentence: 'The reason has more than {max} characters; shorten it.', field: 'reason' },
  MODERATION_OF_OWN_STORY: {
    kind: 'FORBIDDEN',
    sentence: 'This story is yours; another moderator decides about it.',
    field: 'storyId',
  },
  STORY_NOT_REPORTED: { kind: 'CONFLICT', sentence: 'No report of this story is open; there is nothing to decide.', field: 'storyId' },
  REPORT_OF_OWN_STORY: {
    kind: 'CONFLICT',
    sentence: 'This story is yours; unpublish or delete it rather than report it.',
    field: 'storyId',
  },
  STORY_REPORTED_ALREADY: {
    kind: 'CONFLICT',
    sentence: 'You have reported this story, and moderators will look at it; there is nothing more to do.',
    field: 'storyId',
  },
  REPORT_DETAILS_TOO_LONG: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The details have more than {max} characters; shorten them.',
    field: 'details',
  },
  TOO_MANY_REPORTS: {
    kind: 'TOO_MANY_REQUESTS',
    sentence: 'Thank you, moderators have enough to read for now; you can report the next story after {retryAt}.',
  },
} as const satisfies Record<string, RefusalEntry>;

export const refuse = defineRefusals(storyRefusals);
