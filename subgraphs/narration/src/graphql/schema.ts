import { buildSubgraph, subgraphSdlOf } from '@storytelling/shared/graphql/subgraph';
import type { GraphQLSchema } from 'graphql';
import type { NarrationGraph } from './context.js';
import { NarratedStoryResolver, NarrationResolver, NarrationSegmentResolver, SegmentTakeResolver } from './narration.resolver.js';
import { StoryCharacterType, StoryNarrationType, StoryType } from './narration.type.js';
import { NarrationUpdateResolver, NarrationUpdatesResolver } from './narration-update.resolver.js';

export function narrationSchema(): GraphQLSchema {
  return buildSubgraph<NarrationGraph>({
    resolvers: [
      NarrationResolver,
      NarrationSegmentResolver,
      SegmentTakeResolver,
      NarratedStoryResolver,
      NarrationUpdateResolver,
      NarrationUpdatesResolver,
    ],
    orphanedTypes: [StoryNarrationType, StoryType, StoryCharacterType],
    references: {
      StoryNarration: ({ id }, { load }) => load.narration.load(id),
      Story: ({ id }) => ({ id }),
    },
  });
}

export const subgraphSdl = (): string => subgraphSdlOf(narrationSchema());
