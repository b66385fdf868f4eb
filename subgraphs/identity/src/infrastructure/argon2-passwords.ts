import { availableParallelism } from 'node:os';
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { turns } from '@storytelling/shared/infrastructure/turns';
import type { Passwords } from '../domain/passwords.js';
import { refuse } from '../domain/refusals.js';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. argon2id is this package's default algorithm. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;

/**
 * argon2 runs on libuv's thread pool (4 threads unless set), which file reads and name look-ups need too: at most so many at a time, one thread left free.
 * Each holds 19 MiB, so a hundred people signing in at once cost 3 × 19 MiB and wait in line.
 */
const concurrency = Math.max(1, Math.min(availableParallelism(), 3));
/** Some seconds of work on a small machine. Beyond that it is kinder to say "later" than to let everybody's request time out. */
const maxWaiting = 200;

export function argon2Passwords(): Passwords {
  const inTurn = turns(concurrency, maxWaiting, () => refuse.SIGN_IN_BUSY());
  // Hashed once, when first needed, with today's parameters: comparing with it takes as long as comparing with a real one.
  let nobody: Promise<string> | undefined;
  let common: Promise<ReadonlySet<string>> | undefined;

  return {
    hash: (password) => inTurn(() => hash(password, parameters)),
    async verify(known, password) {
      nobody ??= hash('the password of nobody', parameters);
      const compareWith = known ?? (await nobody);
      const matches = (await inTurn(() => verify(compareWith, password))) && known !== undefined;
      return { matches, outdated: matches && isOutdated(compareWith) };
    },
    async common() {
      common ??= commonPasswords();
      const known = await common;
      return (lowerCase) => known.has(lowerCase);
    },
  };
}

function isOutdated(known: string): boolean {
  const { memoryCost, timeCost } = parseOptions(known);
  return memoryCost < parameters.memoryCost || timeCost < parameters.timeCost;
}

/** 49,233 passwords from leaks, read when somebody first chooses one (23 ms, some 10 MB): most processes that start never need them. */
async function commonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}
