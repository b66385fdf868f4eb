import { describe, expect, it } from '@jest/globals';
import { email } from '@storytelling/shared/value-objects/email';
import { language } from '@storytelling/shared/value-objects/language';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { type Actor, assignRole, type Case, deactivate, erase, grantPermission, operator, reason, revokePermission } from './authority.js';
import { openSession } from './session.js';
import type { User, UserRole } from './user.js';

const all = ['user:read', 'user:deactivate', 'user:erase', 'role:assign', 'permission:grant', 'story:moderate'];
const asSeeded = {
  member: [],
  'customer-support': ['user:read'],
  'content-moderator': ['story:moderate'],
  admin: ['user:read', 'user:deactivate', 'user:erase', 'role:assign', 'story:moderate'],
  'super-admin': all,
};

const user = (role: UserRole, status: 'active' | 'deactivated' = 'active'): User => ({
  status,
  id: userId('user-0000000002'),
  email: email('bob@example.org'),
  profile: { displayName: 'Bob', firstName: null, lastName: null, language: language('en'), imageKey: null },
  role,
  isEmailVerified: true,
  providers: [],
});
const actor = (role: UserRole, isActive = true): Actor => ({ id: userId('user-0000000001'), role, isActive });
const given = (by: Actor, of: User, { otherSuperAdmins = 1, change = {} }: { otherSuperAdmins?: number; change?: object } = {}): Case => ({
  actor: by,
  user: of,
  otherSuperAdmins,
  roles: new Map(Object.entries({ ...asSeeded, ...change }).map(([role, may]) => [role, new Set(may)])),
  permissions: new Set(all),
});
const refusal = (code: string) => expect.objectContaining({ code });
const roles: UserRole[] = ['member', 'customer-support', 'content-moderator', 'admin', 'super-admin'];

describe('a role', () => {
  it('is assigned by whoever may, with an event that tells both roles, by whom and why', () => {
    expect(assignRole(given(actor('admin'), user('member')), 'content-moderator', 'volunteers')).toEqual([
      {
        type: 'RoleAssigned',
        data: {
          userId: 'user-0000000002',
          role: 'content-moderator',
          previousRole: 'member',
          assignedBy: 'user-0000000001',
          reason: 'volunteers',
        },
      },
    ]);
    expect(assignRole(given(actor('admin'), user('admin')), 'admin', null)).toEqual([]);
  });

  it('is assigned by nobody without the permission, and by nobody who is deactivated', () => {
    for (const role of ['member', 'customer-support', 'content-moderator'] as const)
      expect(() => assignRole(given(actor(role), user('member')), 'member', null)).toThrow(refusal('NOT_ALLOWED'));
    expect(() => assignRole(given(actor('super-admin', false), user('member')), 'admin', null)).toThrow(refusal('NOT_ALLOWED'));
  });

  it('is never above that of whoever assigns it, nor taken from somebody above them', () => {
    expect(() => assignRole(given(actor('admin'), user('member')), 'super-admin', null)).toThrow(refusal('ROLE_ABOVE_YOURS'));
    expect(() => assignRole(given(actor('admin'), user('super-admin')), 'member', null)).toThrow(refusal('USER_ABOVE_YOU'));
    for (const role of roles) expect(() => assignRole(given(actor('super-admin'), user(role)), 'super-admin', null)).not.toThrow();
  });

  it('is above whoever lacks one of its permissions, whatever its rank; and by rank, whatever its permissions', () => {
    const change = { 'customer-support': ['user:read', 'role:assign'] };
    const support = given(actor('customer-support'), user('member'), { change });
    expect(() => assignRole(support, 'content-moderator', null)).toThrow(refusal('ROLE_ABOVE_YOURS'));
    expect(() => assignRole({ ...support, user: user('content-moderator') }, 'member', null)).toThrow(refusal('USER_ABOVE_YOU'));
    expect(assignRole(support, 'customer-support', null)).toHaveLength(1);
    const powerful = given(actor('admin'), user('super-admin'), { change: { admin: all } });
    expect(() => assignRole(powerful, 'member', null)).toThrow(refusal('USER_ABOVE_YOU'));
  });

  it('of the last super-admin stays', () => {
    const last = given(actor('super-admin'), user('super-admin'), { otherSuperAdmins: 0 });
    expect(() => assignRole(last, 'admin', null)).toThrow(refusal('LAST_SUPER_ADMIN'));
    expect(() => deactivate(last, [], 'x')).toThrow(refusal('LAST_SUPER_ADMIN'));
    expect(assignRole({ ...last, user: user('super-admin', 'deactivated') }, 'admin', null)).toHaveLength(1);
    expect(assignRole({ ...last, otherSuperAdmins: 1 }, 'admin', null)).toHaveLength(1);
  });

  it('may be given by a person at the machine, to whom the last super-admin stays all the same', () => {
    expect(assignRole(given(operator, user('member'), { otherSuperAdmins: 0 }), 'super-admin', null)).toMatchObject([
      { data: { assignedBy: 'operator' } },
    ]);
    expect(() => assignRole(given(operator, user('super-admin'), { otherSuperAdmins: 0 }), 'member', null)).toThrow(
      refusal('LAST_SUPER_ADMIN'),
    );
  });
});

describe('an account', () => {
  const session = openSession(
    { id: '0d1f7c1e-0000-4000-8000-000000000001', userId: user('member').id, tokenHash: 't', clientAddressTag: 'a', device: null },
    new Date(0),
  );

  it('is closed by whoever may, and its sessions with it', () => {
    const ended = { ...session, revoked: { at: new Date(0), reason: 'sign-out' as const } };
    expect(deactivate(given(actor('admin'), user('member')), [session, ended], 'spam')).toEqual([
      { type: 'UserDeactivated', data: { userId: 'user-0000000002', reason: 'spam' } },
      { type: 'SessionRevoked', data: { userId: 'user-0000000002', sessionId: session.id, reason: 'deactivated' } },
    ]);
    expect(deactivate(given(actor('admin'), user('member', 'deactivated')), [session], 'spam')).toEqual([]);
  });

  it('is closed by nobody else, and never by somebody below', () => {
    expect(() => deactivate(given(actor('customer-support'), user('member')), [], 'x')).toThrow(refusal('NOT_ALLOWED'));
    expect(() => deactivate(given(actor('admin'), user('super-admin')), [], 'x')).toThrow(refusal('USER_ABOVE_YOU'));
  });
});

describe('a permission', () => {
  const constitution = given(actor('super-admin'), user('member'));
  const moderate = { roleId: 'customer-support', resource: 'story', action: 'moderate' };

  it('is granted and revoked once', () => {
    expect(grantPermission(constitution, moderate)).toEqual([{ type: 'PermissionGranted', data: moderate }]);
    expect(grantPermission(constitution, { ...moderate, roleId: 'content-moderator' })).toEqual([]);
    expect(revokePermission(constitution, moderate)).toEqual([]);
    const revoked = { ...moderate, roleId: 'content-moderator' };
    expect(revokePermission(constitution, revoked)).toEqual([{ type: 'PermissionRevoked', data: revoked }]);
  });

  it('is one that there is, of a role that there is', () => {
    expect(() => grantPermission(constitution, { ...moderate, roleId: 'king' })).toThrow(refusal('ROLE_NOT_FOUND'));
    expect(() => grantPermission(constitution, { ...moderate, action: 'burn' })).toThrow(refusal('PERMISSION_NOT_FOUND'));
  });

  it('is granted by nobody who may not grant, does not have it, or stands below the role', () => {
    expect(() => grantPermission(given(actor('admin'), user('member')), moderate)).toThrow(refusal('NOT_ALLOWED'));
    const change = { 'customer-support': ['permission:grant', 'user:read'] };
    const support = given(actor('customer-support'), user('member'), { change });
    expect(() => grantPermission(support, { ...moderate, roleId: 'member' })).toThrow(refusal('PERMISSION_ABOVE_YOURS'));
    expect(() => revokePermission(support, { ...moderate, roleId: 'content-moderator' })).toThrow(refusal('ROLE_ABOVE_YOURS'));
    expect(() => revokePermission(support, { roleId: 'admin', resource: 'user', action: 'read' })).toThrow(
      expect.objectContaining({ code: 'ROLE_ABOVE_YOURS', field: 'roleId' }),
    );
    expect(grantPermission(support, { roleId: 'member', resource: 'user', action: 'read' })).toHaveLength(1);
  });

  it('is never taken from super-admins', () => {
    expect(() => revokePermission(constitution, { ...moderate, roleId: 'super-admin' })).toThrow(refusal('SUPER_ADMIN_KEEPS_ALL'));
  });
});

describe('a reason', () => {
  it('is said, readably and briefly', () => {
    expect(reason('  spam ')).toBe('spam');
    expect(() => reason(' ')).toThrow(refusal('REASON_MISSING'));
    expect(() => reason('x'.repeat(501))).toThrow(refusal('REASON_TOO_LONG'));
    expect(() => reason('\u0000')).toThrow(refusal('TEXT_UNREADABLE'));
  });
});

describe('an account', () => {
  const erased = [{ type: 'UserErased', data: { userId: user('member').id, stories: 'remove' } }];
  const itself = (of: User, otherSuperAdmins = 1) => given({ id: of.id, role: of.role, isActive: true }, of, { otherSuperAdmins });

  it('is erased by its owner, or by whoever may and is not below them', () => {
    expect(erase(itself(user('member')), 'remove')).toEqual(erased);
    expect(erase(given(actor('admin'), user('member')), 'remove')).toEqual(erased);
    expect(() => erase(given(actor('customer-support'), user('member')), 'remove')).toThrow(refusal('NOT_ALLOWED'));
    expect(() => erase(given(actor('admin', false), user('member')), 'remove')).toThrow(refusal('NOT_ALLOWED'));
    expect(() => erase(given(actor('admin'), user('super-admin')), 'remove')).toThrow(refusal('USER_ABOVE_YOU'));
  });

  it('of the last super-admin stays', () => {
    expect(erase(itself(user('super-admin')), 'remove')).toEqual(erased);
    expect(() => erase(itself(user('super-admin'), 0), 'remove')).toThrow(refusal('LAST_SUPER_ADMIN'));
  });

  it('is erased once, and only whoever may hears that it was', () => {
    const gone: User = { ...user('member'), status: 'erased', email: null };
    expect(erase(itself(gone), 'remove')).toEqual([]);
    expect(erase(given(actor('admin'), gone), 'remove')).toEqual([]);
    expect(() => erase(given(actor('member'), gone), 'remove')).toThrow(refusal('NOT_ALLOWED'));
  });
});
