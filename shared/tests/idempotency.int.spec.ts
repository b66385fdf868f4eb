import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from '../src/infrastructure/idempotency.js';
import { runOperation } from '../src/infrastructure/operation.js';
import { unitOfWork } from '../src/infrastructure/unit-of-work.js';
import { backboneDatabases } from './backbone-database.js';

describe('a request under an idempotency key', () => {
  let databases: Awaited<ReturnType<typeof backboneDatabases>>;
  let made = 0;
  beforeAll(async () => {
    databases = await backboneDatabases();
  });
  afterAll(() => databases.close());

  const make = (
    input: Record<string, unknown> & { idempotencyKey?: string | null },
    { actor = 'user:1', verb = 'make', fail = false } = {},
  ) =>
    runOperation({ correlationId: 'test', actor }, () =>
      once(verb, input, () =>
        unitOfWork(
          databases.client,
          () => undefined,
        )(async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (fail) throw new Error('rolled back');
          made += 1;
          return `thing-${made}`;
        }),
      ),
    );

  it('is carried out once: a retry gets the first outcome', async () => {
    const first = await make({ idempotencyKey: 'a', title: 'one' });
    expect(first.repeated).toBe(false);
    expect(await make({ title: 'one', idempotencyKey: 'a' })).toEqual({ id: first.id, repeated: true });
  });
  it('is carried out once also when both come at once', async () => {
    const before = made;
    const answers = await Promise.all(Array.from({ length: 8 }, () => make({ idempotencyKey: 'b', n: { deep: [1, 2] } })));
    expect(made).toBe(before + 1);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  });
  it('with another input is refused', async () => {
    await make({ idempotencyKey: 'c', title: 'one' });
    await expect(make({ idempotencyKey: 'c', title: 'two' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });
  it('is each actor’s and each verb’s own', async () => {
    const ids = [
      await make({ idempotencyKey: 'd' }),
      await make({ idempotencyKey: 'd' }, { actor: 'user:2' }),
      await make({ idempotencyKey: 'd' }, { verb: 'other' }),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
  });
  it('that failed may come again', async () => {
    await expect(make({ idempotencyKey: 'e' }, { fail: true })).rejects.toThrow('rolled back');
    expect((await make({ idempotencyKey: 'e' })).repeated).toBe(false);
  });
  it('without one is carried out each time', async () => {
    expect((await make({})).id).not.toBe((await make({ idempotencyKey: null })).id);
  });
  it('keeps no trace of a password', async () => {
    const first = await make({ idempotencyKey: 'f', email: 'a@b.org', password: 'one' });
    expect(await make({ idempotencyKey: 'f', email: 'a@b.org', password: 'two' })).toEqual({ id: first.id, repeated: true });
  });
  it('refuses a key that is none', async () => {
    for (const idempotencyKey of ['', 'k'.repeat(101)])
      await expect(make({ idempotencyKey })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID' });
  });
});
