import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { Caller } from '@storytelling/shared/graphql/caller';
import { PrismaPg } from '@prisma/adapter-pg';
import { contextsWithPersonalData, personalDataExportedIn } from '@storytelling/shared/domain-events/personal-data';
import { openEmbeddedLog } from '@storytelling/shared/infrastructure/embedded-log';
import { type EventBus, topicOf } from '@storytelling/shared/infrastructure/event-bus';
import { fileObjects } from '@storytelling/shared/infrastructure/file-objects';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { bytesOf, type ObjectStore } from '@storytelling/shared/infrastructure/object-store';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { signedClaims } from '@storytelling/shared/infrastructure/signed-claims';
import { type Files, unzipped, zipped } from '@storytelling/shared/infrastructure/zip-files';
import { type TestDatabase, testDatabase } from '@storytelling/shared/testing/database';
import { type TestObjectStore, testObjectStore } from '@storytelling/shared/testing/object-store';
import { userId } from '@storytelling/shared/value-objects/user-id';
import type pg from 'pg';
import { PrismaClient } from '../src/generated/prisma/client.js';
import { sweepArchives } from '../src/infrastructure/export-archives.js';
import { startIdentity } from '../src/service.js';
import { testPool } from './identity-database.js';

const register = 'mutation ($input: RegisterInput!) { register(input: $input) { refreshToken user { id } } }';
const eraseUser = 'mutation ($input: EraseUserInput!) { eraseUser(input: $input) { id } }';
const fields = '{ id status expiresAt progress { stage done total } media { url contentType sizeBytes } failure { code retryable } }';
const exportMyData = `mutation { exportMyData ${fields} }`;
const dataExport = `query ($id: ID!) { dataExport(id: $id) ${fields} }`;

interface Export {
  id: string;
  status: string;
  expiresAt: string | null;
  progress: { stage: string; done: number; total: number } | null;
  media: { url: string; contentType: string; sizeBytes: number } | null;
  failure: { code: string } | null;
}

const others = contextsWithPersonalData.filter((context) => context !== 'identity');

describe('a copy of one’s data', () => {
  let database: TestDatabase;
  let log: TestDatabase;
  let objects: TestObjectStore;
  let all: ObjectStore;
  let pool: pg.Pool;
  let bus: EventBus;
  let service: RunningService;
  let start: () => Promise<RunningService>;
  let issue: (caller: Caller) => Promise<string>;
  const password = 'a tale of two cities';
  /** The service's clock is this much ahead. */
  let ahead = 0;
  const hour = 60 * 60 * 1000;

  beforeAll(async () => {
    [database, log] = await Promise.all([testDatabase('identity'), testDatabase('backbone')]);
    const tokens = await gatewayTokens(await newGatewayKey());
    issue = (caller) => tokens.issue('identity', caller, randomUUID());
    objects = testObjectStore();
    const environment = {
      ...objects.settings,
      DATABASE_URL: database.url,
      EVENT_BUS_URL: `embedded:${log.url}`,
      GATEWAY_JWKS: JSON.stringify(tokens.jwks),
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'silent',
    };
    start = () => startIdentity(environment, { now: () => new Date(Date.now() + ahead) });
    service = await start();
    all = await fileObjects({ folder: objects.folder, claims: signedClaims([randomBytes(32)]), publicUrl: '' });
    pool = testPool(database.url);
    bus = await openEmbeddedLog({ url: log.url, log: createLogger('test', 'silent') });
  });
  afterAll(async () => {
    await service.stop();
    await bus.close();
    await pool.end();
    await database.drop();
    await log.drop();
    objects.drop();
  });

  async function ask(query: string, variables: object = {}, caller: Caller = { kind: 'anonymous', permissions: [] }) {
    const response = await fetch(service.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await issue(caller)}`, 'x-client-address': randomUUID() },
      body: JSON.stringify({ query, variables }),
    });
    return JSON.parse(await response.text());
  }
  const as = (id: string): Caller => ({ kind: 'user', userId: userId(id), sessionId: randomUUID(), role: 'member', permissions: [] });
  async function person() {
    const input = {
      email: `ada-${randomUUID()}@example.org`,
      password,
      displayName: `Ada ${randomUUID()}`,
      firstName: `Au ${randomUUID()}`,
    };
    const { user, refreshToken } = (await ask(register, { input })).data.register;
    return { id: user.id as string, refreshToken, ...input };
  }
  async function until(condition: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 20_000;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error('it did not come to pass');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  const begin = async (id: string): Promise<Export> => (await ask(exportMyData, {}, as(id))).data.exportMyData;
  const read = async (id: string, owner: string): Promise<Export | null> => (await ask(dataExport, { id }, as(owner))).data.dataExport;
  const answered = (id: string, owner: string) => until(async () => (await read(id, owner))?.progress?.done === 1);
  /** As the other contexts answer. */
  async function othersAnswer(exportId: string, owner: string): Promise<void> {
    for (const context of others) {
      const part = await zipped({
        'data.json': Buffer.from(JSON.stringify({ [context]: `of ${owner}` })),
        'README.txt': Buffer.from(`Of ${context}.`),
        'pictures/a.webp': Buffer.from('a picture'),
      });
      const sha256 = createHash('sha256').update(part).digest('hex');
      const object = { key: `${context}/export-parts/${owner}/${exportId}.zip`, sha256, bytes: part.length };
      await all.put(object.key, part, { contentType: 'application/zip' });
      const { type } = personalDataExportedIn(context);
      const event = {
        ...{ id: randomUUID(), source: context, type, subject: `${context}.DataExport-${exportId}`, time: new Date().toISOString() },
        ...{ version: 1, sequence: 1, epoch: randomUUID(), correlationId: 'test', causationId: null, traceparent: null },
        ...{ actor: `service:${context}`, data: { exportId, userId: owner, object } },
      };
      await bus.publish(topicOf(context), [event]);
    }
  }
  async function archiveOf(owner: string): Promise<Record<string, string> | undefined> {
    for await (const { key } of all.list(`identity/exports/${owner}/`)) {
      const object = await all.get(key);
      const bytes = object && (await bytesOf(object.body, object.bytes));
      if (bytes) return textsOf(await unzipped(bytes));
    }
    return undefined;
  }
  const textsOf = (files: Files) => Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]));

  it('is one archive of what every context holds, without secrets and without anything of others', async () => {
    const [ada, bob] = [await person(), await person()];
    await pool.query(`INSERT INTO oauth_providers (user_id, provider, provider_id) VALUES ($1, 'example', 'id-at-the-provider')`, [ada.id]);
    const begun = await begin(ada.id);
    expect(begun).toMatchObject({
      status: 'running',
      media: null,
      expiresAt: null,
      progress: { stage: 'gathering', total: 2 + others.length },
    });
    // Asked again: the same one.
    expect((await begin(ada.id)).id).toBe(begun.id);
    await answered(begun.id, ada.id);
    await othersAnswer(begun.id, ada.id);
    await until(async () => (await read(begun.id, ada.id))?.status === 'ready');

    const ready = await read(begun.id, ada.id);
    expect(ready).toMatchObject({ progress: null, media: { contentType: 'application/zip', url: expect.stringContaining('http') } });
    expect(new Date(ready?.expiresAt ?? 0).getTime() - Date.now()).toBeGreaterThan(6.9 * 24 * hour);
    expect(await read(begun.id, bob.id)).toBeNull();
    const archive = (await archiveOf(ada.id)) ?? {};
    const theirs = others.flatMap((context) => [`${context}/data.json`, `${context}/pictures/a.webp`]);
    expect(Object.keys(archive).sort()).toEqual(['README.txt', 'identity/data.json', ...theirs].sort());
    for (const word of ['identity/data.json', 'Your account', ...theirs, ...others.map((context) => `Of ${context}.`)])
      expect(archive['README.txt']).toContain(word);
    for (const context of others) expect(archive[`${context}/data.json`]).toContain(`of ${ada.id}`);
    const own = archive['identity/data.json'] ?? '';
    expect(JSON.parse(own)).toMatchObject({
      account: { id: ada.id, email: ada.email, displayName: ada.displayName, firstName: ada.firstName },
      role: { now: 'member', history: [] },
      sessions: [{ createdAt: expect.any(String), lastUsedAt: expect.any(String) }],
      providers: [{ provider: 'example' }],
      history: expect.arrayContaining([expect.objectContaining({ event: 'UserRegistered' })]),
    });
    const { rows } = await pool.query(
      'SELECT token_hash AS a, client_address_tag AS b, (SELECT hash FROM passwords WHERE user_id = $1) AS c FROM sessions WHERE user_id = $1',
      [ada.id],
    );
    for (const secret of [...Object.values(rows[0]), ada.refreshToken, 'id-at-the-provider', bob.id, bob.email, bob.displayName])
      expect(JSON.stringify(archive)).not.toContain(secret);
  });

  it('goes on where it was when the service was stopped in between', async () => {
    const ada = await person();
    const { id } = await begin(ada.id);
    await service.stop();
    await othersAnswer(id, ada.id);
    service = await start();
    await until(async () => (await read(id, ada.id))?.status === 'ready');
    expect((await archiveOf(ada.id))?.['identity/data.json']).toContain(ada.email);
  });

  it('is gone with its owner, also when they are erased before it is whole', async () => {
    const [ada, eve] = [await person(), await person()];
    const whole = await begin(ada.id);
    await answered(whole.id, ada.id);
    await othersAnswer(whole.id, ada.id);
    await until(async () => (await read(whole.id, ada.id))?.status === 'ready');
    const half = await begin(eve.id);
    await answered(half.id, eve.id);
    for (const { id } of [ada, eve]) await ask(eraseUser, { input: { userId: id, stories: 'REMOVE', password } }, as(id));
    const isErased = async (id: string) =>
      (await pool.query('SELECT 1 FROM backbone.event_store WHERE stream_id = $1', [`identity.Erasure-${id}`])).rowCount === 1;
    await until(async () => (await isErased(ada.id)) && (await isErased(eve.id)));
    await othersAnswer(half.id, eve.id);
    // Somebody else's, who comes after it.
    const bob = await person();
    const { id } = await begin(bob.id);
    await answered(id, bob.id);
    await othersAnswer(id, bob.id);
    await until(async () => (await read(id, bob.id))?.status === 'ready');
    for (const [owner, exportId] of [
      [ada.id, whole.id],
      [eve.id, half.id],
    ] as const) {
      expect(await archiveOf(owner)).toBeUndefined();
      expect(await read(exportId, owner)).toBeNull();
    }
    const left = readdirSync(objects.folder, { recursive: true }).map(String);
    for (const part of ['exports', 'export-parts'])
      expect(left.filter((path) => path.startsWith(`identity/${part}/`) && (path.includes(ada.id) || path.includes(eve.id)))).toEqual([]);
    expect((await ask(exportMyData, {}, as(ada.id))).errors[0].extensions.code).toBe('PERSON_ERASED');
  });

  it('is asked for three times a day, fails when a part does not come, and is deleted after seven days', async () => {
    const ada = await person();
    expect((await ask(exportMyData)).errors[0].extensions.code).toBe('SIGN_IN_REQUIRED');
    expect((await ask(exportMyData, {}, as(randomUUID()))).errors[0].extensions.code).toBe('USER_NOT_FOUND');
    const exports: string[] = [];
    try {
      for (let nth = 0; nth < 3; nth += 1) {
        exports.push((await begin(ada.id)).id);
        ahead += 1.1 * hour;
      }
      expect(new Set(exports).size).toBe(3);
      expect((await ask(exportMyData, {}, as(ada.id))).errors[0].extensions).toMatchObject({
        ...{ code: 'TOO_MANY_EXPORTS', kind: 'TOO_MANY_REQUESTS', params: { max: 3, retryAt: expect.any(String) } },
      });
      const [first = ''] = exports;
      expect(await read(first, ada.id)).toMatchObject({ status: 'failed', failure: { code: 'EXPORT_LATE' } });
      // Late, and yet.
      await until(
        async () =>
          (await pool.query(`SELECT 1 FROM data_export_parts WHERE export_id = $1 AND object IS NOT NULL`, [first])).rowCount === 1,
      );
      await othersAnswer(first, ada.id);
      await until(async () => (await read(first, ada.id))?.status === 'ready');
      const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
      const sweep = () => sweepArchives({ client: prisma, objects: all, now: () => new Date(Date.now() + ahead) });
      ahead += 6 * 24 * hour;
      await sweep();
      expect(await read(first, ada.id)).toMatchObject({ status: 'ready' });
      expect(await archiveOf(ada.id)).toBeDefined();
      ahead += 24 * hour;
      expect(await read(first, ada.id)).toMatchObject({ status: 'expired', media: null });
      await sweep();
      await prisma.$disconnect();
      expect(await archiveOf(ada.id)).toBeUndefined();
    } finally {
      ahead = 0;
    }
  });
});
