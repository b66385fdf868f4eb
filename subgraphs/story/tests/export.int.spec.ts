import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { storyTitle } from '@storytelling/shared/value-objects/story-title';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { changeImage } from '../src/domain/character-image.js';
import { saveCharacter } from '../src/domain/corrections.js';
import { edit } from '../src/domain/story.js';
import { storyContent } from '../src/domain/story-content.js';
import { exportedAuthor } from '../src/infrastructure/exported-author.js';
import { characterImageFolder, prismaPicturedCharacters } from '../src/infrastructure/prisma-character-images.js';
import { aStory, published } from './examples.js';
import { storyDatabase } from './story-database.js';

describe('what an author takes with them', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;

  beforeAll(async () => {
    database = await storyDatabase();
  });
  afterAll(() => database.close());

  it('is every edition of every story, with all that was found, corrected, pictured and decided; nothing of anybody else', async () => {
    const { prisma, stories } = database;
    const [ada, bob] = [userId(`ada-${randomUUID()}`), userId(`bob-${randomUUID()}`)];
    const story = await published(stories, { authorId: ada, title: 'First title', content: 'First text.' });
    const next = { title: storyTitle('Next title'), content: storyContent('Next text.') };
    await stories.update(story, (before) => edit(before, 1, next), next);
    const changes = { name: 'Corrected name' };
    await stories.correct(story, (before, known) => saveCharacter(before, known, { id: null, changes, newId: randomUUID }));
    const draft = await aStory(stories, { authorId: ada, title: 'Draft', content: 'Nobody has read this.' });
    const theirs = await published(stories, { authorId: bob, title: 'Of Bob', content: 'Bob’s text.' });
    const { id: character } = await prisma.storyCharacterRecord.findFirstOrThrow({ where: { storyId: story, position: { not: null } } });
    const key = `${characterImageFolder}${character}/x.webp`;
    const pictured = prismaPicturedCharacters({
      transact: unitOfWork(prisma, () => undefined),
      jobs: { enqueue: async () => undefined, cancel: async () => undefined },
    });
    await pictured.change(story, character, (before, of) => changeImage(before, of, key));
    const report = { version: 1, reason: 'spam', createdAt: new Date() };
    await prisma.storyReportRecord.createMany({
      data: [
        { ...report, id: randomUUID(), storyId: theirs, reporterId: ada, details: 'What Ada reported' },
        { ...report, id: randomUUID(), storyId: story, reporterId: bob, details: 'What Bob reported' },
      ],
    });
    await database.pool.query(
      `INSERT INTO backbone.event_store (stream_id, stream_type, event_type, event_data, event_metadata, event_version)
       VALUES ($1, 'Moderation', 'ModerationDecided', $2, '{"schemaVersion": 1}', 1)`,
      [
        `story.Moderation-${story}`,
        { storyId: story, authorId: ada, version: 1, decision: 'keep', reason: 'What was decided', decidedBy: 'the-moderator', reports: 1 },
      ],
    );

    const { data, files } = await exportedAuthor(prisma, ada);
    expect(data).toMatchObject({
      stories: [
        {
          id: story,
          editions: [
            { version: 1, title: 'First title', content: 'First text.', publishedFindings: { segments: [{ text: 'First text.' }] } },
            { version: 2, title: 'Next title', content: 'Next text.' },
          ],
          segments: [{ text: 'First text.' }],
          emotions: [{ emotion: 'joy' }],
          analyses: [{ version: 1, analysisData: expect.anything() }],
          corrections: [{ event: 'CharacterCorrected', change: 'saved', name: 'Corrected name' }],
          moderation: [{ event: 'ModerationDecided', decision: 'keep', reason: 'What was decided' }],
        },
        { id: draft, editions: [{ title: 'Draft', content: 'Nobody has read this.' }] },
      ],
      reports: [{ storyId: theirs, details: 'What Ada reported' }],
    });
    const text = JSON.stringify(data);
    expect(text).toContain(`"picture":"pictures/${character}.webp"`);
    expect(files).toEqual({ [`pictures/${character}.webp`]: { key } });
    for (const others of [bob, 'Of Bob', 'Bob’s text.', 'What Bob reported', 'the-moderator', key])
      expect([others, text.includes(others)]).toEqual([others, false]);
  });

  it('takes as many statements for many stories as for one', async () => {
    const [one, many] = [userId(`one-${randomUUID()}`), userId(`many-${randomUUID()}`)];
    await published(database.stories, { authorId: one });
    for (let story = 0; story < 5; story += 1) await published(database.stories, { authorId: many });
    const statements = await database.statementsOf(() => exportedAuthor(database.prisma, one));
    expect(await database.statementsOf(() => exportedAuthor(database.prisma, many))).toBe(statements);
  });
});
