import { refuseShared } from '../value-objects/refusals.js';

/** Where a client is in a stream. Opaque outside: base64url of epoch, version and stream. */
export function encodeCursor(epoch: string, streamId: string, version: number): string {
  return Buffer.from(`${epoch}:${version}:${streamId}`).toString('base64url');
}

/**
 * The version that a client has seen. A cursor of another stream, of another epoch (a restored backup), from the future or not ours at
 * all is refused with RESUME_EXPIRED: never a silent skip.
 */
export function decodeCursor(cursor: string, epoch: string, streamId: string, currentVersion: number): number {
  const match = /^([0-9a-f-]{36}):(\d{1,9}):(.+)$/.exec(Buffer.from(cursor, 'base64url').toString());
  const version = Number(match?.[2]);
  if (match?.[1] !== epoch || match[3] !== streamId || version > currentVersion) throw refuseShared.RESUME_EXPIRED();
  return version;
}
