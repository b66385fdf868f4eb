import { signedIn } from '@storytelling/shared/graphql/caller';
import { MediaType } from '@storytelling/shared/graphql/media';
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { exportFailures, statusOf } from '../domain/data-export.js';
import type { DataExportView } from '../infrastructure/data-export-queries.js';
import type { IdentityGraph } from './context.js';
import { DataExportType } from './data-export.type.js';

const { sentence: message, retryable } = exportFailures.EXPORT_LATE;
const late = { code: 'EXPORT_LATE', message, retryable };

function dataExportOf({ id, requestedAt, expiresAt, objectKey, bytes, answered, asked }: DataExportView, now: Date): DataExportType {
  const status = statusOf({ requestedAt, expiresAt }, now);
  return {
    ...{ id, status, expiresAt, failure: status === 'failed' ? late : null },
    progress: status === 'running' ? { stage: answered < asked ? 'gathering' : 'packing', done: answered, total: asked + 1 } : null,
    archive: status === 'ready' && objectKey !== null && bytes !== null ? { key: objectKey, bytes } : null,
  };
}

@Resolver(() => DataExportType)
export class DataExportResolver {
  @Query(() => DataExportType, { nullable: true, description: 'An export of yours; null when you have none with this id.' })
  async dataExport(@Arg('id', () => ID) id: string, @Ctx() { caller, dataExports, now }: IdentityGraph): Promise<DataExportType | null> {
    const view = await dataExports.dataExport(id, signedIn(caller));
    return view && dataExportOf(view, now());
  }

  @Mutation(() => DataExportType, {
    description:
      'Gathers all that the platform holds of you into one archive; it takes minutes at most. Asked again meanwhile, it answers the export that runs. At most three a day.',
  })
  async exportMyData(@Ctx() { caller, verbs, dataExports, now }: IdentityGraph): Promise<DataExportType> {
    const userId = signedIn(caller);
    const view = await dataExports.dataExport(await verbs.exportMyData(userId), userId);
    if (!view) throw new Error('An export that has begun cannot be read.');
    return dataExportOf(view, now());
  }

  @FieldResolver(() => MediaType, { nullable: true, description: 'The archive, to be saved; null unless it is ready.' })
  async media(@Root() { archive }: DataExportType, @Ctx() { archiveOf }: IdentityGraph): Promise<MediaType | null> {
    return archive && { ...(await archiveOf(archive.key)), contentType: 'application/zip', sizeBytes: archive.bytes };
  }
}
