import { Field, InputType, ObjectType } from 'type-graphql';

@ObjectType('SecondFactorSetup', { description: 'A new secret for your authenticator app. It is shown once.' })
export class SecondFactorSetupType {
  @Field(() => String, { description: 'To type into the app, in base32.' })
  secret!: string;

  @Field(() => String, { description: 'The same as an otpauth:// address, to show as a QR code.' })
  uri!: string;
}

@ObjectType('SecondFactorConfirmation', { description: 'Your second factor counts from now on.' })
export class SecondFactorConfirmationType {
  @Field(() => [String], {
    description: 'Ten codes for the day when the app is not at hand, each good once. They are shown once: keep them somewhere else.',
  })
  recoveryCodes!: string[];

  // `user` is resolved: see second-factor.resolver.ts.
}

@InputType({ description: 'Shows that your authenticator app has the secret.' })
export class ConfirmSecondFactorInput {
  @Field(() => String, { description: 'The six digits that the app shows.' })
  code!: string;

  @Field(() => String, { nullable: true, description: 'Your password; left out only if your account has none.' })
  password?: string | null;
}

@InputType({ description: 'Shows that it is you who gives the second factor up.' })
export class DisableSecondFactorInput {
  @Field(() => String, { description: 'Six digits of the app, or a recovery code.' })
  code!: string;
}
