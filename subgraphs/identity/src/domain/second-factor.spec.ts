import { describe, expect, it } from '@jest/globals';
import { email } from '@storytelling/shared/value-objects/email';
import { language } from '@storytelling/shared/value-objects/language';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { begin, confirm, disable, type SecondFactor, setupUri, spend } from './second-factor.js';
import type { User } from './user.js';

const id = userId('user-0000000001');
const ada: User = {
  status: 'active',
  id,
  email: email('ada@example.org'),
  profile: { displayName: 'Ada', firstName: null, lastName: null, language: language('en'), imageKey: null },
  role: 'member',
  isEmailVerified: true,
  providers: [],
};
const secret = new Uint8Array([1, 2, 3]);
/** The code of a step is the step itself. */
const judge = { codeAt: (_: Uint8Array, step: number) => String(step).padStart(6, '0'), hashOf: (code: string) => `hash of ${code}` };
const now = new Date(1_000 * 30_000 + 12_345);
const code = (step: number) => String(step).padStart(6, '0');
const refusal = (name: string) => expect.objectContaining({ code: name });
const begun = begin(ada, null, secret, now).factor;
const recoveryCodes = ['hash of AAAABBBBCCCCDDDD', 'hash of EEEEFFFFGGGGHHHH'];

function confirmed(change: Partial<SecondFactor> = {}): SecondFactor {
  const { factor } = confirm(ada, begun, { code: code(1_000), recoveryCodes }, now, judge);
  if (!factor) throw new Error('nothing was confirmed');
  return { ...factor, ...change };
}

describe('a second factor', () => {
  it('counts from its confirmation on', () => {
    const { factor, events } = confirm(ada, begun, { code: code(1_000), recoveryCodes }, now, judge);
    expect(factor).toEqual({ userId: id, secret, begunAt: now, confirmedAt: now, lastStep: 1_000, recoveryCodes });
    expect(events).toEqual([{ type: 'SecondFactorEnabled', data: { userId: id } }]);
    expect(() => spend(begun, { code: code(1_001) }, now, judge)).toThrow(refusal('SECOND_FACTOR_WRONG'));
    expect(() => spend(null, { code: code(1_001) }, now, judge)).toThrow(refusal('SECOND_FACTOR_WRONG'));
  });

  it('is confirmed by a right code only, once it was begun', () => {
    const confirming = (factor: SecondFactor | null, given: string) => () =>
      confirm(ada, factor, { code: given, recoveryCodes }, now, judge);
    expect(confirming(begun, code(5))).toThrow(expect.objectContaining({ code: 'SECOND_FACTOR_WRONG', field: 'code' }));
    expect(confirming(null, code(1_000))).toThrow(refusal('SECOND_FACTOR_NOT_BEGUN'));
    expect(confirming(confirmed(), code(1_001))).toThrow(refusal('SECOND_FACTOR_EXISTS'));
  });

  it('is begun anew until it is confirmed, and not afterwards', () => {
    expect(begin(ada, begun, new Uint8Array([9]), now).factor?.secret).toEqual(new Uint8Array([9]));
    expect(() => begin(ada, confirmed(), secret, now)).toThrow(refusal('SECOND_FACTOR_EXISTS'));
    expect(() => begin({ ...ada, status: 'deactivated' }, null, secret, now)).toThrow(refusal('ACCOUNT_DEACTIVATED'));
  });

  it('takes the present code, the one before and the one after, however they are written', () => {
    for (const given of [code(999), code(1_000), code(1_001), '001 000', '001-001']) {
      expect(spend(confirmed({ lastStep: 0 }), { code: given }, now, judge).events).toEqual([]);
    }
    for (const given of [code(998), code(1_002), '1000', '', 'abcdef', '0010000', '００１０００'])
      expect(() => spend(confirmed({ lastStep: 0 }), { code: given }, now, judge)).toThrow(refusal('SECOND_FACTOR_WRONG'));
  });

  it('takes no code twice, and none from before one that it took', () => {
    const { factor } = spend(confirmed(), { code: code(1_001) }, now, judge);
    expect(factor.lastStep).toBe(1_001);
    for (const step of [999, 1_000, 1_001])
      expect(() => spend(factor, { code: code(step) }, now, judge)).toThrow(refusal('SECOND_FACTOR_WRONG'));
    expect(() => spend(confirmed(), { code: code(1_000) }, now, judge)).toThrow(refusal('SECOND_FACTOR_WRONG'));
  });

  it('takes each recovery code once, in any case and grouping, and says how many are left', () => {
    const first = spend(confirmed(), { code: 'aaaa-bbbb-cccc-dddd' }, now, judge);
    expect(first.events).toEqual([{ type: 'RecoveryCodeSpent', data: { userId: id, left: 1 } }]);
    expect(() => spend(first.factor, { code: 'AAAABBBBCCCCDDDD' }, now, judge)).toThrow(refusal('SECOND_FACTOR_WRONG'));
    expect(spend(first.factor, { code: 'EEEE FFFF GGGG HHHH' }, now, judge).factor.recoveryCodes).toEqual([]);
  });

  it('is given up by whoever presents a code', () => {
    expect(disable(spend(confirmed(), { code: code(1_001) }, now, judge))).toEqual({
      factor: null,
      events: [{ type: 'SecondFactorDisabled', data: { userId: id } }],
    });
  });

  it('is set up from an address that apps read', () => {
    expect(setupUri('ada@example.org', 'GEZDGNBV')).toBe(
      'otpauth://totp/Storytelling:ada%40example.org?secret=GEZDGNBV&issuer=Storytelling&algorithm=SHA1&digits=6&period=30',
    );
  });
});
