import { identityEvents } from '@storytelling/shared/domain-events/identity';
import { contextsWithPersonalData } from '@storytelling/shared/domain-events/personal-data';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { Erasures } from '../domain/erasures.js';
import { evolve, type User } from '../domain/user.js';
import type { Prisma } from '../generated/prisma/client.js';
import { lockCase } from './prisma-staff.js';
import { userStream } from './prisma-users.js';

type Tx = Prisma.TransactionClient;

export function prismaErasures({ transact, now }: { transact: UnitOfWork<Tx>; now: () => Date }): Erasures {
  return {
    begin: ({ id, ...request }, decide) =>
      transact(async (tx) => {
        const { userId } = request;
        const { version, ...given } = await lockCase(tx, request.requestedBy, userId);
        const events = decide(given);
        if (events.length === 0) return (await tx.erasureRecord.findUniqueOrThrow({ where: { userId } })).id;

        const streamVersion = await appendEvents(tx, userStream(userId), version, events, identityEvents);
        const { profile, role } = events.reduce<User>(evolve, given.user);
        // The row goes with all that hangs on it (password, sessions, providers, whatever is added later); one that says nothing takes its place.
        const { createdAt } = await tx.userRecord.delete({ where: { id: userId } });
        await tx.userRecord.create({
          data: {
            id: userId,
            email: null,
            ...profile,
            role,
            isEmailVerified: false,
            isActive: false,
            createdAt,
            updatedAt: now(),
            erasedAt: now(),
            streamVersion,
          },
        });
        const contexts = { create: contextsWithPersonalData.map((context) => ({ context })) };
        await tx.erasureRecord.create({ data: { id, ...request, requestedAt: now(), contexts } });
        return id;
      }),
  };
}
