import { buildSubgraph, subgraphSdlOf } from '@storytelling/shared/graphql/subgraph';
import type { GraphQLSchema } from 'graphql';
import { CharacterImageResolver } from './character-image.resolver.js';
import type { StoryGraph } from './context.js';
import { CorrectionResolver } from './correction.resolver.js';
import { EditionResolver, EditionsResolver } from './edition.resolver.js';
import { ModerationResolver, StoryModerationResolver, StoryReportResolver } from './moderation.resolver.js';
import { SearchMatchResolver } from './search.resolver.js';
import { AuthorResolver, StoryResolver, StorySegmentResolver } from './story.resolver.js';
import { StoryCharacterType, StorySegmentType, StoryType, UserType } from './story.type.js';
import { StoryUpdateResolver, StoryUpdatesResolver } from './story-update.resolver.js';
import { WithdrawalResolver } from './withdrawal.resolver.js';

export function storySchema(): GraphQLSchema {
  return buildSubgraph<StoryGraph>({
    resolvers: [
      StoryResolver,
      StorySegmentResolver,
      AuthorResolver,
      CorrectionResolver,
      CharacterImageResolver,
      EditionsResolver,
      SearchMatchResolver,
      EditionResolver,
      StoryUpdateResolver,
      StoryUpdatesResolver,
      WithdrawalResolver,
      StoryModerationResolver,
      ModerationResolver,
      StoryReportResolver,
    ],
    orphanedTypes: [StoryType, StoryCharacterType, StorySegmentType, UserType],
    references: {
      Story: ({ id }, { load }) => load.story.load(id),
      StoryCharacter: ({ id }, { load }) => load.character.load(id),
      StorySegment: ({ id }, { load }) => load.segment.load(id),
      User: ({ id }) => ({ id }),
    },
  });
}

export const subgraphSdl = (): string => subgraphSdlOf(storySchema());
