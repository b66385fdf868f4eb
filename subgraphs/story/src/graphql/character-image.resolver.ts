import { MediaType, UploadType, uploadType } from '@storytelling/shared/graphql/media';
import { Arg, Ctx, Field, FieldResolver, ID, InputType, Int, Mutation, Resolver, Root } from 'type-graphql';
import type { Character } from '../domain/findings.js';
import { refuse } from '../domain/refusals.js';
import { changed, personOf, type StoryGraph } from './context.js';
import { StoryCharacterType } from './story.type.js';

@InputType({ description: 'A picture that you are going to send, and of whom.' })
class CharacterImageUploadInput {
  @Field(() => ID, { description: 'Id of the story.' })
  storyId!: string;

  @Field(() => ID, { description: 'Id of the character.' })
  characterId!: string;

  @Field(() => String, { description: 'Its type: image/jpeg, image/png or image/webp.' })
  contentType!: string;

  @Field(() => Int, { description: 'Its size in bytes, exactly; at most 5 MB (5,242,880).' })
  sizeBytes!: number;
}

@InputType({ description: 'Which picture a character has.' })
class SetCharacterImageInput {
  @Field(() => ID, { description: 'Id of the story.' })
  storyId!: string;

  @Field(() => ID, { description: 'Id of the character.' })
  characterId!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      'The id of an upload that requestCharacterImageUpload gave you for this character, after its bytes were sent; null takes the picture away.',
  })
  imageUploadId?: string | null;
}

@Resolver(() => StoryCharacterType)
export class CharacterImageResolver {
  @FieldResolver(() => MediaType, {
    nullable: true,
    description: 'The picture that the writer gave the character, WebP of at most 1024 × 1024 pixels; the newest one in every edition.',
  })
  async image(@Root() { id }: Character, @Ctx() { load, media }: StoryGraph): Promise<MediaType | null> {
    const key = await load.characterImage.load(id);
    return key === null ? null : media(key);
  }

  @Mutation(() => UploadType, {
    description: 'A place for the picture of a character in a story of yours; then give its id to setCharacterImage.',
  })
  async requestCharacterImageUpload(
    @Arg('input', () => CharacterImageUploadInput) input: CharacterImageUploadInput,
    @Ctx() graph: StoryGraph,
  ): Promise<UploadType> {
    return uploadType(await graph.verbs.requestCharacterImageUpload(personOf(graph), input));
  }

  @Mutation(() => StoryCharacterType, { description: 'Gives a character in a story of yours a picture, or takes it away. Safe to repeat.' })
  async setCharacterImage(
    @Arg('input', () => SetCharacterImageInput) input: SetCharacterImageInput,
    @Ctx() graph: StoryGraph,
  ): Promise<Character> {
    const id = await graph.verbs.setCharacterImage(personOf(graph), input);
    graph.load.characterImage.clear(id);
    const story = await changed(input.storyId, graph);
    const character = (await graph.load.characters.load(story)).find((each) => each.id === id);
    if (!character) throw refuse.CHARACTER_NOT_FOUND(undefined, 'characterId');
    return character;
  }
}
