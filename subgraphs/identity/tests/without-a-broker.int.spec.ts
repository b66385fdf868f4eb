import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { anonymous } from '@storytelling/shared/graphql/caller';
import { topicOf } from '@storytelling/shared/infrastructure/event-bus';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { eventBusOf } from '@storytelling/shared/infrastructure/open-event-bus';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { type TestDatabase, testDatabase } from '@storytelling/shared/testing/database';
import { type TestObjectStore, testObjectStore } from '@storytelling/shared/testing/object-store';
import type pg from 'pg';
import { freePort, startKafka } from '../../../tools/kafka/broker.mjs';
import { kafkaCanRun } from '../../../tools/kafka/for-tests.mjs';
import { startIdentity } from '../src/service.js';
import { testPool } from './identity-database.js';

// The broker's jars are fetched the first time.
jest.setTimeout(120_000);

const register = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }';

(kafkaCanRun() ? describe : describe.skip)('a service whose broker is not there when it starts', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let objects: TestObjectStore;
  let identity: RunningService;
  let authorization: string;
  let port: number;
  const settings = () => ({ EVENT_BUS_URL: `kafka://127.0.0.1:${port}`, KAFKA_PARTITIONS: 2 });

  beforeAll(async () => {
    database = await testDatabase('identity');
    pool = testPool(database.url);
    objects = testObjectStore();
    port = await freePort();
    const tokens = await gatewayTokens(await newGatewayKey());
    authorization = `Bearer ${await tokens.issue('identity', anonymous, randomUUID())}`;
    identity = await startIdentity({
      DATABASE_URL: database.url,
      EVENT_BUS_URL: settings().EVENT_BUS_URL,
      KAFKA_PARTITIONS: '2',
      GATEWAY_JWKS: JSON.stringify(tokens.jwks),
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'silent',
      ...objects.settings,
    });
  });
  afterAll(async () => {
    await identity.stop();
    await pool.end();
    await database.drop();
    objects.drop();
  });

  const readiness = async () => {
    const response = await fetch(new URL('/ready', identity.url));
    return [response.status, await response.json()];
  };
  const waiting = async () => (await pool.query('SELECT 1 FROM backbone.outbox WHERE published')).rowCount;
  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
  };

  it('takes commands and says what waits; once the broker is there, it carries what waited', async () => {
    expect(await readiness()).toEqual([200, { status: 'degraded', detail: 'The brokers cannot be reached. Events wait in the outbox.' }]);
    const input = { email: `${randomUUID()}@example.org`, password: 'a tale of two cities', displayName: 'Charles' };
    const answer = await fetch(identity.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization, 'x-client-address': '192.0.2.1' },
      body: JSON.stringify({ query: register, variables: { input } }),
    });
    const { data } = (await answer.json()) as { data: { register: { user: { id: string } } } };
    const events = await waiting();
    expect(events).toBeGreaterThan(0);

    const kafka = await startKafka({ port });
    const bus = await eventBusOf(settings())({ context: 'test', databaseUrl: '', log: createLogger('test', 'silent') });
    const heard: string[] = [];
    await bus.subscribe('test', [topicOf('identity')], async ({ type, subject }) => void heard.push(`${type} ${subject}`));
    await until(async () => heard.length === events);
    expect(heard).toContain(`UserRegistered identity.User-${data.register.user.id}`);
    await until(async () => (await waiting()) === 0);
    await until(async () => JSON.stringify(await readiness()) === '[200,{"status":"ready"}]');
    await bus.close();
    await kafka.stop();
  });
});
