import { setTimeout as sleep } from 'node:timers/promises';
import { readData } from '@storytelling/shared/domain-events/event';
import { SessionRevoked } from '@storytelling/shared/domain-events/identity';
import { SettingError } from '@storytelling/shared/infrastructure/environment';
import { type BusHealth, type EventBus, type EventHandler, topicOf } from '@storytelling/shared/infrastructure/event-bus';
import type { Logger } from '@storytelling/shared/infrastructure/logger';

/** What of the event bus is needed to hear of them. */
export type SessionNews = Pick<EventBus, 'subscribeBroadcast' | 'health' | 'close'>;

/**
 * Sessions that identity has ended before their access tokens do: by signing out, a new password, a deactivated or erased account, a stolen
 * refresh token. Heard from now on: of what ended while this gateway was not running it knows nothing, and tokens of that run out by themselves.
 */
export interface EndedSessions {
  has(sessionId: string | undefined): boolean;
  onEnd(listener: (sessionId: string) => void): void;
  hearFrom(news: SessionNews): Promise<void>;
}

/** An access token lives ten minutes; clocks may differ by some. */
const remembered = 15 * 60_000;

export function endedSessions(now: () => number = Date.now): EndedSessions {
  const heardAt = new Map<string, number>();
  const listeners: ((sessionId: string) => void)[] = [];

  const hear: EventHandler = async (event) => {
    if (event.type !== SessionRevoked.type) return;
    const { sessionId } = readData(SessionRevoked, event);
    // The oldest come first.
    for (const [session, at] of heardAt) {
      if (now() - at < remembered) break;
      heardAt.delete(session);
    }
    heardAt.set(sessionId, now());
    for (const listener of listeners) listener(sessionId);
  };
  return {
    has: (sessionId) => sessionId !== undefined && heardAt.has(sessionId),
    onEnd: (listener) => void listeners.push(listener),
    async hearFrom(news) {
      await news.subscribeBroadcast([topicOf('identity')], hear);
    },
  };
}

const again = 5_000;
const deaf = 'Ended sessions are not heard of: their tokens live on for up to ten minutes.';

/** An event bus that is away keeps nobody out: until it is there, it is asked for again and again. A wrong setting is told once. */
export function listenForEndedSessions(ended: EndedSessions, open: () => Promise<SessionNews>, log: Pick<Logger, 'warn' | 'error'>) {
  const stopping = new AbortController();
  let news: SessionNews | undefined;
  let detail: string | undefined;
  const listening = (async () => {
    while (!news && !stopping.signal.aborted) {
      try {
        const opened = await open();
        await ended.hearFrom(opened).catch(async (error: unknown) => {
          await opened.close();
          throw error;
        });
        news = opened;
      } catch (error) {
        detail = deaf;
        if (error instanceof SettingError) {
          detail = `${deaf} ${error.message}`;
          log.error(error.message);
          return;
        }
        log.warn({ err: error }, 'the event bus is away: ended sessions are not heard of');
        await sleep(again, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  })();
  return {
    /** Never down: another start would not help, and there is much that goes on without it. */
    health(): BusHealth {
      const isDeaf = news ? news.health().state !== 'up' : detail !== undefined;
      return isDeaf ? { state: 'degraded', detail: detail ?? deaf } : { state: 'up' };
    },
    async close(): Promise<void> {
      stopping.abort();
      // A connection that is being opened ends with the process.
      await Promise.race([listening, sleep(1_000, undefined, { ref: false })]);
      await news?.close();
    },
  };
}
