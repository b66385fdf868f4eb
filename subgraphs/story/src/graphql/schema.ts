import { buildSubgraph, subgraphSdlOf } from '@storytelling/shared/graphql/subgraph';
import type { GraphQLSchema } from 'graphql';
import type { StoryGraph } from './context.js';
import { AuthorResolver, StoryResolver, StorySegmentResolver, StoryUpdateResolver } from './story.resolver.js';
import { StoryCharacterType, StoryType, UserType } from './story.type.js';

export function storySchema(): GraphQLSchema {
  return buildSubgraph<StoryGraph>({
    resolvers: [StoryResolver, StorySegmentResolver, AuthorResolver, StoryUpdateResolver],
    orphanedTypes: [StoryType, StoryCharacterType, UserType],
    references: {
      Story: ({ id }, { load }) => load.story.load(id),
      StoryCharacter: ({ id }, { load }) => load.character.load(id),
      User: ({ id }) => ({ id }),
    },
  });
}

export const subgraphSdl = (): string => subgraphSdlOf(storySchema());
