import { randomUUID } from 'node:crypto';
import { type Caller, roles } from '@storytelling/shared/graphql/caller';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { decodeJwt } from 'jose';
import type pg from 'pg';
import { z } from 'zod';
import type { Ask } from './contexts.js';

/** `stranger`: nobody is signed in. `other`: a member whom nothing connects with the owner. The rest by their roles. */
export const whos = ['stranger', 'owner', 'other', 'support', 'moderator', 'admin', 'superAdmin'] as const;
export type Who = (typeof whos)[number];

const roleOf: Partial<Record<Who, (typeof roles)[number]>> = {
  support: 'customer-support',
  moderator: 'content-moderator',
  admin: 'admin',
  superAdmin: 'super-admin',
};

/** As identity issues it. */
const accessToken = z.object({
  sub: z.string().transform(userId),
  sid: z.string(),
  role: z.enum(roles),
  permissions: z.array(z.string()),
});

export const password = 'a fox in the evening';

export interface Person {
  readonly caller: Caller;
  readonly userId: string;
  readonly email: string;
  readonly sessionId: string;
  readonly refreshToken: string;
  /** What only they, and who cares for users, may know. */
  readonly secrets: Readonly<Record<string, string>>;
}

interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
}

const fields = '{ accessToken refreshToken }';
const anonymous: Caller = { kind: 'anonymous', permissions: [] };

/** An account, with the role that `who` stands for, signed in. What the caller may is what identity wrote into their token. */
export async function somebody(who: Who, ask: Ask, identity: pg.Pool): Promise<Person> {
  const email = `${who.toLowerCase()}-${randomUUID()}@example.org`;
  const names = { firstName: `First ${randomUUID()}`, lastName: `Last ${randomUUID()}` };
  const register = `mutation ($input: RegisterInput!) { register(input: $input) ${fields} }`;
  const { data } = await ask('identity', anonymous, register, {
    input: { email, password, displayName: `The ${who}`, ...names },
  });
  let session = data?.register as SignedIn;
  const role = roleOf[who];
  if (role) {
    await identity.query('UPDATE users SET role = $2 WHERE email = $1', [email, role]);
    const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) ${fields} }`;
    session = (await ask('identity', anonymous, signIn, { input: { email, password } })).data?.signIn as SignedIn;
  }
  const { sub, sid, ...rights } = accessToken.parse(decodeJwt(session.accessToken));
  // An account elsewhere, so that there is something to hide; how one is linked is another scenario.
  await identity.query('INSERT INTO oauth_providers (user_id, provider, provider_id) VALUES ($1, $2, $1)', [sub, 'example']);
  return {
    caller: { kind: 'user', userId: sub, sessionId: sid, ...rights },
    userId: sub,
    email,
    sessionId: sid,
    refreshToken: session.refreshToken,
    secrets: { email, ...names },
  };
}
