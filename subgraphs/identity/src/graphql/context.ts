import { type Caller, hasPermission } from '@storytelling/shared/graphql/caller';
import type { MediaOf } from '@storytelling/shared/graphql/media';
import type { SignedUrl } from '@storytelling/shared/infrastructure/object-store';
import type { IdentityVerbs } from '../identity-context.js';
import type { AccountQueries } from '../infrastructure/account-queries.js';
import type { RoleQueries } from '../infrastructure/role-queries.js';
import type { DataExportQueries } from '../infrastructure/data-export-queries.js';
import type { ErasureQueries } from '../infrastructure/erasure-queries.js';
import type { SessionQueries } from '../infrastructure/session-queries.js';
import type { UserQueries } from '../infrastructure/user-queries.js';
import { type RoleLoaders, roleLoaders } from './role.loader.js';
import {
  type ProviderLoader,
  providerLoader,
  type SecondFactorLoader,
  secondFactorLoader,
  type SessionLoader,
  sessionLoader,
} from './session.loader.js';
import { type UserLoader, userLoader } from './user.loader.js';

/** What a resolver of this context has at hand; made anew for each request. */
export interface IdentityGraph {
  readonly caller: Caller;
  readonly verbs: IdentityVerbs;
  /** Lists: what is asked for once per answer. */
  readonly queries: Pick<RoleQueries, 'roles' | 'rolesById'> & AccountQueries;
  readonly roles: RoleLoaders;
  readonly seesRoles: boolean;
  readonly sessions: SessionLoader;
  readonly secondFactor: SecondFactorLoader;
  readonly providers: ProviderLoader;
  readonly media: MediaOf;
  readonly erasures: ErasureQueries;
  readonly dataExports: DataExportQueries;
  /** A URL of an archive that whoever asks has just been allowed to have. */
  readonly archiveOf: (key: string) => Promise<SignedUrl>;
  readonly now: () => Date;
  /** As the caller may see them. */
  readonly users: UserLoader;
  /** As their owner sees them: for the answer to somebody who has just shown who they are. */
  readonly ownUser: UserLoader;
}

export function identityGraph(
  {
    verbs,
    queries,
    media,
    archiveOf,
    now,
  }: {
    verbs: IdentityVerbs;
    queries: UserQueries & SessionQueries & RoleQueries & AccountQueries & ErasureQueries & DataExportQueries;
  } & Pick<IdentityGraph, 'media' | 'archiveOf' | 'now'>,
  caller: Caller,
): IdentityGraph {
  const viewer = { userId: caller.kind === 'user' ? caller.userId : undefined, readsAccounts: hasPermission(caller, 'user:read') };
  const seesRoles = ['user:read', 'role:assign', 'permission:grant'].some((permission) => hasPermission(caller, permission));
  return {
    caller,
    verbs,
    queries,
    seesRoles,
    roles: roleLoaders(queries, { seesRoles }),
    media,
    sessions: sessionLoader(queries),
    secondFactor: secondFactorLoader(queries),
    erasures: queries,
    dataExports: queries,
    archiveOf,
    now,
    providers: providerLoader(queries),
    users: userLoader((ids) => queries.usersById(ids, viewer)),
    ownUser: userLoader((ids) => queries.usersById(ids, { userId: undefined, readsAccounts: true })),
  };
}
