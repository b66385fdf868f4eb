import type { UserEvent } from '@storytelling/shared/domain-events/identity';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from '../src/domain/refusals.js';
import type { Session } from '../src/domain/session.js';
import type { Sessions } from '../src/domain/sessions.js';
import { evolve, type User } from '../src/domain/user.js';
import type { EmailTokens } from '../src/domain/email-tokens.js';
import type { Letter } from '../src/domain/letters.js';
import type { Beside, Users } from '../src/domain/users.js';

/** Users and their sessions without a database: held to the same contract, so that verbs can be tried without one. */
export function memoryUsers(now: () => Date): {
  users: Users;
  sessions: Sessions;
  events(id: UserId): readonly UserEvent[];
  user(id: UserId): User | undefined;
  /** Posted, oldest first. */
  letters: readonly Letter[];
  emailTokens: EmailTokens;
} {
  const streams = new Map<UserId, UserEvent[]>();
  const passwords = new Map<UserId, string>();
  const sessions = new Map<string, Session>();
  const letters: Letter[] = [];
  const tokens = new Map<string, { userId: UserId; spent: boolean }>();
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
  const spend = (id: UserId, { spends }: Beside) => {
    const token = spends && tokens.get(`${spends.purpose} ${spends.token}`);
    if (spends && (token?.userId !== id || token.spent)) throw refuse.EMAIL_TOKEN_INVALID();
    if (token) token.spent = true;
  };
  const keep = (id: UserId, { session, passwordHash, letters: posted = [] }: Beside) => {
    letters.push(...posted);
    if (session) sessions.set(session.id, session);
    if (passwordHash) passwords.set(id, passwordHash);
  };

  return {
    user,
    letters,
    emailTokens: {
      async issue(letterId, purpose, userId) {
        const token = `token-of-${letterId}`;
        const name = `${purpose} ${token}`;
        if (!tokens.has(name)) tokens.set(name, { userId, spent: false });
        return token;
      },
      async spentBy(purpose, token) {
        const found = tokens.get(`${purpose} ${token}`);
        return found?.spent ? found.userId : undefined;
      },
      async holder(purpose, token) {
        const found = tokens.get(`${purpose} ${token}`);
        return found?.spent === false ? found.userId : undefined;
      },
    },
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
        const events = decide(existing(id));
        spend(id, beside);
        append(id, events);
        keep(id, beside);
        return id;
      },
      async updateSession(id, sessionId, decide) {
        const found = existing(id);
        const session = sessions.get(sessionId);
        if (session?.userId === id) append(id, decide(found, session));
        return id;
      },
      async updateSessions(id, decide, beside = {}) {
        const events = decide(
          existing(id),
          [...sessions.values()].filter((session) => session.userId === id && !session.revoked),
        );
        spend(id, beside);
        append(id, events);
        keep(id, beside);
        return id;
      },
      byId: async (id) => user(id),
      byEmail: async (email) => [...streams.keys()].map(user).find((found) => found?.email === email),
      byProvider: async (account) =>
        [...streams.keys()].find((id) =>
          user(id)?.providers.some(({ provider, subject }) => provider === account.provider && subject === account.subject),
        ),
      passwordHash: async (id) => passwords.get(id),
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
