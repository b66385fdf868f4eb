import { signedIn } from '@storytelling/shared/graphql/caller';
import { type Connection, connectionOf, PageArgs, pageOf } from '@storytelling/shared/graphql/connection';
import { isId, timeKey, timeKeyOf } from '@storytelling/shared/graphql/time-key';
import { once } from '@storytelling/shared/infrastructure/idempotency';
import { language } from '@storytelling/shared/value-objects/language';
import { codePoints, readableText } from '@storytelling/shared/value-objects/text';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Character, Emotion } from '../domain/findings.js';
import { refuse } from '../domain/refusals.js';
import { storyStream } from '../domain/story.js';
import type { AnalysisView, FoundKey, StoryKey, StoryView } from '../infrastructure/story-queries.js';
import { changed, personOf, type StoryGraph } from './context.js';
import type { SegmentOfStory } from './story.loader.js';
import { AnalyzeStoryInput, CreateStoryInput, EditStoryInput, PublishStoryInput, StoryFilter } from './story.input.js';
import {
  StoryAnalysisType,
  StoryCharacterType,
  StoryConnection,
  StoryEmotionType,
  StorySegmentConnection,
  StorySegmentType,
  StoryStatus,
  StoryType,
  UserType,
} from './story.type.js';

const storyKey = (key: unknown): StoryKey | undefined => {
  const read = timeKey(key);
  return read && { createdAt: read.at, id: read.id };
};
const keyOf = ({ createdAt, id }: StoryView) => timeKeyOf(createdAt, id);
const segmentKey = (key: unknown) => (Number.isSafeInteger(key) && Math.abs(Number(key)) < 2 ** 31 ? Number(key) : undefined);

const foundKey = (key: unknown): FoundKey | undefined => {
  const [rank, id] = (Array.isArray(key) ? key : []) as unknown[];
  return typeof rank === 'number' && typeof id === 'string' && isId(id) ? { rank, id } : undefined;
};
const maxSearch = 200;

/** What to search; an empty field is no search. */
function wordsOf(search: string | null | undefined): string | null {
  const words = readableText(search ?? '', 'search').trim();
  if (codePoints(words) > maxSearch) throw refuse.SEARCH_TOO_LONG({ max: maxSearch });
  return words === '' ? null : words;
}

/** A language to filter by, in the form in which it is kept. */
const tagOf = (tag: string | null | undefined) => (typeof tag === 'string' ? language(tag) : null);

@Resolver(() => StoryType)
export class StoryResolver {
  @Query(() => StoryType, { nullable: true, description: 'One story; null if there is none or you may not see it.' })
  story(@Arg('id', () => ID) id: string, @Ctx() { load }: StoryGraph): Promise<StoryView | null> {
    return load.story.load(id);
  }

  @Query(() => StoryConnection, { nullable: true, description: 'Stories that you may see, newest first; with a search, best first.' })
  async stories(
    @Arg('filter', () => StoryFilter, { nullable: true }) filter: StoryFilter | null | undefined,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { queries, viewer }: StoryGraph,
  ): Promise<Connection<StoryView>> {
    const wanted = { ...filter, language: tagOf(filter?.language) };
    const words = wordsOf(filter?.search);
    if (words !== null) {
      const page = pageOf(args, foundKey);
      return connectionOf(page, await queries.search(words, wanted, page, viewer), ({ rank, id }) => [rank, id]);
    }
    const page = pageOf(args, storyKey);
    return connectionOf(page, await queries.list(wanted, page, viewer), keyOf);
  }

  @Mutation(() => StoryType, { description: 'Begins a story as a draft that only its author sees.' })
  async createStory(@Arg('input', () => CreateStoryInput) input: CreateStoryInput, @Ctx() graph: StoryGraph): Promise<StoryView> {
    const author = signedIn(graph.caller);
    const { id } = await once('createStory', input, () => graph.verbs.createStory(author, input));
    return changed(id, graph);
  }

  @Mutation(() => StoryType, { description: 'Changes title or text of a story of yours. Readers go on seeing the published edition.' })
  async editStory(@Arg('input', () => EditStoryInput) input: EditStoryInput, @Ctx() graph: StoryGraph): Promise<StoryView> {
    const author = personOf(graph);
    const { id } = await once('editStory', input, () => graph.verbs.editStory(author, input));
    return changed(id, graph);
  }

  @Mutation(() => StoryType, { description: 'Starts the analysis of a story of yours; follow it by storyUpdated.' })
  async analyzeStory(@Arg('input', () => AnalyzeStoryInput) input: AnalyzeStoryInput, @Ctx() graph: StoryGraph): Promise<StoryView> {
    const author = personOf(graph);
    const { id } = await once('analyzeStory', input, () => graph.verbs.analyzeStory(author, input));
    return changed(id, graph);
  }

  @Mutation(() => StoryType, { description: 'Shows the present version of an analyzed story of yours to everybody.' })
  async publishStory(@Arg('input', () => PublishStoryInput) input: PublishStoryInput, @Ctx() graph: StoryGraph): Promise<StoryView> {
    const author = personOf(graph);
    const { id } = await once('publishStory', input, () => graph.verbs.publishStory(author, input));
    return changed(id, graph);
  }

  @FieldResolver(() => String, { description: 'The text, 1 to 100,000 characters.' })
  content(@Root() story: StoryView, @Ctx() { load }: StoryGraph): Promise<string> {
    return load.content.load(story);
  }

  @FieldResolver(() => UserType, { nullable: true, description: 'Who wrote it.' })
  author(@Root() { authorId }: StoryView): UserType {
    return { id: authorId };
  }

  @FieldResolver(() => String, { description: 'Where the story’s stream of updates is now; subscribe with it as `after` to miss nothing.' })
  cursor(@Root() { id, streamVersion }: StoryView, @Ctx() { streams }: StoryGraph): string {
    return streams.cursorAt(storyStream(id).id, streamVersion);
  }

  @FieldResolver(() => [StoryCharacterType], {
    description: 'Who acts or speaks in the newest analyzed text; at most 100.',
  })
  characters(@Root() story: StoryView, @Ctx() { load }: StoryGraph): Promise<readonly Character[]> {
    return load.characters.load(story);
  }

  @FieldResolver(() => [StoryEmotionType], {
    description: 'The strongest emotions, in the order of the text; at most 200. None until the present text is analyzed.',
  })
  emotions(@Root() story: StoryView, @Ctx() { load }: StoryGraph): Promise<readonly Emotion[]> {
    return load.emotions.load(story);
  }

  @FieldResolver(() => StorySegmentConnection, {
    description: 'The script, in the order of the text. Empty until the present text is analyzed.',
  })
  async segments(
    @Root() story: StoryView,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { load }: StoryGraph,
  ): Promise<Connection<SegmentOfStory>> {
    const page = pageOf(args, segmentKey);
    const { nodes, more } = await load.segments(story, page);
    return connectionOf(page, { nodes: nodes.map((segment) => ({ ...segment, story })), more }, ({ index }) => index);
  }

  @FieldResolver(() => [StoryAnalysisType], { description: 'Analyses of its texts, newest first; for the author and moderators.' })
  analyses(@Root() story: StoryView, @Ctx() { load }: StoryGraph): Promise<AnalysisView[]> {
    return load.analyses.load(story);
  }
}

@Resolver(() => StorySegmentType)
export class StorySegmentResolver {
  @FieldResolver(() => StoryCharacterType, { nullable: true, description: 'Who speaks; null where the narration does.' })
  async speaker(@Root() { speakerId, story }: SegmentOfStory, @Ctx() { load }: StoryGraph): Promise<Character | null> {
    return (speakerId && (await load.characters.load(story)).find(({ id }) => id === speakerId)) || null;
  }
}

@Resolver(() => UserType)
export class AuthorResolver {
  @FieldResolver(() => StoryConnection, { nullable: true, description: 'Stories by this user that you may see, newest first.' })
  async stories(
    @Root() { id }: UserType,
    @Arg('status', () => StoryStatus, { nullable: true }) status: StoryStatus | null | undefined,
    @Arg('language', () => String, { nullable: true, description: 'Only of this language (BCP 47).' }) inLanguage:
      | string
      | null
      | undefined,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { load }: StoryGraph,
  ): Promise<Connection<StoryView>> {
    const page = pageOf(args, storyKey);
    return connectionOf(page, await load.storiesOfAuthor(id, { status, language: tagOf(inLanguage) }, page), keyOf);
  }
}
