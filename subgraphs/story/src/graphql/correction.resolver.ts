import { once } from '@storytelling/shared/infrastructure/idempotency';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Character } from '../domain/findings.js';
import { refuse } from '../domain/refusals.js';
import type { StoryView } from '../infrastructure/story-queries.js';
import { changed, personOf, type StoryGraph } from './context.js';
import { MergeCharactersInput, RemoveCharacterInput, SaveCharacterInput, UpdateSegmentInput } from './correction.input.js';
import type { SegmentOfStory } from './story.loader.js';
import { StoryCharacterType, StorySegmentType, StoryType } from './story.type.js';

/** Corrections make no version: of two that meet, the last one holds. */
@Resolver()
export class CorrectionResolver {
  @Mutation(() => StoryCharacterType, {
    description: 'Adds a character to a story of yours, or corrects one. The next analysis leaves it as it is here.',
  })
  async saveCharacter(@Arg('input', () => SaveCharacterInput) input: SaveCharacterInput, @Ctx() graph: StoryGraph): Promise<Character> {
    const author = personOf(graph);
    const { id } = await once('saveCharacter', input, () => graph.verbs.saveCharacter(author, input));
    const story = await changed(input.storyId, graph);
    // A retry may come after the character was removed.
    const saved = (await graph.load.characters.load(story)).find((character) => character.id === id);
    if (!saved) throw refuse.CHARACTER_NOT_FOUND();
    return saved;
  }

  @Mutation(() => StoryType, {
    description:
      'Makes several characters of a story of yours one: their names become its aliases, and what they say it says. The next analysis keeps them one.',
  })
  async mergeCharacters(
    @Arg('input', () => MergeCharactersInput) input: MergeCharactersInput,
    @Ctx() graph: StoryGraph,
  ): Promise<StoryView> {
    const author = personOf(graph);
    const { id } = await once('mergeCharacters', input, () => graph.verbs.mergeCharacters(author, input));
    return changed(id, graph);
  }

  @Mutation(() => StoryType, {
    description:
      'Takes a character out of a story of yours; what it says, the narration says. No analysis brings it back; saveCharacter with its name does.',
  })
  async removeCharacter(
    @Arg('input', () => RemoveCharacterInput) input: RemoveCharacterInput,
    @Ctx() graph: StoryGraph,
  ): Promise<StoryView> {
    const author = personOf(graph);
    const { id } = await once('removeCharacter', input, () => graph.verbs.removeCharacter(author, input));
    return changed(id, graph);
  }

  @Mutation(() => StorySegmentType, {
    description: 'Says who speaks a segment of a story of yours, and how. Analyses keep that until the text of the segment changes.',
  })
  async updateSegment(
    @Arg('input', () => UpdateSegmentInput) input: UpdateSegmentInput,
    @Ctx() graph: StoryGraph,
  ): Promise<SegmentOfStory> {
    const author = personOf(graph);
    const { id } = await once('updateSegment', input, () => graph.verbs.updateSegment(author, input));
    await changed(input.storyId, graph);
    // A retry may come after an edit or another analysis.
    const segment = await graph.load.segment.clear(id).load(id);
    if (!segment) throw refuse.SEGMENT_NOT_FOUND();
    return segment;
  }
}
