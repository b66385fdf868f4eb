import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { archive, evolve, remove, requestAnalysis, type Story, unpublish } from '../src/domain/story.js';
import { toStory } from '../src/infrastructure/prisma-stories.js';
import { aStory, analyzed, published } from './examples.js';
import { storiesContract } from './stories.contract.js';
import { storyDatabase } from './story-database.js';

storiesContract('PostgreSQL', storyDatabase);

describe('stories in PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;
  beforeAll(async () => {
    database = await storyDatabase();
  });
  afterAll(() => database.close());

  it('fold: every stream leads to its row', async () => {
    const { stories, prisma } = database;
    await aStory(stories);
    await published(stories);
    await stories.update(await analyzed(stories, await aStory(stories)), (story) =>
      requestAnalysis(story, '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a11'),
    );
    await stories.update(await published(stories), (story) => unpublish(story, { by: 'moderator', reason: 'Copied.' }));
    await stories.update(await published(stories), (story) => archive(story, { by: 'moderator', reason: 'Copied.' }));
    await stories.update(await published(stories), remove);
    const records = await prisma.storyRecord.findMany();
    expect(records.length).toBeGreaterThanOrEqual(5);
    for (const record of records) {
      const events = await database.events(record.id);
      expect(toStory(record)).toEqual(events.reduce<Story | undefined>(evolve, undefined));
      expect(record.streamVersion).toBe(events.length);
    }
  });

  it('decide one after the other: of 10 who ask for an analysis at once, one gets it', async () => {
    const id = await aStory(database.stories);
    const asked = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) =>
        database.stories.update(id, (story) => requestAnalysis(story, `0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a${10 + index}`)),
      ),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(database.enqueued.filter((job) => 'storyId' in job && job.storyId === id)).toHaveLength(1);
  });

  it('obey the rules of the data model even where a verb would not', async () => {
    const id = await aStory(database.stories);
    const set = (sql: string) => database.pool.query(`UPDATE stories SET ${sql} WHERE id = $1`, [id]);
    for (const wrong of ["status = 'lost'", "title = 'ab'", "content = ''", 'is_published = true', "status = 'analyzing'", 'version = 0']) {
      await expect(set(wrong)).rejects.toMatchObject({ code: '23514' });
    }
  });

  it('never change an event', async () => {
    await aStory(database.stories);
    for (const sql of [
      "UPDATE backbone.event_store SET event_type = 'x'",
      'DELETE FROM backbone.event_store',
      'TRUNCATE backbone.event_store',
    ]) {
      await expect(database.pool.query(sql)).rejects.toThrow('insert and select only');
    }
  });
});
