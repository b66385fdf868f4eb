import { type Connection, connectionOf, PageArgs, pageOf } from '@storytelling/shared/graphql/connection';
import { MediaType } from '@storytelling/shared/graphql/media';
import { ProgressType } from '@storytelling/shared/graphql/progress';
import { timeKey, timeKeyOf } from '@storytelling/shared/graphql/time-key';
import { once } from '@storytelling/shared/infrastructure/idempotency';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Chapter } from '../domain/captions.js';
import { narrationStream } from '../domain/narration.js';
import type { NarrationView, SegmentView, TakeView } from '../infrastructure/narration-queries.js';
import type { VoiceView } from '../infrastructure/voice-queries.js';
import { changedNarration, type NarrationGraph, personOf, sound } from './context.js';
import {
  CancelNarrationInput,
  DeleteNarrationInput,
  GenerateNarrationInput,
  RegenerateSegmentInput,
  ResumeNarrationInput,
} from './narration.input.js';
import {
  CastMemberType,
  NarrationChapterType,
  NarrationSegmentConnection,
  NarrationSegmentType,
  SegmentTakeType,
  StoryCharacterType,
  StoryNarrationConnection,
  StoryNarrationType,
  StoryType,
} from './narration.type.js';
import { NarratorVoiceType } from './voice.type.js';

const narrationKey = (key: unknown) => {
  const read = timeKey(key);
  return read && { createdAt: read.at, id: read.id };
};
const indexKey = (key: unknown) => (Number.isSafeInteger(key) && Math.abs(Number(key)) < 2 ** 31 ? Number(key) : undefined);

@Resolver(() => StoryNarrationType)
export class NarrationResolver {
  @Query(() => StoryNarrationType, { nullable: true, description: 'One narration; null if there is none or you may not hear it.' })
  narration(@Arg('id', () => ID) id: string, @Ctx() { load }: NarrationGraph): Promise<NarrationView | null> {
    return load.narration.load(id);
  }

  @Mutation(() => StoryNarrationType, { description: 'Has an analyzed story of yours read aloud; follow it by narrationUpdated.' })
  async generateNarration(
    @Arg('input', () => GenerateNarrationInput) input: GenerateNarrationInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<NarrationView> {
    const author = personOf(graph);
    const { id } = await once('generateNarration', input, () => graph.verbs.generateNarration(author, input));
    return changedNarration(id, graph);
  }

  @Mutation(() => StoryNarrationType, {
    description:
      'Has one segment spoken anew, with another emotion, text or voice. The whole is heard as before until it is joined with it.',
  })
  async regenerateSegment(
    @Arg('input', () => RegenerateSegmentInput) input: RegenerateSegmentInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<NarrationView> {
    const author = personOf(graph);
    const { id } = await once('regenerateSegment', input, () => graph.verbs.regenerateSegment(author, input));
    return changedNarration(id, graph);
  }

  @Mutation(() => StoryNarrationType, {
    description: 'Goes on with a narration that failed or was cancelled: what was finished is not spoken again.',
  })
  async resumeNarration(
    @Arg('input', () => ResumeNarrationInput) input: ResumeNarrationInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<NarrationView> {
    const author = personOf(graph);
    const { id } = await once('resumeNarration', input, () => graph.verbs.resumeNarration(author, input));
    return changedNarration(id, graph);
  }

  @Mutation(() => StoryNarrationType, { description: 'Ends the work on a narration; what is finished is kept. Safe to repeat.' })
  async cancelNarration(
    @Arg('input', () => CancelNarrationInput) input: CancelNarrationInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<NarrationView> {
    return changedNarration(await graph.verbs.cancelNarration(personOf(graph), input), graph);
  }

  @Mutation(() => Boolean, { description: 'Deletes a narration with all its audio, for good. Safe to repeat.' })
  async deleteNarration(
    @Arg('input', () => DeleteNarrationInput) input: DeleteNarrationInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<boolean> {
    const id = await graph.verbs.deleteNarration(personOf(graph), input);
    graph.load.narration.clear(id);
    return true;
  }

  @FieldResolver(() => StoryType, { nullable: true, description: 'The story that it speaks.' })
  story(@Root() { storyId }: NarrationView): StoryType {
    return { id: storyId };
  }

  @FieldResolver(() => NarratorVoiceType, {
    nullable: true,
    description: 'The narrator; null if it is a voice of somebody else’s own, or was deleted.',
  })
  voice(@Root() { voices: casting }: NarrationView, @Ctx() { voices }: NarrationGraph): Promise<VoiceView | null> {
    return voices.voice.load(casting.narrator.voiceId);
  }

  @FieldResolver(() => [CastMemberType], { description: 'Who speaks the characters that the narrator does not read.' })
  cast(@Root() { voices: casting }: NarrationView): CastMemberType[] {
    return casting.cast.map(({ characterId, voice: { voiceId } }) => ({ characterId, voiceId }));
  }

  @FieldResolver(() => ProgressType, { nullable: true, description: 'How far the work has come, while there is any.' })
  progress(@Root() { run, doneSegments, totalSegments }: NarrationView): ProgressType | null {
    return run && (run.progress ?? { stage: 'waiting', done: doneSegments, total: totalSegments });
  }

  @FieldResolver(() => NarrationSegmentConnection, { description: 'Its lines, in the order of the text.' })
  async segments(
    @Root() narration: NarrationView,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { load }: NarrationGraph,
  ): Promise<Connection<SegmentView>> {
    const page = pageOf(args, indexKey);
    return connectionOf(page, await load.segments(narration, page), ({ index }) => index);
  }

  @FieldResolver(() => MediaType, { nullable: true, description: 'The whole; null until it is complete.' })
  audio(@Root() { audio, durationSeconds }: NarrationView, @Ctx() { media }: NarrationGraph): Promise<MediaType | null> {
    return sound(media, { key: audio?.key ?? null, bytes: audio?.bytes ?? null, seconds: durationSeconds });
  }

  @FieldResolver(() => MediaType, { nullable: true, description: 'WebVTT captions of the whole, a cue for each segment.' })
  captions(@Root() { captions }: NarrationView, @Ctx() { media }: NarrationGraph): Promise<MediaType | null> {
    return sound(media, { key: captions?.key ?? null, bytes: captions?.bytes ?? null, seconds: null });
  }

  @FieldResolver(() => [NarrationChapterType], {
    description: 'Headings on lines of their own (Chapter 2, III., Epilogue, # A title); none until the whole is complete.',
  })
  async chapters(@Root() { id, audio }: NarrationView, @Ctx() { load }: NarrationGraph): Promise<Chapter[]> {
    return audio === null ? [] : load.chapters.load(id);
  }

  @FieldResolver(() => String, {
    description: 'Where the narration’s stream of updates is now; subscribe with it as `after` to miss nothing.',
  })
  cursor(@Root() { id, streamVersion }: NarrationView, @Ctx() { streams }: NarrationGraph): string {
    return streams.cursorAt(narrationStream(id).id, streamVersion);
  }
}

@Resolver(() => CastMemberType)
export class CastMemberResolver {
  @FieldResolver(() => StoryCharacterType, { nullable: true, description: 'The character.' })
  character(@Root() { characterId }: CastMemberType): StoryCharacterType {
    return { id: characterId };
  }

  @FieldResolver(() => NarratorVoiceType, {
    nullable: true,
    description: 'Its voice; null if it is one of somebody else’s own, or was deleted.',
  })
  voice(@Root() { voiceId }: CastMemberType, @Ctx() { voices }: NarrationGraph): Promise<VoiceView | null> {
    return voices.voice.load(voiceId);
  }
}

@Resolver(() => NarrationSegmentType)
export class NarrationSegmentResolver {
  @FieldResolver(() => StoryCharacterType, { nullable: true, description: 'Who speaks; null where the narration does.' })
  character(@Root() { characterId }: SegmentView): StoryCharacterType | null {
    return characterId === null ? null : { id: characterId };
  }

  @FieldResolver(() => MediaType, { nullable: true, description: 'This segment alone; null until it was spoken.' })
  media(@Root() { audioKey, bytes, durationSeconds }: SegmentView, @Ctx() { media }: NarrationGraph): Promise<MediaType | null> {
    return sound(media, { key: audioKey, bytes, seconds: durationSeconds });
  }

  @FieldResolver(() => [SegmentTakeType], {
    description: 'Every version of it that was made, oldest first; for the author and moderators.',
  })
  async takes(@Root() { id, narrationId }: SegmentView, @Ctx() { load }: NarrationGraph): Promise<TakeView[]> {
    const narration = await load.narration.load(narrationId);
    return narration?.hears === 'the work' ? load.takes.load(id) : [];
  }
}

@Resolver(() => SegmentTakeType)
export class SegmentTakeResolver {
  @FieldResolver(() => MediaType, { nullable: true, description: 'Its audio.' })
  media(@Root() { audioKey, bytes, durationSeconds }: TakeView, @Ctx() { media }: NarrationGraph): Promise<MediaType | null> {
    return sound(media, { key: audioKey, bytes, seconds: durationSeconds });
  }
}

@Resolver(() => StoryType)
export class NarratedStoryResolver {
  @FieldResolver(() => StoryNarrationConnection, { nullable: true, description: 'Its narrations that you may hear, newest first.' })
  async narrations(
    @Root() { id }: StoryType,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { load }: NarrationGraph,
  ): Promise<Connection<NarrationView>> {
    const page = pageOf(args, narrationKey);
    return connectionOf(page, await load.narrationsOfStory(id, page), ({ createdAt, id: narration }) => timeKeyOf(createdAt, narration));
  }
}
