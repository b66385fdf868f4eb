import DataLoader from 'dataloader';
import type { PermissionView, RoleQueries, RoleView } from '../infrastructure/role-queries.js';

/** Per request, and as the caller may see them: roots and references share the policy. */
export interface RoleLoaders {
  readonly role: DataLoader<string, RoleView | null>;
  readonly permission: DataLoader<string, PermissionView | null>;
  readonly permissionsOf: DataLoader<string, PermissionView[]>;
}

export function roleLoaders(queries: RoleQueries, { seesRoles }: { readonly seesRoles: boolean }): RoleLoaders {
  const nothing = async (ids: readonly string[]) => ids.map(() => null);
  return {
    role: new DataLoader((ids) => (seesRoles ? queries.rolesById(ids) : nothing(ids))),
    permission: new DataLoader((ids) => (seesRoles ? queries.permissionsById(ids) : nothing(ids))),
    // Asked for below a role only, which nobody else sees.
    permissionsOf: new DataLoader((ids) => queries.permissionsOfRoles(ids)),
  };
}
