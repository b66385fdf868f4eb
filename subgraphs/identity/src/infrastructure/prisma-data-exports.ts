import { stream } from '@storytelling/shared/domain-events/event';
import { DataExportRequested, identityEvents } from '@storytelling/shared/domain-events/identity';
import { contextsWithPersonalData } from '@storytelling/shared/domain-events/personal-data';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { refuseShared } from '@storytelling/shared/value-objects/refusals';
import { day, type DataExports, underWay } from '../domain/data-export.js';
import { refuse } from '../domain/refusals.js';
import type { Prisma } from '../generated/prisma/client.js';

export function prismaDataExports({ transact, now }: { transact: UnitOfWork<Prisma.TransactionClient>; now: () => Date }): DataExports {
  return {
    begin: (userId, id) =>
      transact(async (tx) => {
        const [user] = await tx.$queryRaw<{ isErased: boolean }[]>`
          SELECT erased_at IS NOT NULL AS "isErased" FROM users WHERE id = ${userId} FOR UPDATE`;
        if (!user) throw refuse.USER_NOT_FOUND();
        if (user.isErased) throw refuseShared.PERSON_ERASED();
        const at = now();
        const ofToday = { userId, requestedAt: { gt: new Date(at.getTime() - day) } };
        const running = underWay(await tx.dataExportRecord.findMany({ where: ofToday }), at);
        if (running) return running.id;
        const parts = { create: contextsWithPersonalData.map((context) => ({ context })) };
        await tx.dataExportRecord.create({ data: { id, userId, requestedAt: at, parts } });
        await appendEvents(tx, stream('identity', 'DataExport', id), 0, [DataExportRequested({ exportId: id, userId })], identityEvents);
        return id;
      }),
  };
}
