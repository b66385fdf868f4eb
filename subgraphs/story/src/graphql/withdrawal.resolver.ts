import { once } from '@storytelling/shared/infrastructure/idempotency';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { StoryView } from '../infrastructure/story-queries.js';
import { changed, personOf, type StoryGraph } from './context.js';
import { StoryType } from './story.type.js';
import { ArchiveStoryInput, DeleteStoryInput, UnpublishStoryInput } from './withdrawal.input.js';

@Resolver()
export class WithdrawalResolver {
  @Mutation(() => StoryType, { description: 'Takes a story of yours from readers. It stays with you, as it is.' })
  async unpublishStory(@Arg('input', () => UnpublishStoryInput) input: UnpublishStoryInput, @Ctx() graph: StoryGraph): Promise<StoryView> {
    const person = personOf(graph);
    const { id } = await once('unpublishStory', input, () => graph.verbs.unpublishStory(person, input));
    return changed(id, graph);
  }

  @Mutation(() => StoryType, {
    description: 'Takes a story out of sight and closes it to changes, for good: the author theirs, a moderator any other, with a reason.',
  })
  async archiveStory(@Arg('input', () => ArchiveStoryInput) input: ArchiveStoryInput, @Ctx() graph: StoryGraph): Promise<StoryView> {
    const person = personOf(graph);
    const { id } = await once('archiveStory', input, () => graph.verbs.archiveStory(person, input));
    return changed(id, graph);
  }

  @Mutation(() => Boolean, {
    description:
      'Deletes a story of yours for good, with its editions and all that was found in them. True as well if you had deleted it before.',
  })
  async deleteStory(@Arg('input', () => DeleteStoryInput) input: DeleteStoryInput, @Ctx() graph: StoryGraph): Promise<boolean> {
    graph.load.story.clear(await graph.verbs.deleteStory(personOf(graph), input));
    return true;
  }
}
