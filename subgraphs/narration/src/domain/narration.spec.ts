import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { NarrationEvent } from '@storytelling/shared/domain-events/narration';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import {
  cancel,
  complete,
  endWithStory,
  evolve,
  fail,
  finishSegment,
  isCalledOff,
  type Narration,
  type NarrationId,
  progress,
  regenerate,
  remove,
  request,
  resume,
  type Whole,
} from './narration.js';

const id = randomUUID() as NarrationId;
const [segmentId, runId] = [randomUUID(), randomUUID()];
const file = { key: 'narration/narrations/x/whole.mp3', sha256: 'a'.repeat(64), bytes: 10 };
const whole: Whole = { audio: file, captions: file, duration: 12.5 };
const free = { characters: 40, cost: null };
const broken = { code: 'SPEECH_FAILED', message: 'It failed.', retryable: true };

const after = (...events: readonly NarrationEvent[]): Narration => {
  let narration: Narration | undefined;
  for (const event of events) narration = evolve(narration, event);
  return narration as Narration;
};
const requested = request({
  narrationId: id,
  storyId: randomUUID(),
  requestedBy: 'user-000001' as UserId,
  version: 3,
  provider: 'local',
  segments: 2,
  audioFormat: 'mp3',
});
const spoken = (index: number, take = 1) => ({ segmentId: index === 0 ? segmentId : randomUUID(), index, take, duration: 6 });
const given = (...verbs: readonly ((narration: Narration) => readonly NarrationEvent[])[]): Narration => {
  const events = [...requested];
  for (const verb of verbs) events.push(...verb(after(...events)));
  return after(...events);
};
const speak = (index: number) => (narration: Narration) => finishSegment(narration, spoken(index));
const finish = (narration: Narration) => complete(narration, id, whole, free);
const completed = () => given(speak(0), speak(1), finish);
const typesOf = (events: readonly NarrationEvent[]) => events.map(({ type }) => type);

describe('a narration', () => {
  it('waits for its first run, which has its id', () => {
    expect(given()).toMatchObject({ status: 'pending', run: { id, segment: null }, totalSegments: 2, doneSegments: 0, whole: null });
  });

  it('is being worked on once its run says so, and counts the segments that can be heard', () => {
    expect(given((narration) => progress(narration, id, { stage: 'speaking', done: 0, total: 2 }))).toMatchObject({ status: 'processing' });
    expect(given(speak(1), speak(0))).toMatchObject({ doneSegments: 2, run: { progress: { stage: 'speaking', done: 2, total: 2 } } });
  });

  it('is complete with its whole, and tells what was used up', () => {
    const [generated] = finish(given(speak(0), speak(1)));
    expect(generated).toMatchObject({ type: 'NarrationGenerated', data: { audio: file, characters: 40, cost: null, duration: 12.5 } });
    expect(completed()).toMatchObject({ status: 'completed', whole });
  });

  it('does not listen to a run that nobody waits for any more', () => {
    const stopped = given(cancel);
    expect(complete(stopped, id, whole, free)).toEqual([]);
    expect(progress(stopped, id, { stage: 'joining', done: 0, total: 1 })).toEqual([]);
    expect(fail(stopped, id, broken)).toEqual([]);
    expect(complete(given(), runId, whole, free)).toEqual([]);
  });

  it('is failed with the code CANCELLED when it is cancelled, and keeps what was finished, also what came a moment later', () => {
    const stopped = given(speak(0), cancel);
    expect(stopped).toMatchObject({ status: 'failed', failure: { code: 'CANCELLED', retryable: true }, doneSegments: 1 });
    expect(isCalledOff(stopped)).toBe(true);
    expect(given(speak(0), cancel, speak(1))).toMatchObject({ status: 'failed', doneSegments: 2 });
  });

  it('has nothing to cancel when no work is under way', () => {
    expect(cancel(completed())).toEqual([]);
    expect(cancel(given(cancel))).toEqual([]);
  });

  it('goes on after a failure with another run, and only then', () => {
    expect(
      given(
        (narration) => fail(narration, id, broken),
        (narration) => resume(narration, runId),
      ),
    ).toMatchObject({
      status: 'pending',
      failure: null,
      run: { id: runId, segment: null },
    });
    expect(() => resume(given(), runId)).toThrow(expect.objectContaining({ code: 'NARRATION_UNDER_WAY' }));
    expect(() => resume(completed(), runId)).toThrow(expect.objectContaining({ code: 'NARRATION_COMPLETE' }));
  });

  it('is heard as before while a segment is made anew, and then with it', () => {
    const anew = { id: segmentId, take: 2 };
    const events = [...requested, ...finishOf(), ...regenerate(completed(), anew, runId)];
    expect(after(...events)).toMatchObject({ status: 'pending', whole, run: { id: runId, segment: anew }, doneSegments: 2 });
    const again = after(...events, ...finishSegment(after(...events), spoken(0, 2)));
    expect(again.doneSegments).toBe(2);
    const newer = { ...whole, duration: 13 };
    const [regenerated] = complete(again, runId, newer, free);
    expect(regenerated).toMatchObject({ type: 'NarrationRegenerated', data: { segmentId, take: 2, duration: 13 } });
    expect(evolve(again, regenerated as NarrationEvent)).toMatchObject({ status: 'completed', whole: newer });
  });

  it('stays complete when a segment cannot be made anew', () => {
    const events = [...requested, ...finishOf(), ...regenerate(completed(), { id: segmentId, take: 2 }, runId)];
    const failed = after(...events, ...fail(after(...events), runId, broken));
    expect(failed).toMatchObject({ status: 'completed', whole, failure: { code: 'SPEECH_FAILED' } });
    expect(after(...events, ...cancel(after(...events)))).toMatchObject({ status: 'completed', failure: { code: 'CANCELLED' } });
  });

  it('has no segment made anew before it is complete, and one at a time', () => {
    const anew = { id: segmentId, take: 2 };
    expect(() => regenerate(given(), anew, runId)).toThrow(expect.objectContaining({ code: 'NARRATION_UNDER_WAY' }));
    expect(() => regenerate(given(cancel), anew, runId)).toThrow(expect.objectContaining({ code: 'NARRATION_INCOMPLETE' }));
  });

  it('ends its work with the archiving of its story, for good', () => {
    expect(given(endWithStory)).toMatchObject({ status: 'failed', failure: { code: 'STORY_ARCHIVED', retryable: false } });
    expect(endWithStory(completed())).toEqual([]);
  });

  it('can be deleted in every state, and nothing follows', () => {
    for (const narration of [given(), given(cancel), completed()]) {
      expect(typesOf(remove(narration))).toEqual(['NarrationDeleted']);
    }
    const gone = given(remove);
    expect(finishSegment(gone, spoken(0))).toEqual([]);
    for (const verb of [remove, cancel, (narration: Narration) => resume(narration, runId)])
      expect(() => verb(gone)).toThrow(expect.objectContaining({ code: 'NARRATION_NOT_FOUND' }));
  });
});

function finishOf(): NarrationEvent[] {
  const events: NarrationEvent[] = [];
  for (const verb of [speak(0), speak(1), finish]) events.push(...verb(after(...requested, ...events)));
  return events;
}
