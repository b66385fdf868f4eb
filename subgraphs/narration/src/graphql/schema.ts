import { buildSubgraph, subgraphSdlOf } from '@storytelling/shared/graphql/subgraph';
import type { GraphQLSchema } from 'graphql';
import type { NarrationGraph } from './context.js';
import {
  CastMemberResolver,
  NarratedStoryResolver,
  NarrationResolver,
  NarrationSegmentResolver,
  SegmentTakeResolver,
} from './narration.resolver.js';
import { StoryCharacterType, StoryNarrationType, StoryType } from './narration.type.js';
import { NarrationUpdateResolver, NarrationUpdatesResolver } from './narration-update.resolver.js';
import { VoiceOwnerResolver, VoiceResolver, VoiceSampleResolver } from './voice.resolver.js';
import { NarratorVoiceType, UserType } from './voice.type.js';
import { VoiceUpdateResolver, VoiceUpdatesResolver } from './voice-update.resolver.js';

export function narrationSchema(): GraphQLSchema {
  return buildSubgraph<NarrationGraph>({
    resolvers: [
      NarrationResolver,
      CastMemberResolver,
      NarrationSegmentResolver,
      SegmentTakeResolver,
      NarratedStoryResolver,
      NarrationUpdateResolver,
      NarrationUpdatesResolver,
      VoiceResolver,
      VoiceSampleResolver,
      VoiceOwnerResolver,
      VoiceUpdateResolver,
      VoiceUpdatesResolver,
    ],
    orphanedTypes: [StoryNarrationType, StoryType, StoryCharacterType, NarratorVoiceType, UserType],
    references: {
      StoryNarration: ({ id }, { load }) => load.narration.load(id),
      NarratorVoice: ({ id }, { voices }) => voices.voice.load(id),
      Story: ({ id }) => ({ id }),
      User: ({ id }) => ({ id }),
    },
  });
}

export const subgraphSdl = (): string => subgraphSdlOf(narrationSchema());
