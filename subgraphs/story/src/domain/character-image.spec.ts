import { describe, expect, it } from '@jest/globals';
import type { Language } from '@storytelling/shared/value-objects/language';
import { sha256 } from '@storytelling/shared/value-objects/sha256';
import type { StoryTitle } from '@storytelling/shared/value-objects/story-title';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { changeImage } from './character-image.js';
import type { Story, StoryId } from './story.js';

const characterId = '4a1f3c52-0d0b-4c1e-9a55-1f6f0f5a0001';
const story: Story = {
  status: 'analyzed',
  id: '4a1f3c52-0d0b-4c1e-9a55-1f6f0f5a0002' as StoryId,
  authorId: userId('user-ada-0001'),
  title: 'The fox' as StoryTitle,
  language: 'en' as Language,
  version: 1,
  contentHash: sha256('Once.'),
  publishedVersion: null,
  failure: null,
  moderation: null,
};
const refusal = (code: string) => expect.objectContaining({ code });

describe('a picture of a character', () => {
  it('is given, replaced and taken away', () => {
    const changed = (imageKey: string | null) => ({
      type: 'CharacterImageChanged',
      data: { storyId: story.id, authorId: story.authorId, characterId, imageKey },
    });
    expect(changeImage(story, { id: characterId, imageKey: null }, 'one')).toEqual([changed('one')]);
    expect(changeImage(story, { id: characterId, imageKey: 'one' }, 'two')).toEqual([changed('two')]);
    expect(changeImage(story, { id: characterId, imageKey: 'two' }, null)).toEqual([changed(null)]);
  });

  it('that is there already is no event', () => {
    expect(changeImage(story, { id: characterId, imageKey: 'one' }, 'one')).toEqual([]);
    expect(changeImage(story, { id: characterId, imageKey: null }, null)).toEqual([]);
  });

  it('is refused where there is no such character, and in an archived story', () => {
    expect(() => changeImage(story, undefined, 'one')).toThrow(refusal('CHARACTER_NOT_FOUND'));
    expect(() => changeImage({ ...story, status: 'archived' }, { id: characterId, imageKey: null }, 'one')).toThrow(
      refusal('STORY_ARCHIVED'),
    );
  });
});
