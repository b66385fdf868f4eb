import type { SqlTransaction } from '@storytelling/shared/infrastructure/event-store';
import type { Jobs } from '@storytelling/shared/infrastructure/jobs';
import { userId } from '@storytelling/shared/value-objects/user-id';
import type { Email } from '@storytelling/shared/value-objects/email';
import type { Letter } from '../domain/letters.js';
import type { Sealing } from './secrets.js';

export const letterQueue = 'send-letter';

/** A letter in the queue. An address that was typed by somebody is sealed: jobs are kept for days, and shown to operators. */
export interface LetterJob {
  readonly kind: Letter['kind'];
  readonly userId?: string;
  readonly provider?: string;
  readonly sealedEmail?: string;
  /** When it was posted. */
  readonly at: string;
}

export interface LetterBox {
  /** In the transaction of what the letter tells of. */
  post(tx: SqlTransaction, letter: Letter): Promise<void>;
  open(job: LetterJob): Letter;
}

export function letterBox({
  jobs,
  sealing,
  newId,
  now,
}: {
  jobs: Pick<Jobs, 'enqueue'>;
  sealing: Sealing;
  newId: () => string;
  now: () => Date;
}): LetterBox {
  return {
    async post(tx, letter) {
      const { email, ...open } = letter.kind === 'reset-password' ? letter : { ...letter, email: undefined };
      const sealedEmail = email && Buffer.from(sealing.seal(Buffer.from(email), letterQueue)).toString('base64');
      const job: LetterJob = { ...open, ...(sealedEmail && { sealedEmail }), at: now().toISOString() };
      await jobs.enqueue(tx, letterQueue, job, newId());
    },
    open({ kind, userId: id = '', provider = '', sealedEmail = '' }) {
      switch (kind) {
        case 'reset-password':
          return { kind, email: Buffer.from(sealing.open(Buffer.from(sealedEmail, 'base64'), letterQueue)).toString() as Email };
        case 'provider-linked':
          return { kind, userId: userId(id), provider };
        case 'verify-email':
        case 'password-changed':
        case 'password-reset':
          return { kind, userId: userId(id) };
      }
    },
  };
}
