import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NarrationEvent } from '@storytelling/shared/domain-events/narration';
import { cancel, finishSegment, type NarrationId, regenerate, remove, resume } from '../src/domain/narration.js';
import type { NarrationRuns, WantedTake } from '../src/domain/narrations.js';
import { aNarration, aScript, aVoice, character, completed, joined, reader, spoken, writer } from './narration-examples.js';

interface Opened {
  readonly narrations: NarrationRuns;
  events(id: NarrationId): Promise<NarrationEvent[]>;
  close(): Promise<void>;
}

/** What every adapter of the port promises. */
export function narrationsContract(name: string, open: () => Promise<Opened>) {
  describe(`narrations in ${name}`, () => {
    let kept: Opened;
    let narrations: NarrationRuns;
    beforeAll(async () => {
      kept = await open();
      narrations = kept.narrations;
    });
    afterAll(() => kept.close());

    const types = async (id: NarrationId) => (await kept.events(id)).map(({ type }) => type);
    const segmentsOf = async (id: NarrationId) => (await narrations.work(id, id))?.missing ?? [];
    /** Of a narration that is complete. */
    async function again(id: NarrationId, wanted: WantedTake): Promise<string> {
      const runId = randomUUID();
      await narrations.regenerate(id, wanted, (narration, segment) => regenerate(narration, segment, runId));
      return runId;
    }

    it('give the first run every line, as it is to be spoken', async () => {
      const id = await aNarration(narrations);
      expect(await segmentsOf(id)).toEqual([
        expect.objectContaining({
          index: 0,
          take: 1,
          characterId: null,
          text: 'Once there was a fox.\n',
          emotion: 'neutral',
          intensity: 5,
          askedAt: null,
        }),
        expect.objectContaining({ index: 1, characterId: character.id, emotion: 'fear', intensity: 9, pauseSeconds: 0.25, voice: null }),
        expect.objectContaining({ index: 2, emotion: 'joy', pauseSeconds: 1 }),
      ]);
      expect(await narrations.work(id, id)).toMatchObject({ language: 'en', format: 'mp3', sampleRate: 16_000, totalSegments: 3 });
    });

    it('leave nothing to do for a run that nobody waits for', async () => {
      const id = await aNarration(narrations);
      expect(await narrations.work(id, randomUUID())).toBeUndefined();
      await narrations.update(id, cancel);
      expect(await narrations.work(id, id)).toBeUndefined();
      expect(await narrations.work(randomUUID() as NarrationId, id)).toBeUndefined();
    });

    it('keep each finished segment, and leave the rest to the next run', async () => {
      const id = await aNarration(narrations);
      await spoken(narrations, id, id, 2);
      await narrations.update(id, cancel);
      const runId = randomUUID();
      await narrations.update(id, (narration) => resume(narration, runId));
      expect((await narrations.work(id, runId))?.missing.map(({ index }) => index)).toEqual([2]);
      expect(await types(id)).toEqual(['NarrationRequested', 'SegmentNarrated', 'SegmentNarrated', 'NarrationFailed', 'NarrationResumed']);
    });

    it('store a take once, whoever comes second', async () => {
      const id = await aNarration(narrations);
      const [segment] = await segmentsOf(id);
      const finished = { segmentId: segment?.id ?? '', index: 0, take: 1, duration: 2 };
      const take = (audioKey: string) => ({ ...finished, audioKey, bytes: 5, characters: 1, cost: null });
      for (const key of ['narration/first.mp3', 'narration/second.mp3'])
        await narrations.finish(id, take(key), (narration) => finishSegment(narration, finished));
      expect(await types(id)).toEqual(['NarrationRequested', 'SegmentNarrated']);
      await spoken(narrations, id);
      expect((await narrations.heard(id))[0]?.audioKey).toBe('narration/first.mp3');
    });

    it('remember since when a provider has been asked, until its answer is stored', async () => {
      const id = await aNarration(narrations);
      const [first] = await segmentsOf(id);
      if (!first) throw new Error('no segment');
      await narrations.asked(first);
      const [since] = (await segmentsOf(id)).map(({ askedAt }) => askedAt);
      expect(since).toBeInstanceOf(Date);
      await narrations.asked(first);
      expect((await segmentsOf(id))[0]?.askedAt).toEqual(since);
      await spoken(narrations, id);
      await joined(narrations, id);
      const runId = await again(id, { segmentId: first.id, text: 'Twice.', emotion: null, voice: null });
      expect((await narrations.work(id, runId))?.missing[0]?.askedAt).toBeNull();
    });

    it('are heard in the order of the text once every segment was spoken, and not before', async () => {
      const id = await aNarration(narrations);
      await spoken(narrations, id, id, 1);
      await expect(narrations.heard(id)).rejects.toThrow('cannot be heard yet');
      await spoken(narrations, id);
      expect(
        (await narrations.heard(id)).map(({ text, characterName, bytes, durationSeconds }) => [
          text,
          characterName,
          bytes,
          durationSeconds,
        ]),
      ).toEqual([
        ['Once there was a fox.\n', null, 101, 1.5],
        ['“Run!”', 'Ada', 101, 1.5],
        [' It ran.', null, 101, 1.5],
      ]);
    });

    it('count for the whole what all segments have used up, and for a segment made anew its own', async () => {
      const id = await aNarration(narrations);
      const [, segment] = await segmentsOf(id);
      await spoken(narrations, id);
      await joined(narrations, id);
      const runId = await again(id, { segmentId: segment?.id ?? '', text: null, emotion: 'joy', voice: null });
      await spoken(narrations, id, runId);
      await joined(narrations, id, runId);
      const told = (await kept.events(id)).flatMap((event) =>
        event.type === 'NarrationGenerated' || event.type === 'NarrationRegenerated'
          ? [[event.data.characters, Number(event.data.cost?.amount)]]
          : [],
      );
      expect(told).toEqual([
        [30, 0.003],
        [10, 0.001],
      ]);
    });

    it('speak a segment anew with what is wanted, and keep the rest of it', async () => {
      const id = await aNarration(narrations);
      const [, segment] = await segmentsOf(id);
      await spoken(narrations, id);
      await joined(narrations, id);
      const voice = aVoice('awb');
      const runId = await again(id, { segmentId: segment?.id ?? '', text: null, emotion: 'joy', voice });
      const work = await narrations.work(id, runId);
      expect(work?.missing).toEqual([expect.objectContaining({ id: segment?.id, take: 2, text: '“Run!”', emotion: 'joy', voice })]);
      await spoken(narrations, id, runId);
      await joined(narrations, id, runId);
      expect((await narrations.heard(id)).map(({ bytes }) => bytes)).toEqual([101, 102, 101]);
      const third = await again(id, { segmentId: segment?.id ?? '', text: 'Walk!', emotion: null, voice: null });
      expect((await narrations.work(id, third))?.missing).toEqual([
        expect.objectContaining({ take: 3, text: 'Walk!', emotion: 'joy', voice }),
      ]);
    });

    it('forget a take that was wanted when that is cancelled, and do not take it afterwards', async () => {
      const id = await completed(narrations);
      const work = await narrations.heard(id);
      const segmentId =
        (await kept.events(id)).flatMap((event) => (event.type === 'SegmentNarrated' ? [event.data.segmentId] : []))[0] ?? '';
      await again(id, { segmentId, text: 'Twice.', emotion: null, voice: null });
      await narrations.update(id, cancel);
      const finished = { segmentId, index: 0, take: 2, duration: 9 };
      const late = { ...finished, audioKey: 'narration/late.mp3', bytes: 9, characters: 1, cost: null };
      await narrations.finish(id, late, (narration) => finishSegment(narration, finished));
      expect(await narrations.heard(id)).toEqual(work);
      expect(await narrations.find(id)).toMatchObject({ status: 'completed', failure: { code: 'CANCELLED' } });
      // The same number again, for another wish.
      const runId = await again(id, { segmentId, text: 'Thrice.', emotion: null, voice: null });
      expect((await narrations.work(id, runId))?.missing).toEqual([expect.objectContaining({ take: 2, text: 'Thrice.' })]);
    });

    it('refuse an unknown narration, and a segment of another one', async () => {
      const [id, other] = [await completed(narrations), await aNarration(narrations)];
      await expect(narrations.update(randomUUID() as NarrationId, () => [])).rejects.toMatchObject({ code: 'NARRATION_NOT_FOUND' });
      const [segment] = await segmentsOf(other);
      await expect(again(id, { segmentId: segment?.id ?? '', text: 'Mine.', emotion: null, voice: null })).rejects.toMatchObject({
        code: 'NARRATION_SEGMENT_NOT_FOUND',
      });
    });

    it('change nothing when a decision is a refusal', async () => {
      const id = await aNarration(narrations);
      await expect(narrations.update(id, (narration) => resume(narration, randomUUID()))).rejects.toMatchObject({
        code: 'NARRATION_UNDER_WAY',
      });
      expect(await types(id)).toEqual(['NarrationRequested']);
    });

    it('forget a deleted narration but for who deleted it', async () => {
      const id = await completed(narrations);
      await narrations.update(id, remove);
      expect(await narrations.find(id)).toBeUndefined();
      await expect(narrations.update(id, () => [])).rejects.toMatchObject({ code: 'NARRATION_NOT_FOUND' });
      expect(await narrations.wasDeletedBy(id, writer)).toBe(true);
      expect(await narrations.wasDeletedBy(id, reader)).toBe(false);
      expect((await types(id)).at(-1)).toBe('NarrationDeleted');
    });

    it('are found by their story', async () => {
      const script = aScript();
      const ids = [await aNarration(narrations, { script }), await completed(narrations, { script })];
      await narrations.update(await aNarration(narrations, { script }), remove);
      expect([...(await narrations.ofStory(script.storyId))].sort()).toEqual([...ids].sort());
    });

    it('end the job in the transaction of the whole', async () => {
      const id = await aNarration(narrations);
      await spoken(narrations, id);
      const lost = () => Promise.reject(new Error('another worker has it'));
      await expect(narrations.complete(id, id, () => [], { complete: lost })).rejects.toThrow('another worker');
      expect((await narrations.find(id))?.status).toBe('processing');
    });
  });
}
