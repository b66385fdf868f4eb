import { connectionTypes } from '@storytelling/shared/graphql/connection';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum ReportReason {
  SPAM = 'spam',
  HATE = 'hate',
  HARASSMENT = 'harassment',
  SEXUAL = 'sexual',
  VIOLENCE = 'violence',
  SELF_HARM = 'self-harm',
  COPYRIGHT = 'copyright',
  PRIVACY = 'privacy',
  OTHER = 'other',
}
registerEnumType(ReportReason, {
  name: 'ReportReason',
  description: 'What is wrong with a story, as a reader sees it.',
  valuesConfig: {
    SPAM: { description: 'Advertising, or the same over and over.' },
    HATE: { description: 'Against people for what they are.' },
    HARASSMENT: { description: 'Against one person.' },
    SEXUAL: { description: 'Sexual, where it should not be.' },
    VIOLENCE: { description: 'Cruelty, or a call for it.' },
    SELF_HARM: { description: 'Suicide or self-harm shown as a way.' },
    COPYRIGHT: { description: 'Somebody else’s work.' },
    PRIVACY: { description: 'Tells of a person what should not be told.' },
    OTHER: { description: 'Something else; say it in the details.' },
  },
});

export enum ModerationDecision {
  KEEP = 'keep',
  UNPUBLISH = 'unpublish',
  ARCHIVE = 'archive',
}
registerEnumType(ModerationDecision, {
  name: 'ModerationDecision',
  description: 'What a moderator decides about a story. Each closes its open reports.',
  valuesConfig: {
    KEEP: { description: 'It stays as it is.' },
    UNPUBLISH: { description: 'Readers see it no longer; the author may publish again what they write from then on.' },
    ARCHIVE: { description: 'It is out of sight and closed to changes, for good.' },
  },
});

export enum ModerationStatus {
  OPEN = 'open',
  DECIDED = 'decided',
}
registerEnumType(ModerationStatus, {
  name: 'ModerationStatus',
  description: 'Whether somebody has to look at a story.',
  valuesConfig: {
    OPEN: { description: 'There are open reports; the longest waiting comes first.' },
    DECIDED: { description: 'A moderator has decided, and nothing was reported since; the last decision comes first.' },
  },
});

@ObjectType('StoryModeration', { description: 'What a moderator decided about a story, and why.' })
export class StoryModerationType {
  @Field(() => ModerationDecision, { description: 'What was decided.' })
  decision!: ModerationDecision;

  @Field(() => String, { nullable: true, description: 'Why, for the author; null once erased.' })
  reason!: string | null;

  @Field(() => Int, { description: 'The newest edition at that time: after UNPUBLISH, only a later one can be published.' })
  version!: number;

  @Field(() => Date, { description: 'When it was decided.' })
  decidedAt!: Date;
}

@ObjectType('StoryReport', { description: 'A reader’s request that moderators look at a story.' })
export class StoryReportType {
  @Field(() => ID, { description: 'Id of the report.' })
  id!: string;

  @Field(() => ReportReason, { description: 'What is wrong.' })
  reason!: ReportReason;

  @Field(() => String, { nullable: true, description: 'More about it, in the reader’s words.' })
  details!: string | null;

  @Field(() => Int, { description: 'Number of the edition that was reported.' })
  version!: number;

  @Field(() => Date, { description: 'When it was reported.' })
  createdAt!: Date;
}

@ObjectType('ReportReasonCount', { description: 'How often a reason is given.' })
export class ReportReasonCountType {
  @Field(() => ReportReason, { description: 'The reason.' })
  reason!: ReportReason;

  @Field(() => Int, { description: 'How many open reports give it.' })
  count!: number;
}

@ObjectType('ModerationCase', { description: 'A story that was reported or decided about; for moderators.' })
export class ModerationCaseType {
  @Field(() => Int, { description: 'How many reports are open.' })
  openReports!: number;

  @Field(() => Date, { nullable: true, description: 'Since when the oldest of them waits.' })
  oldestReportAt!: Date | null;

  @Field(() => StoryModerationType, { nullable: true, description: 'What was decided last.' })
  lastDecision!: StoryModerationType | null;
}

export const ModerationCaseConnection = connectionTypes('ModerationCase', () => ModerationCaseType);
