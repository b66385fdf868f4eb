import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { EndOfSession, Session } from '../domain/session.js';
import type { Sessions } from '../domain/sessions.js';
import type { PrismaClient, SessionRecord } from '../generated/prisma/client.js';

export function prismaSessions(prisma: PrismaClient): Sessions {
  return {
    refresh: (id, decide) =>
      prisma.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT 1 FROM sessions WHERE id = ${id}::uuid FOR UPDATE`;
        const record = await tx.sessionRecord.findUnique({ where: { id } });
        if (!record) return undefined;
        const session = sessionOf(record);
        const result = decide(session);
        if (result.outcome !== 'rotated') return { session, outcome: result.outcome };
        await tx.sessionRecord.update({ where: { id }, data: sessionColumns(result.session) });
        return result;
      }),
  };
}

// ── the mapping ──────────────────────────────────────────────────────────────────────────────────────────────────────

export function sessionOf({ revokedAt, revokedReason, userId, ...record }: SessionRecord): Session {
  return {
    ...record,
    userId: userId as UserId,
    revoked: revokedAt && { at: revokedAt, reason: revokedReason as EndOfSession },
  };
}

export function sessionColumns({ revoked, ...session }: Session): SessionRecord {
  return { ...session, revokedAt: revoked?.at ?? null, revokedReason: revoked?.reason ?? null };
}
