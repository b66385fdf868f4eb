import 'reflect-metadata';
import { buildSubgraphSchema, printSubgraphSchema } from '@apollo/subgraph';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import type { GraphQLSchema } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import { gql } from 'graphql-tag';
import { type BuildSchemaOptions, buildSchemaSync, createResolversMap } from 'type-graphql';

const federationLink = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@inaccessible", "@tag"])`;

/** Apollo's map is typed for any context; which one ours is, the callers of `buildSubgraph` say. */
type SubgraphResolvers = NonNullable<Extract<Parameters<typeof buildSubgraphSchema>[0], { resolvers?: object }>['resolvers']>;

/** Loads the entities of one type for the gateway, by the same loaders and the same policy as the root field. null: unknown or not to be seen. */
export type ReferenceResolver<Context> = (reference: { readonly id: string }, context: Context) => unknown;

/**
 * The federation recipe, written once: type-graphql classes → SDL with directives → an Apollo subgraph schema. Resolvers and orphaned types are
 * always given explicitly, because type-graphql's metadata storage is one global per process and several contexts may share a process.
 */
export function buildSubgraph<Context>({
  resolvers,
  orphanedTypes,
  references,
}: {
  resolvers: BuildSchemaOptions['resolvers'];
  orphanedTypes: NonNullable<BuildSchemaOptions['orphanedTypes']>;
  references: Readonly<Record<string, ReferenceResolver<Context>>>;
}): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers,
    orphanedTypes,
    scalarsMap: [{ type: Date, scalar: DateTimeResolver }],
    // type-graphql asks for one although each of our live fields subscribes by itself, to a stream in the database.
    pubSub: { publish: liveFieldsReadStreams, subscribe: liveFieldsReadStreams },
    // Inputs are checked by value objects in the verbs, wherever they come from; there is no second set of rules on the classes.
    validate: false,
  });
  const resolverMap = Object.entries(createResolversMap(schema)).map(([type, fields]) => {
    const resolve = references[type];
    return [type, resolve ? { ...fields, __resolveReference: resolve } : fields] as const;
  });
  return buildSubgraphSchema({
    typeDefs: gql(`${federationLink}\n${printSchemaWithDirectives(schema)}`),
    resolvers: Object.fromEntries(resolverMap) as SubgraphResolvers,
  });
}

function liveFieldsReadStreams(): never {
  throw new Error('A @Subscription needs a subscribe function that follows a stream.');
}

/** What the subgraph contributes to the supergraph, as committed in schema/. */
export function subgraphSdlOf(schema: GraphQLSchema): string {
  return printSubgraphSchema(schema);
}
