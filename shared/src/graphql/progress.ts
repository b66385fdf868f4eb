import { Directive, Field, Int, ObjectType } from 'type-graphql';

@Directive('@shareable')
@ObjectType('Progress', { description: 'How far a long piece of work has come.' })
export class ProgressType {
  @Field(() => String, { description: 'What is being done now, a stable word such as `reading`.' })
  stage!: string;

  @Field(() => Int, { description: 'Steps done.' })
  done!: number;

  @Field(() => Int, { description: 'Steps in all.' })
  total!: number;
}

@Directive('@shareable')
@ObjectType('Failure', { description: 'Why something did not succeed.' })
export class FailureType {
  @Field(() => String, { description: 'A stable code.' })
  code!: string;

  @Field(() => String, { description: 'One sentence for people.' })
  message!: string;

  @Field(() => Boolean, { description: 'Whether trying again may help.' })
  retryable!: boolean;
}
