import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listOperations } from '@storytelling/shared/infrastructure/operation-log';
import { promoteUser } from '../src/infrastructure/promote-user.js';
import { userStream } from '../src/infrastructure/prisma-users.js';
import { type IdentityDatabase, identityDatabase } from './identity-database.js';
import { identityOn } from './identity-ports.js';

describe('a role given at the machine', () => {
  let database: IdentityDatabase;
  const linus = { operator: 'Linus', why: 'the first one' };
  beforeAll(async () => {
    database = await identityDatabase();
  });
  afterAll(() => database.close());

  async function registered() {
    const email = `${randomUUID()}@example.org`;
    const client = { address: '192.0.2.1', device: null };
    const { userId } = await identityOn(database).verbs.register({ email, password: 'a fox in the cellar', displayName: 'Grace' }, client);
    return { email, userId };
  }

  it('is told by an event of the operator, ready to be sent, and by a line of the operation log without the address', async () => {
    const { email, userId } = await registered();
    expect(await promoteUser(database.pool, ` ${email.toUpperCase()}`, 'SUPER_ADMIN', linus)).toEqual({
      userId,
      role: 'super-admin',
      previousRole: 'member',
    });
    expect((await database.events(userId)).at(-1)).toEqual({
      type: 'RoleAssigned',
      data: { userId, role: 'super-admin', previousRole: 'member', assignedBy: 'operator', reason: null },
    });
    const { rows } = await database.pool.query(
      `SELECT e.event_metadata ->> 'actor' AS actor FROM backbone.outbox o JOIN backbone.event_store e ON e.id = o.event_id
       WHERE o.stream_id = $1 AND o.published AND e.event_type = 'RoleAssigned'`,
      [userStream(userId).id],
    );
    expect(rows).toEqual([{ actor: 'operator' }]);
    const [line] = await listOperations(database.pool);
    expect(line).toMatchObject({ ...linus, action: 'promote', target: `identity.User-${userId}`, details: { previousRole: 'member' } });
    expect(JSON.stringify(line)).not.toContain(email);
  });

  it('leaves the last super-admin, and no trace when it is refused', async () => {
    const { email, userId } = await registered();
    await database.pool.query("UPDATE users SET role = 'member'");
    await promoteUser(database.pool, email, 'super-admin', linus);
    const before = await listOperations(database.pool);
    await expect(promoteUser(database.pool, email, 'member', linus)).rejects.toMatchObject({ code: 'LAST_SUPER_ADMIN' });
    expect(await listOperations(database.pool)).toEqual(before);
    expect((await promoteUser(database.pool, email, 'super-admin', linus)).previousRole).toBe('super-admin');
    expect((await database.events(userId)).filter(({ type }) => type === 'RoleAssigned')).toHaveLength(1);
  });

  it.each([
    ['nobody@example.org', 'admin', 'Nobody has registered with nobody@example.org; register there first, or correct the address.'],
    ['nobody', 'admin', 'This is not an e-mail address; it looks like name@example.org and has at most 255 characters.'],
    ['nobody@example.org', 'king', 'There is no role king; the roles are admin, content-moderator, customer-support, member, super-admin.'],
  ])('says what is wrong with %s, %s', async (address, role, sentence) => {
    await expect(promoteUser(database.pool, address, role, linus)).rejects.toThrow(sentence);
  });
});
