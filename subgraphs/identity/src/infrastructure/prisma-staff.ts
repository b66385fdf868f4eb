import { stream } from '@storytelling/shared/domain-events/event';
import { identityEvents } from '@storytelling/shared/domain-events/identity';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import { lockKey } from '@storytelling/shared/infrastructure/relay';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { type Actor, type Case, type Constitution, operator } from '../domain/authority.js';
import type { Staff } from '../domain/staff.js';
import type { UserRole } from '../domain/user.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import { sessionOf } from './prisma-sessions.js';
import { lockUser, saveUser } from './prisma-users.js';

type Tx = Prisma.TransactionClient;

const permissionStream = (id: string) => stream('identity', 'Permission', id);

/**
 * Taken before any row: these changes are rare, and each depends on rows that it does not write (the actor's, the other super-admins', the
 * permissions of both roles).
 */
const oneAtATime = lockKey('identity:authority');

export function prismaStaff({ client, transact, now }: { client: PrismaClient; transact: UnitOfWork<Tx>; now: () => Date }): Staff {
  return {
    look: (actorId) => constitution(client, actorId),

    async changeUser(actorId, userId, decide) {
      await transact(async (tx) => {
        const { version, ...given } = await lockCase(tx, actorId, userId);
        const alive = { userId, revokedAt: null, idleExpiresAt: { gt: now() }, expiresAt: { gt: now() } };
        const sessions = (await tx.sessionRecord.findMany({ where: alive })).map(sessionOf);
        await saveUser(tx, { user: given.user, version }, decide(given, sessions), now());
        return userId;
      });
      return userId;
    },

    changePermission: (actorId, of, decide) =>
      transact(async (tx) => {
        const { roleId, resource, action } = of;
        const events = decide(await lock(tx, actorId), of);
        if (events.length === 0) return roleId;
        const { id, streamVersion } = await tx.permissionRecord.findUniqueOrThrow({
          where: { resource_action: { resource, action } },
        });
        const version = await appendEvents(tx, permissionStream(id), streamVersion, events, identityEvents);
        await tx.permissionRecord.update({ where: { id }, data: { streamVersion: version } });
        for (const { type } of events) {
          const given = { roleId, permissionId: id };
          if (type === 'PermissionGranted') await tx.rolePermissionRecord.create({ data: { ...given, grantedAt: now() } });
          else await tx.rolePermissionRecord.delete({ where: { roleId_permissionId: given } });
        }
        return roleId;
      }),
  };
}

async function lock(tx: Tx, actorId: Actor['id']): Promise<Constitution> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${oneAtATime}::bigint)`;
  return constitution(tx, actorId);
}

/** For what changes one user; `version` is their stream's. Refuses an unknown one with USER_NOT_FOUND. */
export async function lockCase(tx: Tx, actorId: Actor['id'], userId: UserId): Promise<Case & { readonly version: number }> {
  const given = await lock(tx, actorId);
  const locked = await lockUser(tx, userId, 'userId');
  const otherSuperAdmins = await tx.userRecord.count({ where: { role: 'super-admin', isActive: true, id: { not: userId } } });
  return { ...given, ...locked, otherSuperAdmins };
}

async function constitution(tx: Tx, actorId: Actor['id']): Promise<Constitution> {
  const roles = await tx.$queryRaw<{ id: string; permissions: string[] }[]>`
    SELECT id, ARRAY(SELECT permission_id FROM role_permissions WHERE role_id = roles.id)::text[] AS permissions FROM roles`;
  const permissions = await tx.permissionRecord.findMany({ select: { id: true } });
  return {
    actor: actorId === operator.id ? operator : await actorOf(tx, actorId),
    roles: new Map(roles.map((role) => [role.id, new Set(role.permissions)])),
    permissions: new Set(permissions.map(({ id }) => id)),
  };
}

/** Whoever is gone meanwhile is nobody who may do anything. */
async function actorOf(tx: Tx, id: Actor['id']): Promise<Actor> {
  const found = await tx.userRecord.findUnique({ where: { id }, select: { role: true, isActive: true } });
  return { id, role: (found?.role ?? 'member') as UserRole, isActive: found?.isActive ?? false };
}
