import { FailureType, ProgressType } from '@storytelling/shared/graphql/progress';
import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType('DataExport', {
  description: 'A copy of all that the platform holds of you: a ZIP archive whose README.txt says what is in it.',
})
export class DataExportType {
  @Field(() => ID, { description: 'To look at it again with dataExport.' })
  id!: string;

  @Field(() => String, { description: '`running`; `ready`, for seven days; `expired` after that; or `failed`.' })
  status!: string;

  @Field(() => ProgressType, { nullable: true, description: 'How far it has come while it runs; stages are `gathering` and `packing`.' })
  progress!: ProgressType | null;

  @Field(() => Date, { nullable: true, description: 'Until when the archive is kept; null while there is none.' })
  expiresAt!: Date | null;

  @Field(() => FailureType, { nullable: true, description: 'Why it did not succeed; null unless it failed.' })
  failure!: FailureType | null;

  /** Of the archive, for `media`. */
  archive!: { readonly key: string; readonly bytes: number } | null;
}
