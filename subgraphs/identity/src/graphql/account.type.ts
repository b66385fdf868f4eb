import { Field, InputType } from 'type-graphql';

@InputType({ description: 'Shows that you read the mails of your address.' })
export class VerifyEmailInput {
  @Field(() => String, { description: 'From the mail: 43 letters, digits, - and _. Good once, for three days.' })
  token!: string;
}

@InputType({ description: 'Whose password is lost.' })
export class RequestPasswordResetInput {
  @Field(() => String, { description: 'The address of the account.' })
  email!: string;
}

@InputType({ description: 'A new password for whoever reads the mails of the address.' })
export class ResetPasswordInput {
  @Field(() => String, { description: 'From the mail: 43 letters, digits, - and _. Good once, for an hour.' })
  token!: string;

  @Field(() => String, { description: 'The new password, under the rules of RegisterInput.password.' })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Asked for by SECOND_FACTOR_REQUIRED: six digits of your authenticator app, or a recovery code.',
  })
  secondFactorCode?: string | null;
}

@InputType({ description: 'Another password than before.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'The one that signs you in now.' })
  currentPassword!: string;

  @Field(() => String, { description: 'The one that shall, under the rules of RegisterInput.password.' })
  newPassword!: string;
}
