import type { ObjectStore } from '@storytelling/shared/infrastructure/object-store';
import { bytesOf } from '@storytelling/shared/infrastructure/object-store';
import type { ErasedPerson } from '@storytelling/shared/infrastructure/personal-data';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { z } from 'zod';
import { erase, operator } from '../domain/authority.js';
import type { Erasures } from '../domain/erasures.js';

const folder = 'identity/erased-users/';
const entry = z.object({ userId: z.string(), stories: z.enum(['remove', 'keep-as-deleted-author']) });

/**
 * Whom we have erased, beside the databases: a backup that was taken before an erasure knows nothing of it, and brings the person back. Opaque ids,
 * one object each, for ever.
 */
export function erasedUsers(objects: ObjectStore) {
  return {
    async remember({ userId: id, stories }: ErasedPerson): Promise<void> {
      await objects.put(`${folder}${id}.json`, Buffer.from(JSON.stringify({ userId: id, stories })), { contentType: 'application/json' });
    },
    async *all(): AsyncGenerator<ErasedPerson> {
      for await (const { key } of objects.list(folder)) {
        const object = await objects.get(key);
        const bytes = object && (await bytesOf(object.body, 10_000));
        if (bytes) yield entry.parse(JSON.parse(bytes.toString()));
      }
    },
  };
}

/** Whoever was erased and is here again was brought back by a restored backup: they are erased again, before anybody is served. How many. */
export async function eraseAgain(
  objects: ObjectStore,
  erasures: Erasures,
  isHere: (id: string) => Promise<boolean>,
  newId: () => string,
): Promise<number> {
  let again = 0;
  for await (const { userId: id, stories } of erasedUsers(objects).all()) {
    if (!(await isHere(id))) continue;
    const request = {
      id: newId(),
      userId: userId(id),
      stories,
      requestedBy: operator.id,
      reason: 'A backup from before the erasure was restored.',
    };
    await erasures.begin(request, (given) => erase({ ...given, otherSuperAdmins: Number.POSITIVE_INFINITY }, stories));
    again += 1;
  }
  return again;
}
