import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoryEvent } from '@storytelling/shared/domain-events/story';
import { type Correction, correctSegment, mergeCharacters, removeCharacter, saveCharacter } from '../src/domain/corrections.js';
import type { KnownFindings } from '../src/domain/findings.js';
import type { StoryAnalyses } from '../src/domain/stories.js';
import { edit, publish, remove, requestAnalysis, type StoryId } from '../src/domain/story.js';
import { complete } from '../src/domain/story-analysis.js';
import { storyContent } from '../src/domain/story-content.js';
import { analyzed, aStory, claimOf, extractionOf, published, reader, writer } from './examples.js';

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

    it('forget a deleted story but for who deleted it', async () => {
      const id = await published(kept.stories);
      expect(await kept.stories.wasDeletedBy(id, writer)).toBe(false);
      await kept.stories.update(id, remove);
      expect((await types(id)).at(-1)).toBe('StoryDeleted');
      expect(await kept.stories.textOf(id, 1)).toBeUndefined();
      for (const verb of [remove, () => []]) await expect(kept.stories.update(id, verb)).rejects.toMatchObject({ code: 'STORY_NOT_FOUND' });
      expect(await kept.stories.wasDeletedBy(id, writer)).toBe(true);
      expect(await kept.stories.wasDeletedBy(id, reader)).toBe(false);
      expect(await kept.stories.wasDeletedBy(randomUUID() as StoryId, writer)).toBe(false);
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
        (story, previous) => complete(story, analysis, { extraction, previous, durationEstimate: 1, newId: randomUUID, claimOf }),
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
        (story, previous) => complete(story, analysis, { extraction, previous, durationEstimate: 1, newId: randomUUID, claimOf }),
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

    describe('corrected by hand', () => {
      const knownOf = async (id: StoryId): Promise<KnownFindings> => {
        let seen: KnownFindings | undefined;
        await kept.stories.correct(id, (_, known) => {
          seen = known;
          return { outcome: id, events: [] };
        });
        if (!seen) throw new Error('not asked');
        return seen;
      };
      const correct = (id: StoryId, decide: (...given: Parameters<Parameters<StoryAnalyses['correct']>[1]>) => Correction) =>
        kept.stories.correct(id, decide);
      const add = (id: StoryId, name: string) =>
        correct(id, (story, known) => saveCharacter(story, known, { id: null, changes: { name }, newId: randomUUID }));
      const namesOf = ({ characters }: KnownFindings) => characters.map(({ name }) => name);

      it('a new character stands behind the others, and stays when the story is analyzed again', async () => {
        const id = await analyzed(kept.stories, await aStory(kept.stories));
        const moon = await add(id, 'Moon');
        const before = await knownOf(id);
        expect(before.characters.at(-1)).toMatchObject({ id: moon, name: 'Moon', origin: 'writer' });
        await analyzed(kept.stories, id);
        expect(await knownOf(id)).toEqual(before);
        expect(namesOf(before)).toEqual(['The fox', 'Moon']);
        expect((await types(id)).slice(4, 6)).toEqual(['CharacterCorrected', 'CharactersExtracted']);
      });

      it('a changed character keeps id and place', async () => {
        const id = await analyzed(kept.stories, await aStory(kept.stories));
        await add(id, 'Moon');
        const [fox] = (await knownOf(id)).characters;
        const changes = { name: 'Reynard', description: 'Red.', traits: ['sly'] };
        await correct(id, (story, known) => saveCharacter(story, known, { id: fox?.id ?? '', changes, newId: randomUUID }));
        await analyzed(kept.stories, id);
        expect((await knownOf(id)).characters).toMatchObject([
          { ...changes, id: fox?.id, aliases: ['Ember', 'The fox'] },
          { name: 'Moon' },
        ]);
      });

      it('a merged character stays merged, and what it said the other one says', async () => {
        const id = await analyzed(kept.stories, await aStory(kept.stories));
        const [fox] = (await knownOf(id)).characters;
        const moon = await add(id, 'Moon');
        await correct(id, (story, known) => mergeCharacters(story, known, { intoId: moon, fromIds: [fox?.id ?? ''] }));
        const merged = await knownOf(id);
        expect(merged).toMatchObject({ absent: [], removed: [], segments: [{ speakerId: moon }] });
        expect(merged.characters).toMatchObject([{ id: moon, name: 'Moon', aliases: ['The fox', 'Ember'] }]);
        await analyzed(kept.stories, id);
        expect(await knownOf(id)).toEqual(merged);
      });

      it('a removed character stays away until the writer saves it again', async () => {
        const id = await analyzed(kept.stories, await aStory(kept.stories));
        const [fox] = (await knownOf(id)).characters;
        await correct(id, (story, known) => removeCharacter(story, known, fox?.id ?? ''));
        await analyzed(kept.stories, id);
        expect(await knownOf(id)).toMatchObject({ characters: [], removed: [{ id: fox?.id }], segments: [{ speakerId: null }] });
        expect(await add(id, 'the FOX')).toBe(fox?.id);
        expect(await knownOf(id)).toMatchObject({ characters: [{ id: fox?.id, name: 'the FOX' }], removed: [] });
      });

      it('a segment keeps speaker and emotion', async () => {
        const id = await analyzed(kept.stories, await aStory(kept.stories));
        const [segment] = (await knownOf(id)).segments;
        const corrected = { segmentId: segment?.id ?? '', speakerId: null, emotion: 'fear' as const };
        expect(await correct(id, (story, known) => correctSegment(story, known, corrected))).toBe(segment?.id);
        await analyzed(kept.stories, id);
        expect((await knownOf(id)).segments).toEqual([{ ...segment, speakerId: null, emotion: 'fear', origin: 'writer' }]);
      });

      it('while an analysis runs: its result keeps what was corrected meanwhile', async () => {
        const id = await analyzed(kept.stories, await aStory(kept.stories));
        const [fox] = (await knownOf(id)).characters;
        await analyzed(kept.stories, id, 1, async () => {
          await correct(id, (story, known) => removeCharacter(story, known, fox?.id ?? ''));
          await add(id, 'Moon');
        });
        expect(namesOf(await knownOf(id))).toEqual(['Moon']);
      });

      it('refused, it changes nothing', async () => {
        const id = await analyzed(kept.stories, await aStory(kept.stories));
        await expect(add(id, 'The fox')).rejects.toMatchObject({ code: 'CHARACTER_NAME_TAKEN' });
        expect(namesOf(await knownOf(id))).toEqual(['The fox']);
      });
    });
  });
}
