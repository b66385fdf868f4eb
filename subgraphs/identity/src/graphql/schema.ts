import { buildSubgraph, subgraphSdlOf } from '@storytelling/shared/graphql/subgraph';
import type { GraphQLSchema } from 'graphql';
import { AccountResolver } from './account.resolver.js';
import type { IdentityGraph } from './context.js';
import { ProviderResolver } from './provider.resolver.js';
import { DataExportResolver } from './data-export.resolver.js';
import { RoleResolver, StaffResolver } from './role.resolver.js';
import { PermissionType, RoleType } from './role.type.js';
import { SecondFactorConfirmationResolver, SecondFactorResolver } from './second-factor.resolver.js';
import { ErasureResolver } from './erasure.resolver.js';
import { SessionResolver } from './session.resolver.js';
import { AuthSessionResolver, ProfileResolver, UserResolver } from './user.resolver.js';
import { UserType } from './user.type.js';

export function identitySchema(): GraphQLSchema {
  return buildSubgraph<IdentityGraph>({
    resolvers: [
      UserResolver,
      ProfileResolver,
      AuthSessionResolver,
      AccountResolver,
      ProviderResolver,
      SessionResolver,
      SecondFactorResolver,
      SecondFactorConfirmationResolver,
      StaffResolver,
      RoleResolver,
      ErasureResolver,
      DataExportResolver,
    ],
    orphanedTypes: [UserType, RoleType, PermissionType],
    references: {
      User: ({ id }, { users }) => users.load(id),
      Role: ({ id }, { roles }) => roles.role.load(id),
      Permission: ({ id }, { roles }) => roles.permission.load(id),
    },
  });
}

/** What this context contributes to the supergraph, as committed in schema/. */
export function subgraphSdl(): string {
  return subgraphSdlOf(identitySchema());
}
