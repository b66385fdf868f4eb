import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { estimateDurationSeconds } from '@storytelling/story/domain/analysis-service';
import { RunningPlatform, until } from '../running-platform.js';
import {
  analyzedStory,
  completed,
  generateNarration,
  type Narration,
  narrationAsSeenBy,
  narrationUpdated,
  type Person,
  readyMadeVoices,
  regenerateSegment,
  somebodyOn,
  type Update,
} from './people.js';
import { bytesFrom, type Cue, cuesIn, envelopeOf, type Heard, heard, peakOf, pitchOf, placeOf, speechIn } from './sound.js';

// A killed worker's job is taken over after up to 15 s, and the machine that runs the tests may be slow.
jest.setTimeout(120_000);

// The story of the first evening, its beginning, is read aloud in four voices; the whole platform is killed in the middle and started again. What can be
// heard then is decoded and measured.

const file = join(import.meta.dirname, '../../subgraphs/story/tests/analysis/texts/long.txt');
const whole = readFileSync(file, 'utf8').normalize('NFC');
const content = whole.slice(0, whole.indexOf('It was a net-mender'));

let platform: RunningPlatform;
let ada: Person;
let reader: Person;
let voice: (name: string) => string;
let story: Awaited<ReturnType<typeof analyzedStory>>;
let id: string;
let narration: Narration;

beforeAll(async () => {
  platform = await RunningPlatform.start();
  [ada, reader] = [await somebodyOn(platform), await somebodyOn(platform)];
  story = await analyzedStory(platform, ada, content);
  voice = await readyMadeVoices(platform);
});
afterAll(() => platform.stop());

/** Every finished segment, by its file's name; written again, a file is another one. */
function segmentFiles(): Map<string, string> {
  const folder = join(platform.data, 'objects/narration/narrations', id, 'segments');
  return new Map(
    readdirSync(folder).map((name) => {
      const { ino, mtimeMs } = statSync(join(folder, name));
      return [name, `${ino} ${mtimeMs}`];
    }),
  );
}

const speakers = { 'Odessa Finch': 'Agnes', Tam: 'Pip', 'Bram Keller': 'Alan' };
const characterOf = (name: string) => {
  const character = story.characters.get(name);
  if (!character) throw new Error(`${name} was not found, but ${[...story.characters.keys()].join(', ')} were.`);
  return character;
};

describe('a story', () => {
  it('is read live, through a kill -9 of everything: each segment is announced once, and none is spoken twice', async () => {
    const cast = Object.entries(speakers).map(([name, of]) => ({ characterId: characterOf(name), voiceId: voice(of) }));
    const input = { storyId: story.id, voiceId: voice('Clara'), cast, idempotencyKey: randomUUID() };
    const ask = () => platform.ask<{ generateNarration: { id: string; cursor: string } }>(generateNarration, { input }, ada.token);
    const [{ generateNarration: asked }, { generateNarration: again }] = [await ask(), await ask()];
    expect(again.id).toBe(asked.id);
    ({ id } = asked);

    const live = platform.follow<Update>(
      narrationUpdated,
      { id, token: ada.token },
      ({ narrationUpdated: { cursor } }) => cursor,
      asked.cursor,
    );
    const seen = () => live.updates.map(({ narrationUpdated: update }) => update);
    const spoken = () => seen().flatMap(({ segment }) => (segment === null ? [] : [segment]));
    await until(() => spoken().length >= 5);
    await platform.kill();
    const [announced, files] = [spoken().map(({ index }) => index), segmentFiles()];
    expect(seen().map(({ eventType }) => eventType)).not.toContain('NarrationGenerated');
    await platform.start();
    // What could be heard while the rest was being made can be heard now.
    const [first] = spoken();
    expect((await heard(await bytesFrom(first?.media.url ?? ''))).seconds).toBeCloseTo(first?.media.durationSeconds ?? 0, 0);
    await until(() => seen().at(-1)?.eventType === 'NarrationGenerated', 60_000);
    await live.close();

    expect(live.problems).toEqual([]);
    narration = (await narrationAsSeenBy(platform, ada, id)) as Narration;
    const total = narration.totalSegments;
    expect(
      spoken()
        .map(({ index }) => index)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: total }, (_, index) => index));
    expect(spoken().map(({ take }) => take)).toEqual(Array.from({ length: total }, () => 1));
    const done = seen().flatMap(({ segment, progress }) => (segment === null ? [] : [progress?.done]));
    expect(done).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    const cursors = seen().map(({ cursor }) => cursor);
    expect(new Set(cursors).size).toBe(cursors.length);
    // What was finished before is as it was, byte for byte and file for file; at most those in flight were spoken again, and nobody had heard them.
    const after = segmentFiles();
    expect(after.size).toBe(total);
    const finished = announced.map((index) => `${narration.segments.nodes[index]?.id}-1.mp3.object`);
    expect(finished.length).toBeLessThan(total);
    expect(finished.map((name) => after.get(name))).toEqual(finished.map((name) => files.get(name) ?? 'not there'));
    expect([narration.status, narration.doneSegments]).toEqual(['COMPLETED', total]);
  });
});

// Whoever measures for seconds does not notice that idle connections were closed, and would send the next request into one of them.
afterEach(() => setImmediate());

describe('what is heard of it', () => {
  let all: Heard;
  let cues: Cue[];
  let parts: Heard[];
  beforeAll(async () => {
    all = await heard(await bytesFrom(narration.audio?.url ?? ''));
    cues = cuesIn((await bytesFrom(narration.captions?.url ?? '')).toString('utf8'));
    parts = await Promise.all(narration.segments.nodes.map(async ({ media: { url } }) => heard(await bytesFrom(url))));
  });

  it('lasts as long as people read, is nowhere too loud, and has no segment in which nothing is heard', () => {
    expect(all.seconds).toBeCloseTo(narration.durationSeconds ?? 0, 0);
    const expected = estimateDurationSeconds(content, 'en');
    expect(all.seconds / expected).toBeGreaterThan(0.75);
    expect(all.seconds / expected).toBeLessThan(1.25);
    expect(peakOf(all)).toBeLessThan(0.98);
    for (const [index, part] of parts.entries()) {
      const speech = speechIn(envelopeOf(part));
      expect([index, (speech?.until ?? 0) - (speech?.from ?? 0) > 0.2]).toEqual([index, true]);
      expect(part.seconds).toBeCloseTo(narration.segments.nodes[index]?.media.durationSeconds ?? 0, 0);
    }
  });

  it('has its segments in the order of the text, each where its caption is shown, to 0.3 s', () => {
    const { nodes } = narration.segments;
    const words = (text: string) => text.replace(/\s+/g, ' ').trim();
    expect(cues.map(({ text }) => text)).toEqual(nodes.map(({ text }) => words(text)));
    expect(words(nodes.map(({ text }) => text).join(' '))).toBe(words(content));
    const envelope = envelopeOf(all);
    const misplaced = parts.flatMap((part, index) => {
      const own = envelopeOf(part);
      const { from, until: end } = cues[index] as Cue;
      const speech = speechIn(own) ?? { from: Number.NaN, until: Number.NaN };
      const { at, likeness } = placeOf(own, envelope, from, 3);
      const right = likeness > 0.95 && Math.abs(at + speech.from - from) < 0.3 && Math.abs(at + speech.until - end) < 0.3;
      return right ? [] : [{ index, from, end, at, likeness, speech }];
    });
    expect(misplaced).toEqual([]);
  });

  it('has its chapters where their headings are heard', () => {
    const heading = cues.find(({ text }) => text === 'CHAPTER ONE');
    expect(narration.chapters.map(({ title }) => title)).toContain('CHAPTER ONE');
    const start = narration.chapters.find(({ title }) => title === 'CHAPTER ONE')?.startSeconds ?? 0;
    expect(Math.abs(start - (heading?.from ?? Number.NaN))).toBeLessThan(0.3);
  });

  it('is spoken by each character in a voice of their own', () => {
    const spokenBy = (name: string | null) =>
      parts.filter((_, index) => {
        const character = narration.segments.nodes[index]?.character?.id ?? null;
        return character === (name === null ? null : characterOf(name));
      });
    const pitches = Object.fromEntries([null, ...Object.keys(speakers)].map((name) => [name ?? 'narrator', pitchOf(...spokenBy(name))]));
    const sorted = Object.values(pitches).sort((a, b) => a - b);
    for (const [index, pitch] of sorted.entries())
      expect([pitches, index === 0 || pitch / (sorted[index - 1] as number) > 1.06]).toEqual([pitches, true]);
    expect(pitches.Tam).toBe(sorted.at(-1));
  });
});

describe('one line of it', () => {
  it('is said otherwise, with the feeling that it is given, and all others stay as they are', async () => {
    const { nodes } = narration.segments;
    const line = nodes
      .filter(({ character }) => character === null)
      .reduce((one, other) => (other.text.length > one.text.length ? other : one));
    const before = segmentFiles();
    const regenerate = async (emotion: string) => {
      const input = { narrationId: id, segmentId: line.id, emotion, idempotencyKey: randomUUID() };
      await platform.ask(regenerateSegment, { input }, ada.token);
      return completed(platform, ada, id);
    };
    const joyful = await regenerate('joy');
    const sad = await regenerate('sadness');

    const after = segmentFiles();
    expect([...after.keys()].filter((name) => !before.has(name)).sort()).toEqual([2, 3].map((take) => `${line.id}-${take}.mp3.object`));
    for (const [name, file] of before) expect([name, after.get(name)]).toEqual([name, file]);

    const takes = sad.segments.nodes[line.index]?.takes ?? [];
    expect(takes.map(({ take, emotion }) => [take, emotion])).toEqual([
      [1, line.emotion],
      [2, 'joy'],
      [3, 'sadness'],
    ]);
    const [, joy = 0, sadness = 0] = await Promise.all(takes.map(async ({ media: { url } }) => pitchOf(await heard(await bytesFrom(url)))));
    expect({ joy, sadness, higher: joy / sadness > 1.1 }).toEqual({ joy, sadness, higher: true });

    // The whole is joined of what is heard now, and the one from before is another file.
    expect(new Set([narration, joyful, sad].map(({ audio }) => new URL(audio?.url ?? '').pathname)).size).toBe(3);
    const [all, cues] = [await heard(await bytesFrom(sad.audio?.url ?? '')), cuesIn(String(await bytesFrom(sad.captions?.url ?? '')))];
    const own = envelopeOf(await heard(await bytesFrom(sad.segments.nodes[line.index]?.media.url ?? '')));
    const { at, likeness } = placeOf(own, envelopeOf(all), cues[line.index]?.from ?? Number.NaN, 3);
    expect(likeness).toBeGreaterThan(0.95);
    expect(Math.abs(at - (cues[line.index]?.from ?? Number.NaN))).toBeLessThan(0.3);
  });
});

describe('who hears it', () => {
  const readStory = 'query ($id: ID!) { story(id: $id) { version narrations { nodes { id status } } } }';
  const narrationsSeenBy = async (person: Person | undefined) => {
    type Read = { story: { version: number; narrations: { nodes: { id: string }[] } } | null };
    return (await platform.ask<Read>(readStory, { id: story.id }, person?.token)).story?.narrations.nodes.map((one) => one.id) ?? [];
  };
  const hears = async (person: Person | undefined) => (await narrationAsSeenBy(platform, person, id)) !== null;

  it('is its author alone, until it is published, and again when that is taken back', async () => {
    await platform.verifyEmail(ada.email);
    expect([await hears(ada), await hears(reader), await hears(undefined), await narrationsSeenBy(reader)]).toEqual([
      true,
      false,
      false,
      [],
    ]);

    const publish = 'mutation ($input: PublishStoryInput!) { publishStory(input: $input) { id } }';
    await platform.ask(publish, { input: { id: story.id, expectedVersion: 1 } }, ada.token);
    await until(() => hears(reader));
    const published = await narrationAsSeenBy(platform, reader, id);
    expect((await heard(await bytesFrom(published?.audio?.url ?? ''))).seconds).toBeGreaterThan(60);
    expect(published?.segments.nodes.flatMap(({ takes }) => takes)).toEqual([]);
    expect([await hears(undefined), await narrationsSeenBy(reader)]).toEqual([true, [id]]);

    const unpublish = 'mutation ($input: UnpublishStoryInput!) { unpublishStory(input: $input) { id } }';
    await platform.ask(unpublish, { input: { id: story.id } }, ada.token);
    await until(async () => !(await hears(reader)));
    expect([await hears(ada), await hears(undefined), await narrationsSeenBy(reader)]).toEqual([true, false, []]);
  });

  it('is not who would have somebody else’s draft read, or a line of it said otherwise', async () => {
    const codeOf = async (query: string, input: object) =>
      (await platform.post(query, { input }, reader.token)).errors?.[0]?.extensions.code;
    expect(await codeOf(generateNarration, { storyId: story.id, voiceId: voice('Clara') })).toBe('NARRATED_STORY_NOT_FOUND');
    const [line] = narration.segments.nodes;
    expect(await codeOf(regenerateSegment, { narrationId: id, segmentId: line?.id, emotion: 'joy' })).toBe('NARRATION_NOT_FOUND');
  });
});
