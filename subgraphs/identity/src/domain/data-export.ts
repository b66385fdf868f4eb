import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from './refusals.js';

/** A copy of all that the platform holds of a user, that they asked for. */
export interface DataExport {
  readonly id: string;
  readonly requestedAt: Date;
  /** Until when its archive is kept; null: not made yet. */
  readonly expiresAt: Date | null;
}

export type DataExportStatus = 'running' | 'ready' | 'failed' | 'expired';

const hour = 60 * 60 * 1000;
/** A context that is down for longer keeps nobody waiting; when it comes back, the export becomes ready all the same. */
const patience = hour;
/** How long the archive is kept. */
export const keptFor = 7 * 24 * hour;
/** Of the exports that one may begin in a day. */
const mostPerDay = 3;
export const day = 24 * hour;

export function statusOf({ requestedAt, expiresAt }: Omit<DataExport, 'id'>, now: Date): DataExportStatus {
  if (expiresAt) return expiresAt > now ? 'ready' : 'expired';
  return now.getTime() - requestedAt.getTime() < patience ? 'running' : 'failed';
}

/** The export that is under way already, of those that were asked for within a day; undefined: another one may begin. */
export function underWay(ofToday: readonly DataExport[], now: Date): DataExport | undefined {
  const running = ofToday.find((each) => statusOf(each, now) === 'running');
  if (running || ofToday.length < mostPerDay) return running;
  const first = Math.min(...ofToday.map(({ requestedAt }) => requestedAt.getTime()));
  throw refuse.TOO_MANY_EXPORTS({ max: mostPerDay, retryAt: new Date(first + day).toISOString() });
}

/** In `DataExport.failure`. Codes are public and stable; sentences are for people. */
export const exportFailures = {
  EXPORT_LATE: {
    sentence: 'A part of the platform has not answered in time; the archive may still come, or ask for another one.',
    retryable: true,
  },
} as const;

export interface DataExports {
  /**
   * One transaction, and one at a time for each user: begins an export with this id, or answers the id of the one that is under way. Refuses with
   * TOO_MANY_EXPORTS, USER_NOT_FOUND, PERSON_ERASED.
   */
  begin(userId: UserId, id: string): Promise<string>;
}
