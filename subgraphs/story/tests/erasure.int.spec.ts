import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { NextEditionDiscarded, StoryDeleted } from '@storytelling/shared/domain-events/story';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { storyTitle } from '@storytelling/shared/value-objects/story-title';
import { type UserId, userId } from '@storytelling/shared/value-objects/user-id';
import { removeCharacter, saveCharacter } from '../src/domain/corrections.js';
import { edit, type StoryId, storyStream } from '../src/domain/story.js';
import { storyContent } from '../src/domain/story-content.js';
import { changeImage } from '../src/domain/character-image.js';
import { characterImageFolder, prismaPicturedCharacters } from '../src/infrastructure/prisma-character-images.js';
import { whenAuthorErased } from '../src/infrastructure/prisma-erasures.js';
import { storyQueries } from '../src/infrastructure/story-queries.js';
import { analyzed, aStory, published } from './examples.js';
import { storyDatabase } from './story-database.js';

describe('when an author is erased', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;
  let erase: ReturnType<typeof whenAuthorErased>;
  const withoutScripts = new Set<string>();
  /** Folders of objects, and whose uploads. */
  const deleted: string[] = [];

  beforeAll(async () => {
    database = await storyDatabase();
    erase = whenAuthorErased({
      client: database.prisma,
      transact: unitOfWork(database.prisma, () => undefined),
      scripts: { removeOf: async (id: string) => void withoutScripts.add(id) },
      objects: { deleteAll: async (folder) => void deleted.push(folder) },
      uploads: { forget: async (subject) => void deleted.push(subject) },
    });
  });
  afterAll(() => database.close());

  const author = () => userId(`author-${randomUUID()}`);
  const viewer = { userId: undefined, isModerator: false };
  const everyRow = async () => {
    const { rows } = await database.pool.query<{ text: string }>(
      `SELECT concat((SELECT jsonb_agg(s) FROM stories s), (SELECT jsonb_agg(s) FROM story_versions s), (SELECT jsonb_agg(s) FROM story_characters s),
         (SELECT jsonb_agg(s) FROM story_emotions s), (SELECT jsonb_agg(s) FROM story_segments s), (SELECT jsonb_agg(s) FROM story_analyses s),
         (SELECT jsonb_agg(s) FROM story_search s)) AS text`,
    );
    return rows[0]?.text ?? '';
  };
  /** A published story whose next edition, with another text, has been analyzed, too. */
  async function withNextEdition(authorId: UserId, canary: string): Promise<StoryId> {
    const id = await published(database.stories, { authorId, title: 'What readers see', content: 'Readers see this.' });
    const edition = { title: storyTitle(`Next ${canary}`), content: storyContent(`Nobody has seen ${canary}.`) };
    await database.stories.update(id, (story) => edit(story, 1, edition), edition);
    await analyzed(database.stories, id, 2);
    // By hand, too: readers still see the character that the next edition does without.
    await database.stories.correct(id, (story, known) => removeCharacter(story, known, known.characters[0]?.id ?? ''));
    const changes = { name: `Ghost ${canary}` };
    await database.stories.correct(id, (story, known) => saveCharacter(story, known, { id: null, changes, newId: randomUUID }));
    return id;
  }
  const lastEvent = async (id: string) => (await database.events(id)).at(-1);

  it('every story goes, published or not, with all that was found in it', async () => {
    const [ada, bob] = [author(), author()];
    const canary = `canary-${randomUUID()}`;
    const ids = [
      await aStory(database.stories, { authorId: ada, title: `Draft ${canary}`, content: `A draft ${canary}` }),
      await analyzed(database.stories, await aStory(database.stories, { authorId: ada, content: `Analyzed ${canary}` })),
      await withNextEdition(ada, canary),
    ];
    const others = await published(database.stories, { authorId: bob, content: 'Bob’s own.' });
    expect([...(await erase({ userId: ada, stories: 'remove' }))].sort()).toEqual([...ids].sort());
    const left = await everyRow();
    expect(left).not.toContain(canary);
    expect(left).not.toContain('What readers see');
    expect(left).toContain('Bob’s own.');
    for (const id of ids) expect(await lastEvent(id)).toEqual(StoryDeleted({ storyId: id, authorId: ada }));
    const found = await storyQueries(database.prisma).storiesById([...ids, others], viewer);
    expect(found.map((story) => story?.id ?? null)).toEqual([null, null, null, others]);
    for (const id of ids) expect(withoutScripts).toContain(id);
    expect(withoutScripts).not.toContain(others);
    // Killed and begun again, it knows them all the same: jobs about them are still to go.
    expect([...(await erase({ userId: ada, stories: 'remove' }))].sort()).toEqual([...ids].sort());
  });

  it('readers keep what was published when the author wanted it so, and nothing lies behind it', async () => {
    const ada = author();
    const canary = `canary-${randomUUID()}`;
    const draft = await aStory(database.stories, { authorId: ada, content: `A draft ${canary}` });
    const edited = await withNextEdition(ada, canary);
    const untouched = await published(database.stories, { authorId: ada, content: 'Untouched.' });
    const queries = storyQueries(database.prisma);
    const shown = async () => {
      const views = (await queries.storiesById([edited, untouched], viewer)).filter((view) => view !== null);
      const page = { after: undefined, before: undefined, backward: false, limit: 10 };
      return {
        titles: views.map(({ title, version }) => `${title} ${version}`),
        contents: await queries.contents(views),
        characters: await queries.characters(views),
        emotions: await queries.emotions(views),
        segments: await queries.segments(views, page),
      };
    };
    const before = await shown();
    await erase({ userId: ada, stories: 'keep-as-deleted-author' });
    expect(await shown()).toEqual(before);
    expect(before.contents).toEqual(['Readers see this.', 'Untouched.']);
    expect(await everyRow()).not.toContain(canary);
    expect(await lastEvent(draft)).toEqual(StoryDeleted({ storyId: draft, authorId: ada }));
    const record = await database.prisma.storyRecord.findUniqueOrThrow({ where: { id: edited } });
    expect(record).toMatchObject({ status: 'published', version: 1, publishedVersion: 1, title: 'What readers see' });
    expect(await lastEvent(edited)).toEqual(NextEditionDiscarded({ version: 1, contentHash: record.contentHash }));
    // Moderators see the working edition, which is the published one: the same characters, by the same ids.
    const moderators = (await queries.storiesById([edited], { userId: undefined, isModerator: true })).filter((view) => view !== null);
    expect(await queries.characters(moderators)).toEqual(before.characters.slice(0, 1));
    const { rows } = await database.pool.query('SELECT max(event_version) AS version FROM backbone.event_store WHERE stream_id = $1', [
      storyStream(edited).id,
    ]);
    expect(rows[0]).toEqual({ version: record.streamVersion });
    // Once more, as after a kill: nothing else happens.
    await erase({ userId: ada, stories: 'keep-as-deleted-author' });
    expect(await shown()).toEqual(before);
    expect((await database.prisma.storyRecord.findUniqueOrThrow({ where: { id: edited } })).streamVersion).toBe(record.streamVersion);
  });

  it('pictures of characters go, of stories that readers keep too, and whatever else the author had sent', async () => {
    const ada = author();
    const { prisma, stories } = database;
    const [kept, gone] = [
      await published(stories, { authorId: ada, content: 'Ada met Bob.' }),
      await analyzed(stories, await aStory(stories, { authorId: ada, content: 'Eve met Mallory.' })),
    ];
    const pictured = prismaPicturedCharacters({
      transact: unitOfWork(prisma, () => undefined),
      jobs: { enqueue: async () => undefined, cancel: async () => undefined },
    });
    const folders: string[] = [];
    for (const storyId of [kept, gone]) {
      const { id } = await prisma.storyCharacterRecord.findFirstOrThrow({ where: { storyId } });
      const key = `${characterImageFolder}${id}/x.webp`;
      expect(await pictured.change(storyId, id, (story, character) => changeImage(story, character, key))).toEqual({ replaced: null });
      expect(await storyQueries(prisma).characterImages([id])).toEqual([key]);
      expect(await storyQueries(prisma).imagesInUse([key, 'other'])).toEqual([key]);
      folders.push(`${characterImageFolder}${id}/`);
    }
    deleted.length = 0;
    await erase({ userId: ada, stories: 'keep-as-deleted-author' });
    expect([...deleted].sort()).toEqual([...folders, ada].sort());
    expect(await prisma.storyCharacterRecord.count({ where: { storyId: kept, imageKey: { not: null } } })).toBe(0);
    // Killed before the objects were deleted, and begun again: the characters of the story that is gone are known all the same.
    deleted.length = 0;
    await erase({ userId: ada, stories: 'keep-as-deleted-author' });
    expect([...deleted].sort()).toEqual([...folders, ada].sort());
  });
});
