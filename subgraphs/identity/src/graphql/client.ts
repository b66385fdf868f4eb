import type { Caller } from '@storytelling/shared/graphql/caller';
import type { Client } from '../application/signed-in.js';
import { deviceOf } from '../domain/device.js';

/** Requests of which the gateway does not tell the address share one count: limits must not fail open. */
export const clientOf = ({ clientAddress = 'unknown', userAgent }: Caller): Client => ({
  address: clientAddress,
  device: deviceOf(userAgent),
});
