import { isUserId, type UserId } from '@storytelling/shared/value-objects/user-id';
import type { UserRole } from '../domain/user.js';
import type { PrismaClient, UserRecord } from '../generated/prisma/client.js';

/** Who looks: what is private in an account its owner sees, and whoever has the permission `user:read` (support and admins). */
export interface Viewer {
  readonly userId: string | undefined;
  readonly readsAccounts: boolean;
}

/** A user as a viewer sees them. */
export interface UserView {
  readonly id: UserId;
  /** null: erased. */
  readonly displayName: string | null;
  readonly imageKey: string | null;
  readonly language: string;
  readonly isActive: boolean;
  readonly createdAt: Date;
  /** Private: null to everybody else. */
  readonly email: string | null;
  readonly isEmailVerified: boolean | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly role: UserRole | null;
}

export interface Grants {
  readonly role: UserRole;
  readonly isActive: boolean;
  readonly isEmailVerified: boolean;
  /** `resource:action` */
  readonly permissions: readonly string[];
}

export interface UserQueries {
  /** In the order of the ids; null for one that nobody has. One statement, however many. */
  usersById(ids: readonly string[], viewer: Viewer): Promise<(UserView | null)[]>;
  /** What a user may do now. One statement. */
  grants(id: UserId): Promise<Grants | undefined>;
  /** Which of these pictures are somebody's. */
  imagesInUse(keys: readonly string[]): Promise<string[]>;
}

type Row = Pick<
  UserRecord,
  | 'id'
  | 'email'
  | 'isEmailVerified'
  | 'displayName'
  | 'imageKey'
  | 'firstName'
  | 'lastName'
  | 'language'
  | 'role'
  | 'isActive'
  | 'createdAt'
>;

/** The one policy, for root fields and references alike. */
function viewOf({ email, isEmailVerified, firstName, lastName, role, ...open }: Row, { userId, readsAccounts }: Viewer): UserView {
  const isPrivate = { email, isEmailVerified, firstName, lastName, role: role as UserRole };
  const nothing = { email: null, isEmailVerified: null, firstName: null, lastName: null, role: null };
  return { ...open, id: open.id as UserId, ...(readsAccounts || userId === open.id ? isPrivate : nothing) };
}

export function userQueries(prisma: PrismaClient): UserQueries {
  return {
    async usersById(ids, viewer) {
      const records = await prisma.userRecord.findMany({
        // PostgreSQL refuses text with a NUL in it: what cannot be an id is not asked for.
        where: { id: { in: ids.filter(isUserId) } },
        select: {
          id: true,
          email: true,
          isEmailVerified: true,
          displayName: true,
          imageKey: true,
          firstName: true,
          lastName: true,
          language: true,
          role: true,
          isActive: true,
          createdAt: true,
        },
      });
      const byId = new Map(records.map((record) => [record.id, viewOf(record, viewer)]));
      return ids.map((id) => byId.get(id) ?? null);
    },
    async grants(id) {
      const [grants] = await prisma.$queryRaw<Grants[]>`
        SELECT u.role, u.is_active AS "isActive", u.is_email_verified AS "isEmailVerified", coalesce(array_agg(p.resource || ':' || p.action ORDER BY p.id) FILTER (WHERE p.id IS NOT NULL), '{}') AS permissions
        FROM users u LEFT JOIN role_permissions r ON r.role_id = u.role LEFT JOIN permissions p ON p.id = r.permission_id
        WHERE u.id = ${id} GROUP BY u.id`;
      return grants;
    },
    async imagesInUse(keys) {
      const records = await prisma.userRecord.findMany({ where: { imageKey: { in: [...keys] } }, select: { imageKey: true } });
      return records.flatMap(({ imageKey }) => imageKey ?? []);
    },
  };
}
