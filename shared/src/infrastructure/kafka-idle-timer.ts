import { createRequire } from 'node:module';

/** kafkajs' requests of one connection; not among its exports. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue };
const schedule = prototype.scheduleCheckPendingRequests;

/**
 * Takes out the timer that kafkajs 2.2.4 sets again every millisecond on each connection that has had an answer: it computes the delay from
 * a throttle that there never was, and Node makes 1 ms of the negative number. That cost 4 % of a core per consumer that does nothing.
 * Only what is pending has to be looked at later; what becomes pending sets the timer itself.
 */
prototype.scheduleCheckPendingRequests = function scheduleIfPending(this: RequestQueue) {
  if (this.pending.length > 0) schedule.call(this);
};
