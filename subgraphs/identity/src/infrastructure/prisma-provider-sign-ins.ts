import { createHash, randomBytes } from 'node:crypto';
import type { ProviderSignIns } from '../domain/identity-providers.js';
import type { PrismaClient } from '../generated/prisma/client.js';

const hashOf = (state: string) => createHash('sha256').update(state).digest('hex');

export function prismaProviderSignIns(prisma: PrismaClient, now: () => Date): ProviderSignIns {
  return {
    async begin(signIn) {
      const state = randomBytes(32).toString('base64url');
      await prisma.providerSignInRecord.create({ data: { stateHash: hashOf(state), ...signIn } });
      return state;
    },
    async take({ provider, state, codeVerifier }) {
      const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
      // One statement: of two who come with the same state one takes it.
      const [taken] = await prisma.$queryRaw<{ provider: string; redirectUri: string; codeChallenge: string; expiresAt: Date }[]>`
        DELETE FROM provider_sign_ins
        WHERE state_hash = ${hashOf(state)} AND provider = ${provider} AND code_challenge = ${codeChallenge} AND expires_at > ${now()}
        RETURNING provider, redirect_uri AS "redirectUri", code_challenge AS "codeChallenge", expires_at AS "expiresAt"`;
      return taken;
    },
  };
}
