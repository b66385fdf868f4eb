import { Field, ID, InputType, ObjectType } from 'type-graphql';

@ObjectType('Session', { description: 'One sign-in on one device.' })
export class SessionType {
  @Field(() => ID, { description: 'Give it to revokeSession to sign out there.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What it runs on, as the device says: such as “Firefox on Windows”; null if it does not say.',
  })
  client!: string | null;

  @Field(() => Date, { description: 'When you signed in there.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it last fetched an access token: in use, it does so every ten minutes.' })
  lastUsedAt!: Date;

  @Field(() => Boolean, { description: 'Whether this request comes from it.' })
  isCurrent!: boolean;
}

@InputType({ description: 'Which session shall end.' })
export class RevokeSessionInput {
  @Field(() => ID, { description: 'One of your User.sessions.' })
  sessionId!: string;
}
