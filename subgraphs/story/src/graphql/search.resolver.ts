import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { SearchMatch } from '../infrastructure/highlight-queries.js';
import type { FoundStory, StoryView } from '../infrastructure/story-queries.js';
import type { StoryGraph } from './context.js';
import { SearchMatchType } from './search.type.js';
import { StoryType } from './story.type.js';

@Resolver(() => StoryType)
export class SearchMatchResolver {
  @FieldResolver(() => SearchMatchType, { nullable: true, description: 'Where the words are; null if no search found the story.' })
  async searchMatch(@Root() story: StoryView | FoundStory, @Ctx() { load }: StoryGraph): Promise<SearchMatch | null> {
    return 'words' in story ? load.searchMatch.load(story) : null;
  }
}
