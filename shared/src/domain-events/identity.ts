import { z } from 'zod';
import { catalogOf, defineEvent, type EventOf } from './event.js';
import { erasureCompletedIn, personalDataExportedIn } from './personal-data.js';

const role = z.enum(['member', 'admin', 'super-admin', 'customer-support', 'content-moderator']);
/** null: erased with its user. */
const personal = z.string().nullable();

export const UserRegistered = defineEvent({
  type: 'UserRegistered',
  context: 'identity',
  version: 1,
  reach: 'published',
  meaning: 'Somebody may use the platform from now on.',
  schema: z.object({ userId: z.string(), email: personal, displayName: personal, language: z.string(), role }),
  personal: { email: 'userId', displayName: 'userId' },
});

export const ProfileChanged = defineEvent({
  type: 'ProfileChanged',
  context: 'identity',
  version: 1,
  reach: 'published',
  meaning: 'What others see of a user changed; it carries the whole of it, so the newest one is enough.',
  schema: z.object({ userId: z.string(), displayName: personal, imageKey: personal, language: z.string() }),
  personal: { displayName: 'userId', imageKey: 'userId' },
});

export const NameChanged = defineEvent({
  type: 'NameChanged',
  context: 'identity',
  version: 1,
  reach: 'internal',
  meaning: 'First and last name: nobody outside needs them, so they stay inside.',
  schema: z.object({ userId: z.string(), firstName: personal, lastName: personal }),
  personal: { firstName: 'userId', lastName: 'userId' },
});

export const EmailVerified = defineEvent({
  type: 'EmailVerified',
  context: 'identity',
  version: 1,
  reach: 'published',
  meaning: 'A user proved that the address of their account is theirs.',
  schema: z.object({ userId: z.string() }),
});

export const UserAuthenticated = defineEvent({
  type: 'UserAuthenticated',
  context: 'identity',
  version: 2,
  reach: 'published',
  meaning: 'A user proved who they are and got a session.',
  schema: z.object({ userId: z.string(), method: z.enum(['password', 'password-reset', 'provider']) }),
  // Version 2 knows more methods. Version 1 had no reader yet, so there is nobody to write it for any longer.
  upcast: { 1: (old) => old },
});

export const PasswordChanged = defineEvent({
  type: 'PasswordChanged',
  context: 'identity',
  version: 1,
  reach: 'internal',
  meaning: 'Another password than before signs a user in; by one who knew the old one, or by one who reads the mails of the address.',
  schema: z.object({ userId: z.string(), by: z.enum(['change', 'reset']) }),
});

export const ProviderLinked = defineEvent({
  type: 'ProviderLinked',
  context: 'identity',
  version: 1,
  reach: 'internal',
  meaning: 'An account at a provider signs a user in from now on.',
  schema: z.object({ userId: z.string(), provider: z.string(), subject: personal }),
  personal: { subject: 'userId' },
});

export const ProviderUnlinked = defineEvent({
  type: 'ProviderUnlinked',
  context: 'identity',
  version: 1,
  reach: 'internal',
  meaning: 'An account at a provider signs a user in no longer.',
  schema: z.object({ userId: z.string(), provider: z.string() }),
});

export const SessionRevoked = defineEvent({
  type: 'SessionRevoked',
  context: 'identity',
  version: 2,
  reach: 'published',
  meaning: 'A session is over before its time: its tokens must be refused from now on.',
  schema: z.object({
    userId: z.string(),
    sessionId: z.uuid(),
    reason: z.enum(['sign-out', 'reuse', 'revoked', 'deactivated', 'password-changed', 'password-reset', 'erased']),
  }),
  // Version 2 knows more reasons. Version 1 had no reader yet, so there is nobody to write it for any longer.
  upcast: { 1: (old) => old },
});

export const SecondFactorEnabled = defineEvent({
  type: 'SecondFactorEnabled',
  context: 'identity',
  version: 1,
  reach: 'internal',
  meaning: 'A user shows from now on, beside the password, that they hold a device.',
  schema: z.object({ userId: z.string() }),
});

export const SecondFactorDisabled = defineEvent({
  type: 'SecondFactorDisabled',
  context: 'identity',
  version: 1,
  reach: 'internal',
  meaning: 'A user gave the second factor up: the password is enough again.',
  schema: z.object({ userId: z.string() }),
});

export const RecoveryCodeSpent = defineEvent({
  type: 'RecoveryCodeSpent',
  context: 'identity',
  version: 1,
  reach: 'internal',
  meaning: 'A user had no device at hand and spent one of the recovery codes.',
  schema: z.object({ userId: z.string(), left: z.int().min(0) }),
});

export const RoleAssigned = defineEvent({
  type: 'RoleAssigned',
  context: 'identity',
  version: 1,
  reach: 'published',
  meaning:
    'A user is something else on this platform now; their next access token says so. `assignedBy` is a user, or `operator` for a person at the machine.',
  schema: z.object({ userId: z.string(), role, previousRole: role, assignedBy: z.string(), reason: personal }),
  personal: { reason: 'userId' },
});

export const PermissionGranted = defineEvent({
  type: 'PermissionGranted',
  context: 'identity',
  version: 1,
  reach: 'published',
  meaning: 'Whoever has this role may do one thing more.',
  schema: z.object({ roleId: z.string(), resource: z.string(), action: z.string() }),
});

export const PermissionRevoked = defineEvent({
  type: 'PermissionRevoked',
  context: 'identity',
  version: 1,
  reach: 'published',
  meaning: 'Whoever has this role may do one thing less.',
  schema: z.object({ roleId: z.string(), resource: z.string(), action: z.string() }),
});

export const UserDeactivated = defineEvent({
  type: 'UserDeactivated',
  context: 'identity',
  version: 1,
  reach: 'published',
  meaning: 'A user may not sign in any more; what they made stays.',
  // The reason is somebody’s words about a person.
  schema: z.object({ userId: z.string(), reason: personal.optional() }),
  personal: { reason: 'userId' },
});

const storiesAfterErasure = z.enum(['remove', 'keep-as-deleted-author']);
export type StoriesAfterErasure = z.output<typeof storiesAfterErasure>;

export const UserErased = defineEvent({
  type: 'UserErased',
  context: 'identity',
  version: 1,
  reach: 'published',
  meaning: 'A user is gone: every context blanks what it holds of them, and says so by ErasureCompleted.',
  schema: z.object({ userId: z.string(), stories: storiesAfterErasure }),
});

export const DataExportRequested = defineEvent({
  type: 'DataExportRequested',
  context: 'identity',
  version: 1,
  reach: 'published',
  meaning: 'A user wants a copy of their data: every context gathers what it holds of them, and says so by PersonalDataExported.',
  schema: z.object({ exportId: z.uuid(), userId: z.string() }),
});

export const identityEvents = catalogOf(
  UserRegistered,
  EmailVerified,
  ProfileChanged,
  NameChanged,
  PasswordChanged,
  ProviderLinked,
  ProviderUnlinked,
  UserAuthenticated,
  SessionRevoked,
  SecondFactorEnabled,
  SecondFactorDisabled,
  RecoveryCodeSpent,
  RoleAssigned,
  PermissionGranted,
  PermissionRevoked,
  UserDeactivated,
  UserErased,
  DataExportRequested,
  erasureCompletedIn('identity'),
  personalDataExportedIn('identity'),
);

export type UserEvent =
  | EventOf<typeof UserRegistered>
  | EventOf<typeof EmailVerified>
  | EventOf<typeof ProfileChanged>
  | EventOf<typeof NameChanged>
  | EventOf<typeof PasswordChanged>
  | EventOf<typeof ProviderLinked>
  | EventOf<typeof ProviderUnlinked>
  | EventOf<typeof UserAuthenticated>
  | EventOf<typeof SessionRevoked>
  | EventOf<typeof SecondFactorEnabled>
  | EventOf<typeof SecondFactorDisabled>
  | EventOf<typeof RecoveryCodeSpent>
  | EventOf<typeof RoleAssigned>
  | EventOf<typeof UserDeactivated>
  | EventOf<typeof UserErased>;

export type PermissionEvent = EventOf<typeof PermissionGranted> | EventOf<typeof PermissionRevoked>;
