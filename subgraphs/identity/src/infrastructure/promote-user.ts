import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { runOperation } from '@storytelling/shared/infrastructure/operation';
import { OperationRefused, type Operator } from '@storytelling/shared/infrastructure/operation-log';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { email } from '@storytelling/shared/value-objects/email';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type pg from 'pg';
import { assignRole, operator as atTheMachine } from '../domain/authority.js';
import type { UserRole } from '../domain/user.js';
import { PrismaClient } from '../generated/prisma/client.js';
import { prismaStaff } from './prisma-staff.js';
import { userStream } from './prisma-users.js';

export interface Promotion {
  readonly userId: string;
  readonly role: string;
  readonly previousRole: string;
}

/**
 * Gives a role by hand: how the first super-admin comes to be. The same rules, lock and event as in the graph, with `operator` for who did it, and a
 * line in the operation log in the same transaction; a running service sends the event on. Throws OperationRefused, or the Refusal of a rule.
 */
export async function promoteUser(pool: pg.Pool, address: string, role: string, { operator, why }: Operator): Promise<Promotion> {
  const wanted = role.toLowerCase().replaceAll('_', '-');
  const client = new PrismaClient({ adapter: new PrismaPg(pool) });
  try {
    const roles = await client.roleRecord.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
    if (!roles.some(({ id }) => id === wanted))
      throw new OperationRefused(`There is no role ${role}; the roles are ${roles.map(({ id }) => id).join(', ')}.`);
    const user = await client.userRecord.findUnique({ where: { email: email(address) }, select: { id: true } });
    if (!user) throw new OperationRefused(`Nobody has registered with ${address}; register there first, or correct the address.`);

    const userId = user.id as UserId;
    let previousRole = '';
    // The relay of the running service finds the event by itself.
    const commit = unitOfWork(client, () => undefined);
    const staff = prismaStaff({
      client,
      now: () => new Date(),
      transact: (work) =>
        commit(async (tx) => {
          const id = await work(tx);
          await tx.$executeRaw`
            INSERT INTO backbone.operation_log (operator, action, target, why, details)
            VALUES (${operator}, 'promote', ${userStream(userId).id}, ${why}, ${JSON.stringify({ role: wanted, previousRole })}::jsonb)`;
          return id;
        }),
    });
    await runOperation({ correlationId: randomUUID(), actor: atTheMachine.id }, () =>
      staff.changeUser(atTheMachine.id, userId, (given) => {
        previousRole = given.user.role;
        return assignRole(given, wanted as UserRole, null);
      }),
    );
    return { userId, role: wanted, previousRole };
  } finally {
    await client.$disconnect();
  }
}
