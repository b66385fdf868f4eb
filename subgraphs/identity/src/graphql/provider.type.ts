import { Field, ID, InputType, ObjectType } from 'type-graphql';

@ObjectType('IdentityProvider', { description: 'Where one may sign in instead of with a password of ours.' })
export class IdentityProviderType {
  @Field(() => ID, { description: 'Stays the same: google.' })
  id!: string;

  @Field(() => String, { description: 'As people know it: Google.' })
  name!: string;
}

@ObjectType('OAuthProvider', { description: 'An account elsewhere that signs a user in.' })
export class OAuthProviderType {
  @Field(() => String, { description: 'The id of the identity provider.' })
  provider!: string;

  @Field(() => String, { description: 'The name of the identity provider.' })
  name!: string;

  @Field(() => Date, { description: 'Since when it signs this user in.' })
  linkedAt!: Date;
}

@ObjectType('ProviderSignIn', { description: 'A sign-in that has begun: send the browser to the url.' })
export class ProviderSignInType {
  @Field(() => String, { description: 'The page of the provider. It sends the browser back to redirectUri, with code and state.' })
  url!: string;

  @Field(() => String, { description: 'Compare it with the state that comes back, and give it to signInWithProvider. Good once.' })
  state!: string;

  @Field(() => Date, { description: 'Until when signInWithProvider takes it: ten minutes.' })
  expiresAt!: Date;
}

@InputType({ description: 'Where to sign in, and where to come back.' })
export class BeginProviderSignInInput {
  @Field(() => String, { description: 'The id of one of identityProviders.' })
  provider!: string;

  @Field(() => String, { description: 'Where the provider sends the browser back: one of those that are set up here, letter by letter.' })
  redirectUri!: string;

  @Field(() => String, { description: 'SHA-256 of a codeVerifier that you keep, in base64url: 43 characters (PKCE, RFC 7636, S256).' })
  codeChallenge!: string;
}

@InputType({ description: 'What the browser brought back from a provider.' })
export class ProviderSignInInput {
  @Field(() => String, { description: 'As in beginProviderSignIn.' })
  provider!: string;

  @Field(() => String, { description: 'The parameter code of the address that the browser was sent back to.' })
  code!: string;

  @Field(() => String, { description: 'Of which beginProviderSignIn was given the hash: 43 to 128 letters, digits and -._~.' })
  codeVerifier!: string;

  @Field(() => String, { description: 'The parameter state of that address, after you compared it with yours.' })
  state!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The parameter iss of that address, if there is one (RFC 9207): it is compared with the provider.',
  })
  issuer?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Asked for by SECOND_FACTOR_REQUIRED: begin again, and send six digits of your authenticator app, or a recovery code.',
  })
  secondFactorCode?: string | null;
}
