import { Pool } from 'undici';
import { freePort, cpuOf, memoryOf, stop, until } from './processes.mjs';
import { gateways } from './gateways.mjs';

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
export const median = (values) =>
  quantile(
    values.toSorted((one, other) => one - other),
    0.5,
  );

/** A gateway that listens, and `ask` for it: each time with another Authorization. Rejects with what came when that is no whole answer. */
export async function open(name, shop, connections) {
  const port = await freePort();
  const child = gateways[name]({ ...shop, port });
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections });
  let count = 0;
  async function ask(query) {
    count += 1;
    const { statusCode, body } = await pool.request({
      path: '/graphql',
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer client-${count}` },
      body: JSON.stringify({ query }),
    });
    const text = await body.text();
    if (statusCode !== 200 || text.includes('"errors"')) throw new Error(`${name}: ${statusCode}: ${text.slice(0, 300)}`);
    return text;
  }
  const listens = () =>
    ask('{ __typename }').then(
      () => true,
      () => false,
    );
  await until(listens, child);
  return {
    child,
    ask,
    async close() {
      await pool.destroy();
      await stop(child);
    },
  };
}

/** So many connections, each asking again as soon as it is answered, for `seconds`; times in milliseconds. */
export async function load({ child, ask }, { query, connections, seconds, shop }) {
  const times = [];
  const end = Date.now() + seconds * 1_000;
  const [cpu, fetches] = [cpuOf(child), await shop.fetches()];
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (Date.now() < end) {
        const began = performance.now();
        await ask(query);
        times.push(performance.now() - began);
      }
    }),
  );
  times.sort((one, other) => one - other);
  return {
    cpu: (cpuOf(child) - cpu) / times.length,
    fetches: ((await shop.fetches()) - fetches) / times.length,
    requests: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    memory: memoryOf(child),
  };
}
