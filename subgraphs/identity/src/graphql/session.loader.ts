import type { UserId } from '@storytelling/shared/value-objects/user-id';
import DataLoader from 'dataloader';
import type { ProviderLink, SessionQueries, SessionView } from '../infrastructure/session-queries.js';

/** Per request. One user at most is asked about, the caller, however often an answer names them. */
export type SessionLoader = DataLoader<UserId, SessionView[]>;

/** Whether they have a second factor. */
export type SecondFactorLoader = DataLoader<UserId, boolean>;

export function secondFactorLoader(queries: SessionQueries): SecondFactorLoader {
  return new DataLoader((ids) => Promise.all(ids.map((id) => queries.hasSecondFactor(id))));
}

/** Accounts elsewhere that sign them in. */
export type ProviderLoader = DataLoader<UserId, ProviderLink[]>;

export function providerLoader(queries: SessionQueries): ProviderLoader {
  return new DataLoader((ids) => Promise.all(ids.map((id) => queries.providersOf(id))));
}

export function sessionLoader(queries: SessionQueries): SessionLoader {
  return new DataLoader((ids) => Promise.all(ids.map((id) => queries.sessionsOf(id))));
}
