import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoryEvent } from '@storytelling/shared/domain-events/story';
import type { StoryAnalyses } from '../src/domain/stories.js';
import { edit, publish, requestAnalysis, type StoryId } from '../src/domain/story.js';
import { complete } from '../src/domain/story-analysis.js';
import { storyContent } from '../src/domain/story-content.js';
import { analyzed, aStory, extractionOf, published, reader, writer } from './examples.js';

interface Opened {
  readonly stories: StoryAnalyses;
  events(id: StoryId): Promise<StoryEvent[]>;
  close(): Promise<void>;
}

/** What every adapter of the port promises. */
export function storiesContract(name: string, open: () => Promise<Opened>) {
  describe(`stories in ${name}`, () => {
    let kept: Opened;
    beforeAll(async () => {
      kept = await open();
    });
    afterAll(() => kept.close());

    const types = async (id: StoryId) => (await kept.events(id)).map(({ type }) => type);
    const second = storyContent('Once there were two foxes.');

    it('keep the events of a verb, in order', async () => {
      const id = await published(kept.stories);
      expect(await types(id)).toEqual(['StoryCreated', 'AnalysisRequested', 'CharactersExtracted', 'StoryAnalyzed', 'StoryPublished']);
    });

    it('show a decision what the events before it led to', async () => {
      const id = await analyzed(kept.stories, await aStory(kept.stories));
      await kept.stories.update(id, (story) => {
        expect(story).toMatchObject({ status: 'analyzed', version: 1, authorId: writer });
        return [];
      });
    });

    it('change nothing when a decision is a refusal', async () => {
      const id = await aStory(kept.stories);
      await expect(kept.stories.update(id, (story) => publish(story, 1))).rejects.toMatchObject({ code: 'STORY_NOT_ANALYZED' });
      expect(await types(id)).toEqual(['StoryCreated']);
    });

    it('know every edition by its version', async () => {
      const id = await aStory(kept.stories);
      await kept.stories.update(id, (story) => edit(story, 1, { content: second }), { content: second });
      expect(await kept.stories.textOf(id, 1)).toMatchObject({ content: 'Once there was a fox.', title: 'The fox', language: 'en' });
      expect(await kept.stories.textOf(id, 2)).toMatchObject({ content: second.text, title: 'The fox', contentHash: second.hash });
      expect(await kept.stories.textOf(id, 3)).toBeUndefined();
    });

    it('refuse an unknown id', async () => {
      await expect(kept.stories.update(randomUUID() as StoryId, () => [])).rejects.toMatchObject({ code: 'STORY_NOT_FOUND' });
    });

    it('keep the result for a text that has changed meanwhile, and do not apply it', async () => {
      const id = await aStory(kept.stories, { content: 'A text of its own.' });
      const analysisId = randomUUID();
      await kept.stories.update(id, (story) => requestAnalysis(story, analysisId));
      const text = await kept.stories.textOf(id, 1);
      await kept.stories.update(id, (story) => edit(story, 1, { content: second }), { content: second });
      const analysis = { id: analysisId, contentHash: text?.contentHash ?? '', version: 1, revision: 'local/1' };
      const extraction = extractionOf('A text of its own.');
      await kept.stories.complete(
        id,
        analysis,
        extraction,
        (story, previous) => complete(story, analysis, { extraction, previous, durationEstimate: 1, newId: randomUUID }),
        { complete: async () => undefined },
      );
      expect(await types(id)).toEqual(['StoryCreated', 'AnalysisRequested', 'StoryEdited']);
      const known = { authorId: writer, contentHash: analysis.contentHash, language: 'en' };
      expect(await kept.stories.known(known, 'local/1')).toEqual(extraction);
    });

    it('reuse an equal text within one author and language only, and of the same revision', async () => {
      const id = await analyzed(kept.stories, await aStory(kept.stories, { content: 'Told twice.' }));
      const { contentHash = '' } = (await kept.stories.textOf(id, 1)) ?? {};
      const text = { authorId: writer, contentHash, language: 'en' };
      expect(await kept.stories.known(text, 'local/1')).toMatchObject({ segments: [{ text: 'Told twice.' }] });
      expect(await kept.stories.known({ ...text, authorId: reader }, 'local/1')).toBeUndefined();
      expect(await kept.stories.known({ ...text, language: 'de' }, 'local/1')).toBeUndefined();
      expect(await kept.stories.known(text, 'local/2')).toBeUndefined();
    });

    it('end the job in the transaction of the result', async () => {
      const id = await aStory(kept.stories);
      const analysisId = randomUUID();
      await kept.stories.update(id, (story) => requestAnalysis(story, analysisId));
      const text = await kept.stories.textOf(id, 1);
      const analysis = { id: analysisId, contentHash: text?.contentHash ?? '', version: 1, revision: 'local/1' };
      const ended: string[] = [];
      const extraction = extractionOf(text?.content ?? '');
      await kept.stories.complete(
        id,
        analysis,
        extraction,
        (story, previous) => complete(story, analysis, { extraction, previous, durationEstimate: 1, newId: randomUUID }),
        {
          complete: async () => {
            ended.push(analysisId);
          },
        },
      );
      expect(ended).toEqual([analysisId]);
    });

    it('keep the ids of characters and segments when a story is analyzed again', async () => {
      const id = await analyzed(kept.stories, await aStory(kept.stories));
      const before = await kept.events(id);
      await analyzed(kept.stories, id);
      const charactersOf = (events: StoryEvent[]) => events.filter(({ type }) => type === 'CharactersExtracted').at(-1)?.data;
      expect(charactersOf(await kept.events(id))).toEqual(charactersOf(before));
    });
  });
}
