import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { isUuid } from '@storytelling/shared/value-objects/uuid';
import type { DataExport } from '../domain/data-export.js';
import type { PrismaClient } from '../generated/prisma/client.js';

export interface DataExportView extends DataExport {
  /** Of the archive; null: not made yet. */
  readonly objectKey: string | null;
  readonly bytes: number | null;
  /** Contexts that have answered, of those that are asked. */
  readonly answered: number;
  readonly asked: number;
}

export interface DataExportQueries {
  /** null: there is none, or it is somebody else's. */
  dataExport(id: string, owner: UserId): Promise<DataExportView | null>;
}

export function dataExportQueries(prisma: PrismaClient): DataExportQueries {
  return {
    async dataExport(id, userId) {
      if (!isUuid(id)) return null;
      const record = await prisma.dataExportRecord.findUnique({ where: { id, userId }, include: { parts: true } });
      if (!record) return null;
      const { parts, ...view } = record;
      return { ...view, answered: parts.filter(({ object }) => object !== null).length, asked: parts.length };
    },
  };
}
