import { defineRefusals, type RefusalEntry } from './refusal.js';

/** Refusals that every context shares: text, paging, cursors, who is asking, repeated requests. */
export const sharedRefusals = {
  TEXT_UNREADABLE: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This text holds a NUL or half a surrogate pair; remove it and send the text again.',
  },
  EMAIL_INVALID: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This is not an e-mail address; it looks like name@example.org and has at most 255 characters.',
    field: 'email',
  },
  ID_INVALID: { kind: 'BAD_USER_INPUT', sentence: 'This is not an id of this kind; send one that the API gave you.', field: 'id' },
  STORY_TITLE_TOO_SHORT: { kind: 'BAD_USER_INPUT', sentence: 'The title has fewer than {min} characters; make it longer.', field: 'title' },
  STORY_TITLE_TOO_LONG: { kind: 'BAD_USER_INPUT', sentence: 'The title has more than {max} characters; shorten it.', field: 'title' },
  STORY_TITLE_UNREADABLE: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The title holds a line break or another control character; remove it.',
    field: 'title',
  },
  EMOTION_INTENSITY_OUT_OF_RANGE: { kind: 'BAD_USER_INPUT', sentence: 'The intensity is a whole number from 1 to 10.', field: 'intensity' },
  LANGUAGE_INVALID: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The language is a tag such as en, de or pt-BR, at most 10 characters.',
    field: 'language',
  },
  PAGE_SIZE_OUT_OF_RANGE: { kind: 'BAD_USER_INPUT', sentence: 'Ask for 1 to {max} items a page, either first or last.', field: 'first' },
  CURSOR_INVALID: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This page cursor is not one that this list gave you; start without it.',
    field: 'after',
  },
  RESUME_EXPIRED: {
    kind: 'CONFLICT',
    sentence: 'Updates cannot be resumed from this cursor; read the current state and subscribe from its cursor.',
    field: 'after',
  },
  SIGN_IN_REQUIRED: { kind: 'UNAUTHENTICATED', sentence: 'Sign in first: send an access token as Authorization: Bearer.' },
  PERSON_ERASED: { kind: 'FORBIDDEN', sentence: 'This account has been erased; nothing can be added to it.' },
  IDEMPOTENCY_KEY_REUSED: {
    kind: 'CONFLICT',
    sentence: 'This idempotencyKey was used with another input; choose a new key for a new request.',
    field: 'idempotencyKey',
  },
  IDEMPOTENCY_KEY_INVALID: { kind: 'BAD_USER_INPUT', sentence: 'An idempotencyKey has 1 to 100 characters.', field: 'idempotencyKey' },
} as const satisfies Record<string, RefusalEntry>;

export const refuseShared = defineRefusals(sharedRefusals);
