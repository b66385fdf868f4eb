import type { Logger } from '@storytelling/shared/infrastructure/logger';
import type { PrismaClient } from '../generated/prisma/client.js';

const hour = 60 * 60 * 1000;

/** Takes away what has expired: sessions past their last day, counters past their window. Every replica may do it; the second finds nothing. */
export function startHousekeeping({ prisma, now, log }: { prisma: PrismaClient; now: () => Date; log: Logger }): { stop(): Promise<void> } {
  async function tidy(): Promise<void> {
    await prisma.sessionRecord.deleteMany({ where: { expiresAt: { lte: now() } } });
    // Long after: a letter may still be sent again, and must not revive its token.
    await prisma.emailTokenRecord.deleteMany({ where: { expiresAt: { lte: new Date(now().getTime() - 7 * 24 * hour) } } });
    await prisma.providerSignInRecord.deleteMany({ where: { expiresAt: { lte: now() } } });
    await prisma.attemptRecord.deleteMany({ where: { expire: { lte: BigInt(now().getTime()) } } });
  }
  let tidying: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    tidying = tidy().catch((error: unknown) =>
      log.warn({ err: error }, 'expired sessions could not be taken away; tried again in an hour'),
    );
  }, hour);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await tidying;
    },
  };
}
