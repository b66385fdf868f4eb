import { describe, expect, it } from '@jest/globals';
import { publishStory } from '../src/application/publish-story.js';
import { aStory, analyzed, reader, writer } from './examples.js';
import { memoryStories } from './memory-stories.js';

const refusal = (code: string) => expect.objectContaining({ code });

/** An author whose verification gets here after so many times of waiting; never, when that is not told. */
async function author(verifiedAfter = Number.POSITIVE_INFINITY) {
  const stories = memoryStories();
  const draft = await aStory(stories);
  const ready = await analyzed(stories, await aStory(stories));
  let waits = 0;
  const publish = publishStory(
    stories,
    { hasVerifiedEmail: async (id) => id === writer && waits >= verifiedAfter },
    async () => void (waits += 1),
  );
  return {
    publish: (id: string, by = writer, hasVerifiedEmail = false) =>
      publish({ id: by, isModerator: false, hasVerifiedEmail }, { id, expectedVersion: 1 }),
    draft,
    ready,
    waits: () => waits,
    typesOf: (id: typeof ready) => stories.kept.get(id)?.events.map(({ type }) => type) ?? [],
  };
}

describe('publishing', () => {
  it('takes an author whose address is verified, without waiting', async () => {
    const { publish, ready, waits, typesOf } = await author(0);
    await publish(ready);
    expect(typesOf(ready).at(-1)).toBe('StoryPublished');
    expect(waits()).toBe(0);
  });

  it('takes the word of a fresh access token, when the news has not come', async () => {
    const { publish, ready, waits, typesOf } = await author();
    await publish(ready, writer, true);
    expect(typesOf(ready).at(-1)).toBe('StoryPublished');
    expect(waits()).toBe(0);
  });

  it('waits a little for the news that the address was just verified', async () => {
    const { publish, ready, waits, typesOf } = await author(3);
    await publish(ready);
    expect(typesOf(ready).filter((type) => type === 'StoryPublished')).toHaveLength(1);
    expect(waits()).toBe(3);
  });

  it('is refused to an author who has not verified it, in the end', async () => {
    const { publish, ready, waits, typesOf } = await author();
    await expect(publish(ready)).rejects.toThrow(refusal('EMAIL_NOT_VERIFIED'));
    expect(typesOf(ready)).not.toContain('StoryPublished');
    expect(waits()).toBe(20);
  });

  it('says what else is wrong first, and lets nobody wait for it', async () => {
    const { publish, ready, draft, waits } = await author();
    await expect(publish(draft)).rejects.toThrow(refusal('STORY_NOT_ANALYZED'));
    await expect(publish(ready, reader)).rejects.toThrow(refusal('STORY_NOT_FOUND'));
    expect(waits()).toBe(0);
  });
});
