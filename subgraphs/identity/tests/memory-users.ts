import type { UserEvent } from '@storytelling/shared/domain-events/identity';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from '../src/domain/refusals.js';
import type { Session } from '../src/domain/session.js';
import type { Sessions } from '../src/domain/sessions.js';
import { evolve, type User } from '../src/domain/user.js';
import type { Users } from '../src/domain/users.js';

/** Users and their sessions without a database: held to the same contract, so that verbs can be tried without one. */
export function memoryUsers(now: () => Date): {
  users: Users;
  sessions: Sessions;
  events(id: UserId): readonly UserEvent[];
  user(id: UserId): User | undefined;
} {
  const streams = new Map<UserId, UserEvent[]>();
  const passwords = new Map<UserId, string>();
  const sessions = new Map<string, Session>();
  const user = (id: UserId) => streams.get(id)?.reduce<User | undefined>(evolve, undefined);
  const existing = (id: UserId): User => {
    const found = user(id);
    if (!found) throw refuse.USER_NOT_FOUND();
    return found;
  };
  const append = (id: UserId, events: readonly UserEvent[]) => {
    streams.set(id, [...(streams.get(id) ?? []), ...events]);
    for (const event of events) {
      const session = event.type === 'SessionRevoked' ? sessions.get(event.data.sessionId) : undefined;
      if (event.type === 'SessionRevoked' && session)
        sessions.set(session.id, { ...session, revoked: { at: now(), reason: event.data.reason } });
    }
  };
  const keep = (id: UserId, { session, passwordHash }: Parameters<Users['add']>[2]) => {
    if (session) sessions.set(session.id, session);
    if (passwordHash) passwords.set(id, passwordHash);
  };

  return {
    user,
    events: (id) => streams.get(id) ?? [],
    users: {
      async add(id, events, beside) {
        const { email } = events.reduce<User | undefined>(evolve, undefined) ?? {};
        if ([...streams.keys()].some((other) => user(other)?.email === email)) throw refuse.EMAIL_TAKEN();
        append(id, events);
        keep(id, beside);
        return id;
      },
      async update(id, decide, beside = {}) {
        append(id, decide(existing(id)));
        keep(id, beside);
        return id;
      },
      async updateSession(id, sessionId, decide) {
        const found = existing(id);
        const session = sessions.get(sessionId);
        if (session?.userId === id) append(id, decide(found, session));
        return id;
      },
      async credential(email, clientAddressTag) {
        const userId = [...streams.keys()].find((id) => user(id)?.email === email);
        const passwordHash = userId && passwords.get(userId);
        if (!passwordHash) return undefined;
        const knownAddress = [...sessions.values()].some(
          (session) => session.userId === userId && session.clientAddressTag === clientAddressTag,
        );
        return { userId, passwordHash, knownAddress };
      },
    },
    sessions: {
      async refresh(id, decide) {
        const session = sessions.get(id);
        if (!session) return undefined;
        const result = decide(session);
        if (result.outcome === 'rotated') sessions.set(id, result.session);
        return { session, ...result };
      },
    },
  };
}
