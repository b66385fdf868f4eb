import type { PrismaClient } from '../generated/prisma/client.js';

export interface PermissionView {
  readonly id: string;
  readonly resource: string;
  readonly action: string;
  readonly description: string | null;
}

export interface RoleView {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly isSystem: boolean;
}

export interface RoleQueries {
  /** By name. */
  roles(): Promise<RoleView[]>;
  /** In the order of the ids; null for what is not there. */
  rolesById(ids: readonly string[]): Promise<(RoleView | null)[]>;
  permissionsById(ids: readonly string[]): Promise<(PermissionView | null)[]>;
  permissionsOfRoles(roleIds: readonly string[]): Promise<PermissionView[][]>;
}

const ofRole = { id: true, name: true, description: true, isSystem: true };
const ofPermission = { id: true, resource: true, action: true, description: true };

/** PostgreSQL refuses text with a NUL in it: what cannot be an id is not asked for. */
const isId = (value: string) => /^[\w:-]{1,50}$/.test(value);

export function roleQueries(prisma: PrismaClient): RoleQueries {
  return {
    roles: () => prisma.roleRecord.findMany({ select: ofRole, orderBy: { name: 'asc' } }),
    async rolesById(ids) {
      const records = await prisma.roleRecord.findMany({ where: { id: { in: ids.filter(isId) } }, select: ofRole });
      return ids.map((id) => records.find((record) => record.id === id) ?? null);
    },
    async permissionsById(ids) {
      const records = await prisma.permissionRecord.findMany({ where: { id: { in: ids.filter(isId) } }, select: ofPermission });
      return ids.map((id) => records.find((record) => record.id === id) ?? null);
    },
    async permissionsOfRoles(roleIds) {
      const rows = await prisma.$queryRaw<(PermissionView & { roleId: string })[]>`
        SELECT r.role_id AS "roleId", p.id, p.resource, p.action, p.description
        FROM role_permissions r JOIN permissions p ON p.id = r.permission_id WHERE r.role_id = ANY(${[...roleIds]}::text[]) ORDER BY p.id`;
      const byRole = Map.groupBy(rows, ({ roleId }) => roleId);
      return roleIds.map((id) => byRole.get(id) ?? []);
    },
  };
}
