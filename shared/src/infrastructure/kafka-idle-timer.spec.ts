import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import './kafka-idle-timer.js';

interface Queue {
  push(request: object): void;
  fulfillRequest(response: object): void;
  destroy(): void;
  readonly throttleCheckTimeoutId: unknown;
}

it('a connection of kafkajs sets a timer for what is pending, and none when nothing is', () => {
  const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (options: object) => Queue;
  const logger = { debug: () => undefined };
  const queue = new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1_000, clientId: 'test', broker: 'none', logger });
  const request = (correlationId: number) => ({
    entry: { correlationId, resolve: () => undefined, reject: () => undefined },
    expectResponse: true,
    sendRequest: () => undefined,
  });
  const answer = (correlationId: number) => queue.fulfillRequest({ correlationId, payload: null, size: 0 });
  queue.push(request(1));
  answer(1);
  expect(queue.throttleCheckTimeoutId).toBeNull();
  queue.push(request(2));
  queue.push(request(3));
  expect(queue.throttleCheckTimeoutId).not.toBeNull();
  queue.destroy();
  answer(2);
  answer(3);
  expect(queue.throttleCheckTimeoutId).toBeNull();
});
