import { describe, expect, it } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import { password } from '../domain/password.js';
import { argon2Passwords } from './argon2-passwords.js';

const passwords = argon2Passwords();
const correct = password('correct horse battery');

describe('a password', () => {
  it('is kept as argon2id with OWASP’s parameters, differently each time', async () => {
    const [one, two] = await Promise.all([passwords.hash(correct), passwords.hash(correct)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    await expect(passwords.verify(one, correct)).resolves.toEqual({ matches: true, outdated: false });
    await expect(passwords.verify(one, password('wrong horse battery'))).resolves.toEqual({ matches: false, outdated: false });
  });

  it('of nobody matches nothing, not even its own text', async () => {
    await expect(passwords.verify(undefined, password('the password of nobody'))).resolves.toEqual({ matches: false, outdated: false });
  });

  it('takes as long for nobody as for somebody', async () => {
    const known = await passwords.hash(correct);
    const wrong = password('wrong horse battery');
    const time = async (hashed: string | undefined) => {
      const start = performance.now();
      await passwords.verify(hashed, wrong);
      return performance.now() - start;
    };
    await time(undefined);
    let nobody = Number.POSITIVE_INFINITY;
    let somebody = Number.POSITIVE_INFINITY;
    // In turns, and the shortest of each: other processes only ever make it longer.
    for (let run = 0; run < 7; run += 1) {
      nobody = Math.min(nobody, await time(undefined));
      somebody = Math.min(somebody, await time(known));
    }
    // Without the work for nobody the ratio is below 0.01.
    expect(nobody / somebody).toBeGreaterThan(0.2);
    expect(nobody / somebody).toBeLessThan(5);
  });

  it('hashed with weaker parameters is outdated', async () => {
    const old = await hash(correct, { memoryCost: 4096, timeCost: 1 });
    await expect(passwords.verify(old, correct)).resolves.toEqual({ matches: true, outdated: true });
  });

  it('is known when it is among the common ones', async () => {
    const isCommon = await passwords.common();
    expect(['password123', 'qwertyuiop', '1234567890'].filter(isCommon)).toHaveLength(3);
    expect(isCommon('correct horse battery')).toBe(false);
  });
});
