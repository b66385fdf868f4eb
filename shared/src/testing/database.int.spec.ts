import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { testDatabase } from './database.js';

describe('databases of tests', () => {
  it('have the migrations of their context, see nothing of each other, and go', async () => {
    const contexts = ['identity', 'story', 'backbone', 'backbone'];
    const databases = await Promise.all(contexts.map(testDatabase));
    for (const { url } of databases) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('CREATE TABLE mine (id int)');
      const { rows } = await client.query('SELECT count(*)::int AS applied FROM _prisma_migrations');
      expect(rows[0].applied).toBeGreaterThan(0);
      await client.end();
    }
    await Promise.all(databases.map((database) => database.drop()));
    await expect(new pg.Client({ connectionString: databases[0]?.url ?? '' }).connect()).rejects.toMatchObject({ code: '3D000' });
  });
});
