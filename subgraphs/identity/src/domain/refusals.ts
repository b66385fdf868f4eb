import { defineRefusals, type RefusalEntry } from '@storytelling/shared/value-objects/refusal';

/** Every refusal of this context. Codes are public and stable; sentences are for people. */
export const identityRefusals = {
  USER_NOT_FOUND: { kind: 'NOT_FOUND', sentence: 'There is no user with this id.', field: 'id' },
  EMAIL_TAKEN: {
    kind: 'CONFLICT',
    sentence: 'There is an account with this e-mail address; sign in, or register another address.',
    field: 'email',
  },
  PASSWORD_TOO_SHORT: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The password has fewer than {min} characters; make it longer.',
    field: 'password',
  },
  PASSWORD_TOO_LONG: { kind: 'BAD_USER_INPUT', sentence: 'The password has more than {max} characters; shorten it.', field: 'password' },
  PASSWORD_TOO_COMMON: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This password is among the first that an attacker tries; choose another one.',
    field: 'password',
  },
  PASSWORD_UNREADABLE: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The password holds a NUL or half a surrogate pair; choose one without.',
    field: 'password',
  },
  DISPLAY_NAME_MISSING: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The display name is empty; give the name that others shall see.',
    field: 'displayName',
  },
  DISPLAY_NAME_TOO_LONG: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The display name has more than {max} characters; shorten it.',
    field: 'displayName',
  },
  DISPLAY_NAME_UNREADABLE: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The display name holds a control character or half a surrogate pair; remove it.',
    field: 'displayName',
  },
  FIRST_NAME_TOO_LONG: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The first name has more than {max} characters; shorten it.',
    field: 'firstName',
  },
  FIRST_NAME_UNREADABLE: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The first name holds a control character or half a surrogate pair; remove it.',
    field: 'firstName',
  },
  LAST_NAME_TOO_LONG: { kind: 'BAD_USER_INPUT', sentence: 'The last name has more than {max} characters; shorten it.', field: 'lastName' },
  LAST_NAME_UNREADABLE: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The last name holds a control character or half a surrogate pair; remove it.',
    field: 'lastName',
  },
  NOT_ALLOWED: { kind: 'FORBIDDEN', sentence: 'Your role does not allow this; it takes the permission {permission}.' },
  USER_ABOVE_YOU: {
    kind: 'FORBIDDEN',
    sentence: 'This person may do what you may not; ask somebody above both of you.',
    field: 'userId',
  },
  ROLE_ABOVE_YOURS: { kind: 'FORBIDDEN', sentence: 'This role may do what yours may not; ask somebody who has it.', field: 'role' },
  PERMISSION_ABOVE_YOURS: {
    kind: 'FORBIDDEN',
    sentence: 'You do not have this permission yourself; ask somebody who has it.',
    field: 'action',
  },
  LAST_SUPER_ADMIN: { kind: 'CONFLICT', sentence: 'This is the last super-admin; make somebody else one first.', field: 'userId' },
  SUPER_ADMIN_KEEPS_ALL: {
    kind: 'CONFLICT',
    sentence: 'A super-admin keeps every permission; take it from another role.',
    field: 'roleId',
  },
  ROLE_NOT_FOUND: { kind: 'NOT_FOUND', sentence: 'There is no role with this id; the query roles lists them.', field: 'roleId' },
  PERMISSION_NOT_FOUND: {
    kind: 'NOT_FOUND',
    sentence: 'There is no permission with this resource and action; those of super-admins are all there are.',
    field: 'action',
  },
  REASON_MISSING: { kind: 'BAD_USER_INPUT', sentence: 'The reason is empty; say why, so that it can be answered for.', field: 'reason' },
  REASON_TOO_LONG: { kind: 'BAD_USER_INPUT', sentence: 'The reason has more than {max} characters; shorten it.', field: 'reason' },
  SEARCH_TOO_LONG: { kind: 'BAD_USER_INPUT', sentence: 'The search has more than {max} characters; shorten it.', field: 'search' },
  CURRENT_PASSWORD_WRONG: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This is not your current password; correct it, or ask for a password reset by mail.',
    field: 'currentPassword',
  },
  EMAIL_TOKEN_INVALID: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This token is not valid (any more): it was used, it has expired or it was copied in part; ask for a new mail.',
    field: 'token',
  },
  EMAIL_NOT_VERIFIED_HERE: {
    kind: 'FORBIDDEN',
    sentence:
      'There is an account with this address that has not verified it; sign in with its password and verify the address, or reset the password, then try again.',
  },
  PROVIDER_UNKNOWN: {
    kind: 'BAD_USER_INPUT',
    sentence: 'There is no such provider here; the query identityProviders lists them.',
    field: 'provider',
  },
  REDIRECT_URI_NOT_ALLOWED: {
    kind: 'BAD_USER_INPUT',
    sentence: 'Nobody is sent back to this address from here; use one that the operators have allowed, letter by letter.',
    field: 'redirectUri',
  },
  CODE_CHALLENGE_INVALID: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The code challenge is no SHA-256 hash in base64url (43 characters); make it of your code verifier as RFC 7636 says.',
    field: 'codeChallenge',
  },
  PROVIDER_SIGN_IN_EXPIRED: {
    kind: 'UNAUTHENTICATED',
    sentence: 'This sign-in was not begun here, was used or took longer than ten minutes; begin again with beginProviderSignIn.',
    field: 'state',
  },
  PROVIDER_REFUSED: {
    kind: 'UNAUTHENTICATED',
    sentence: 'The provider did not confirm this sign-in; begin again with beginProviderSignIn.',
    field: 'code',
  },
  PROVIDER_UNREACHABLE: {
    kind: 'UNAVAILABLE',
    sentence: 'The provider does not answer at the moment; try again, or sign in in another way.',
  },
  PROVIDER_EMAIL_NOT_VERIFIED: {
    kind: 'FORBIDDEN',
    sentence: 'The provider knows no verified e-mail address of yours; verify it there, or register here with a password.',
  },
  PROVIDER_ALREADY_LINKED: {
    kind: 'CONFLICT',
    sentence: 'Another account at this provider signs in to the account with this address; use that one, or sign in with the password.',
  },
  SIGN_IN_FAILED: { kind: 'UNAUTHENTICATED', sentence: 'The e-mail address and the password do not belong together; check both.' },
  ACCOUNT_DEACTIVATED: { kind: 'FORBIDDEN', sentence: 'This account has been deactivated; write to our support.' },
  ERASURE_PASSWORD_WRONG: {
    kind: 'FORBIDDEN',
    sentence: 'This is not the password of your account; send the right one, or have a new one set by mail if you have none.',
    field: 'password',
  },
  TOO_MANY_ATTEMPTS: { kind: 'TOO_MANY_REQUESTS', sentence: 'There were too many attempts; try again after {retryAt}.' },
  TOO_MANY_EXPORTS: {
    kind: 'TOO_MANY_REQUESTS',
    sentence: 'You have asked for your data {max} times within a day; use one of those archives, or ask again after {retryAt}.',
  },
  SIGN_IN_BUSY: { kind: 'UNAVAILABLE', sentence: 'Too many people are signing in at this moment; try again in a few seconds.' },
  SECOND_FACTOR_REQUIRED: {
    kind: 'FORBIDDEN',
    sentence: 'This takes your second factor as well; send a code of your authenticator app, or a recovery code.',
    field: 'secondFactorCode',
  },
  SECOND_FACTOR_WRONG: {
    kind: 'FORBIDDEN',
    sentence: 'This code is wrong, too old or was used before; send the one that your authenticator app shows next.',
    field: 'secondFactorCode',
  },
  SECOND_FACTOR_MISSING: {
    kind: 'FORBIDDEN',
    sentence: 'This takes a second factor, and your account has none; set one up with beginSecondFactor.',
  },
  SECOND_FACTOR_EXISTS: { kind: 'CONFLICT', sentence: 'Your account has a second factor; disable it before you set up another one.' },
  SECOND_FACTOR_NOT_BEGUN: { kind: 'CONFLICT', sentence: 'There is no second factor to confirm; begin with beginSecondFactor.' },
  REFRESH_TOKEN_INVALID: {
    kind: 'UNAUTHENTICATED',
    sentence: 'This is not a refresh token of ours; sign in again.',
    field: 'refreshToken',
  },
  REFRESH_TOKEN_REUSED: {
    kind: 'UNAUTHENTICATED',
    sentence: 'This refresh token was replaced long ago and may have been copied, so the session has been ended; sign in again.',
    field: 'refreshToken',
  },
  SESSION_NOT_FOUND: { kind: 'NOT_FOUND', sentence: 'You have no session with this id; User.sessions lists yours.', field: 'sessionId' },
  SESSION_ENDED: { kind: 'UNAUTHENTICATED', sentence: 'This session has ended; sign in again.', field: 'refreshToken' },
} as const satisfies Record<string, RefusalEntry>;

export const refuse = defineRefusals(identityRefusals);
