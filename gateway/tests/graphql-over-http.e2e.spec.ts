import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { type Fleet, startFleet } from './fleet.js';

// The public suite of the GraphQL over HTTP specification: what it requires (MUST), recommends (SHOULD) and allows (MAY).

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet.stop());

const audits = serverAudits({ url: () => fleet.gateway.url });

describe('GraphQL over HTTP', () => {
  it('is audited whole', () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map(({ id, name, fn }) => ({ id, name, fn })))('$name ($id)', async ({ fn }) => {
    expect(await fn()).toMatchObject({ status: 'ok' });
  });
});
