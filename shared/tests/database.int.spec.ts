import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { connect, inTransaction, openPool } from '../src/infrastructure/database.js';
import { type TestDatabase, testDatabase } from '../src/testing/database.js';
import { until } from './backbone-database.js';

describe('a connection that is lost', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await testDatabase('backbone');
    pool = openPool({ connectionString: database.url, max: 1 });
  });

  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  /** Ends the session from outside and returns when its client has been told. */
  async function lose(client: pg.ClientBase) {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    let told = false;
    client.once('end', () => {
      told = true;
    });
    const other = await connect({ connectionString: database.url });
    await other.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await other.end();
    await until(() => told);
  }

  it('fails the transaction that it was checked out for, not the process, and is not used again', async () => {
    const transaction = inTransaction(pool, async (client) => {
      await lose(client);
      await client.query('SELECT 1');
    });
    await expect(transaction).rejects.toThrow();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('fails the next query of a session of its own', async () => {
    const session = await connect({ connectionString: database.url });
    await lose(session);
    await expect(session.query('SELECT 1')).rejects.toThrow();
    await session.end();
  });
});
