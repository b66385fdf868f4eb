import { type Connection, connectionOf, PageArgs, pageOf } from '@storytelling/shared/graphql/connection';
import { once } from '@storytelling/shared/infrastructure/idempotency';
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { refuse } from '../domain/refusals.js';
import type { EditionView } from '../infrastructure/edition-queries.js';
import type { CaseView, ReportView } from '../infrastructure/moderation-queries.js';
import type { StoryView } from '../infrastructure/story-queries.js';
import { changed, personOf, type StoryGraph } from './context.js';
import { StoryVersionType } from './edition.type.js';
import { ModerateStoryInput, ReportContentInput } from './moderation.input.js';
import {
  ModerationCaseConnection,
  ModerationCaseType,
  ModerationStatus,
  ReportReasonCountType,
  StoryModerationType,
  StoryReportType,
} from './moderation.type.js';
import { StoryType, UserType } from './story.type.js';
import { timeKey, timeKeyOf } from '@storytelling/shared/graphql/time-key';

@Resolver(() => StoryType)
export class StoryModerationResolver {
  @FieldResolver(() => StoryModerationType, {
    nullable: true,
    description: 'Why a moderator took it from readers, until a later edition is published; for the author and moderators.',
  })
  moderation(@Root() { moderation }: StoryView): StoryView['moderation'] {
    return moderation;
  }
}

@Resolver(() => ModerationCaseType)
export class ModerationResolver {
  @Mutation(() => StoryReportType, {
    description: 'Asks moderators to look at a published story. The author does not learn of it, nor from whom it comes.',
  })
  async reportContent(@Arg('input', () => ReportContentInput) input: ReportContentInput, @Ctx() graph: StoryGraph): Promise<ReportView> {
    const person = personOf(graph);
    const { id } = await once('reportContent', input, () => graph.verbs.reportContent(person, input));
    const report = await graph.queries.reportById(id);
    // The retry of a report whose story was deleted meanwhile.
    if (!report) throw refuse.STORY_NOT_FOUND(undefined, 'storyId');
    return report;
  }

  @Query(() => ModerationCaseConnection, { nullable: true, description: 'Stories that were reported or decided about; for moderators.' })
  async moderationQueue(
    @Args(() => PageArgs) args: PageArgs,
    @Arg('status', () => ModerationStatus, { nullable: true, description: 'Which of them: OPEN if not given.' })
    status: ModerationStatus | null | undefined,
    @Ctx() graph: StoryGraph,
  ): Promise<Connection<CaseView>> {
    if (!personOf(graph).isModerator) throw refuse.MODERATORS_ONLY();
    const page = pageOf(args, timeKey);
    const wanted = status ?? ModerationStatus.OPEN;
    const keyOf = ({ storyId, oldestReportAt, lastDecision }: CaseView) =>
      timeKeyOf((wanted === ModerationStatus.OPEN ? oldestReportAt : lastDecision?.decidedAt) ?? new Date(0), storyId);
    return connectionOf(page, await graph.queries.moderationQueue(wanted, page), keyOf);
  }

  @Mutation(() => StoryType, {
    description: 'Decides about a story, and with it about all open reports of it; for moderators, about stories of others.',
  })
  async moderateStory(@Arg('input', () => ModerateStoryInput) input: ModerateStoryInput, @Ctx() graph: StoryGraph): Promise<StoryView> {
    const person = personOf(graph);
    const { id } = await once('moderateStory', input, () => graph.verbs.moderateStory(person, input));
    return changed(id, graph);
  }

  @FieldResolver(() => StoryType, { nullable: true, description: 'The story, as moderators see it: the working edition.' })
  story(@Root() { storyId }: CaseView, @Ctx() { load }: StoryGraph): Promise<StoryView | null> {
    return load.story.load(storyId);
  }

  @FieldResolver(() => [ReportReasonCountType], { description: 'What the open reports say is wrong, most often first.' })
  reasons(@Root() { storyId }: CaseView, @Ctx() { moderation }: StoryGraph): Promise<ReportReasonCountType[]> {
    return moderation.reasons.load(storyId) as Promise<ReportReasonCountType[]>;
  }

  @FieldResolver(() => [StoryReportType], { description: 'The open reports, oldest first; at most 100.' })
  reports(@Root() { storyId }: CaseView, @Ctx() { moderation }: StoryGraph): Promise<ReportView[]> {
    return moderation.reports.load(storyId);
  }
}

@Resolver(() => StoryReportType)
export class StoryReportResolver {
  @FieldResolver(() => StoryType, { nullable: true, description: 'The story; null if you do not see it.' })
  story(@Root() { storyId }: ReportView, @Ctx() { load }: StoryGraph): Promise<StoryView | null> {
    return load.story.load(storyId);
  }

  @FieldResolver(() => UserType, { nullable: true, description: 'Who reported it; for moderators.' })
  reporter(@Root() { reporterId }: ReportView, @Ctx() { viewer }: StoryGraph): UserType | null {
    return viewer.isModerator ? { id: reporterId } : null;
  }

  @FieldResolver(() => StoryVersionType, {
    nullable: true,
    description: 'The very edition that was reported, whatever was written since; for moderators.',
  })
  async edition(@Root() { storyId, version }: ReportView, @Ctx() { moderation, viewer }: StoryGraph): Promise<EditionView | null> {
    return viewer.isModerator ? moderation.edition.load({ storyId, version }) : null;
  }
}
