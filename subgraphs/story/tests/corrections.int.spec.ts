import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { StoryScript } from '@storytelling/shared/domain-events/story';
import { reviseScript } from '../src/application/revise-script.js';
import { edit, evolve, type Story, type StoryId } from '../src/domain/story.js';
import { storyContent } from '../src/domain/story-content.js';
import { toStory } from '../src/infrastructure/prisma-stories.js';
import { analyzed, aStory, claimOf, published, reader, writer } from './examples.js';
import { graphOn, user } from './graph-on.js';
import { storyDatabase } from './story-database.js';

const author = user(writer);
const other = user(reader);

interface Character {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
}
interface Shown {
  story: {
    version: number;
    cursor: string;
    characters: Character[];
    segments: { nodes: { id: string; emotion: string; origin: string; speaker: Character | null }[] };
  };
}

const character = 'id name aliases description personality role traits origin';
const saveCharacter = `mutation ($input: SaveCharacterInput!) { saveCharacter(input: $input) { ${character} } }`;
const mergeCharacters = `mutation ($input: MergeCharactersInput!) { mergeCharacters(input: $input) { characters { ${character} } } }`;
const removeCharacter = 'mutation ($input: RemoveCharacterInput!) { removeCharacter(input: $input) { characters { name } } }';
const updateSegment =
  'mutation ($input: UpdateSegmentInput!) { updateSegment(input: $input) { id index text emotion origin speaker { name } } }';
const read = `query ($id: ID!) { story(id: $id) { version cursor characters { id name origin } segments { nodes { id emotion origin speaker { id name origin } } } } }`;

describe('corrections in the graph', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;
  let graph: Awaited<ReturnType<typeof graphOn>>;
  let storyId: StoryId;
  let fox: string;
  let segmentId: string;

  beforeAll(async () => {
    database = await storyDatabase();
    graph = await graphOn(database);
  });
  afterAll(async () => {
    await graph.close();
    await database.close();
  });
  beforeEach(async () => {
    storyId = await analyzed(database.stories, await aStory(database.stories));
    const { story } = await show();
    fox = story.characters[0]?.id ?? '';
    segmentId = story.segments.nodes[0]?.id ?? '';
  });

  const show = (caller = author) => graph.ask<Shown>(read, { id: storyId }, caller);
  const save = async (input: object) =>
    (await graph.ask<{ saveCharacter: Character }>(saveCharacter, { input: { storyId, ...input } }, author)).saveCharacter;

  it('are answered as they are from now on, and move the stream, not the version', async () => {
    const before = await show();
    expect(await save({ id: fox, name: 'Reynard', description: 'Red.', role: 'antagonist' })).toEqual({
      id: fox,
      name: 'Reynard',
      aliases: ['Ember', 'The fox'],
      description: 'Red.',
      personality: null,
      role: 'antagonist',
      traits: ['red'],
      origin: 'WRITER',
    });
    const input = { storyId, segmentId, emotion: 'fear' };
    expect(await graph.ask(updateSegment, { input }, author)).toEqual({
      updateSegment: {
        id: segmentId,
        index: 0,
        text: 'Once there was a fox.',
        emotion: 'fear',
        origin: 'WRITER',
        speaker: { name: 'Reynard' },
      },
    });
    const after = await show();
    expect(after.story.version).toBe(before.story.version);
    const updates = 'query ($id: ID!, $after: String) { story(id: $id) { updates(after: $after) { eventType } } }';
    expect(await graph.ask(updates, { id: storyId, after: before.story.cursor }, author)).toEqual({
      story: { updates: ['CharacterCorrected', 'CharactersExtracted', 'SegmentCorrected'].map((eventType) => ({ eventType })) },
    });
    const record = await database.prisma.storyRecord.findUniqueOrThrow({ where: { id: storyId } });
    expect(toStory(record)).toEqual((await database.events(storyId)).reduce<Story | undefined>(evolve, undefined));
  });

  it('in one request see each other', async () => {
    const moon = await save({ name: 'Moon' });
    const answer = await graph.ask(
      `mutation ($merge: MergeCharactersInput!, $segment: UpdateSegmentInput!, $again: UpdateSegmentInput!, $remove: RemoveCharacterInput!) {
        mergeCharacters(input: $merge) { characters { name aliases } segments { nodes { speaker { name } } } }
        updateSegment(input: $segment) { emotion speaker { name } }
        again: updateSegment(input: $again) { emotion }
        removeCharacter(input: $remove) { characters { name } segments { nodes { emotion speaker { name } } } }
      }`,
      {
        merge: { storyId, intoId: moon.id, fromIds: [fox] },
        segment: { storyId, segmentId, emotion: 'fear' },
        again: { storyId, segmentId, emotion: 'hope' },
        remove: { storyId, id: moon.id },
      },
      author,
    );
    expect(answer).toEqual({
      mergeCharacters: {
        characters: [{ name: 'Moon', aliases: ['The fox', 'Ember'] }],
        segments: { nodes: [{ speaker: { name: 'Moon' } }] },
      },
      updateSegment: { emotion: 'fear', speaker: { name: 'Moon' } },
      again: { emotion: 'hope' },
      removeCharacter: { characters: [], segments: { nodes: [{ emotion: 'hope', speaker: null }] } },
    });
  });

  it('are done once, however often the request is sent', async () => {
    const once = { name: 'Moon', idempotencyKey: randomUUID() };
    const [first, second] = await Promise.all([save(once), save(once)]);
    expect(second).toEqual(first);
    expect((await show()).story.characters.map(({ name }) => name)).toEqual(['The fox', 'Moon']);
  });

  it('that meet are made one after the other: the last one holds, and none is lost', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, index) => save({ name: `Soldier ${index}` })));
    await Promise.all(Array.from({ length: 10 }, (_, index) => save({ id: fox, name: 'The fox', description: `Red ${index}.` })));
    const { story } = await show();
    expect(story.characters).toHaveLength(11);
    const corrected = (await database.events(storyId)).filter(({ type }) => type === 'CharacterCorrected');
    expect(corrected).toHaveLength(20);
    const { description } = (await save({ id: fox, name: 'The fox' })) as Character & { description: string };
    expect(corrected.at(-1)?.data).toMatchObject({ description });
  });

  it('are what readers see in the edition that they read, and not in one that is only written', async () => {
    storyId = await published(database.stories);
    const [character] = (await show(other)).story.characters;
    await save({ id: character?.id, name: 'Reynard' });
    expect((await show(other)).story.characters).toMatchObject([{ name: 'Reynard', origin: 'WRITER' }]);
    const content = storyContent('A fox and a crow.');
    await database.stories.update(storyId, (story) => edit(story, 1, { content }), { content });
    await save({ id: character?.id, name: 'Isengrin' });
    expect((await show(other)).story.characters).toMatchObject([{ name: 'Reynard' }]);
    expect((await show()).story.characters).toMatchObject([{ name: 'Isengrin' }]);
  });

  it('were not known to editions that were published earlier: what stands there is the analysis’ word', async () => {
    storyId = await published(database.stories);
    await database.pool.query(
      `UPDATE story_versions SET published_findings = jsonb_set(jsonb_set(published_findings, '{characters,0}', (published_findings #> '{characters,0}') - 'origin'),
        '{segments,0}', (published_findings #> '{segments,0}') - 'origin') WHERE story_id = $1`,
      [storyId],
    );
    const { story } = await show(other);
    expect(story).toMatchObject({
      characters: [{ origin: 'ANALYSIS' }],
      segments: { nodes: [{ origin: 'ANALYSIS', speaker: { origin: 'ANALYSIS' } }] },
    });
    const reference =
      'query ($id: ID!) { _entities(representations: [{ __typename: "StorySegment", id: $id }]) { ... on StorySegment { origin } } }';
    expect(await graph.ask(reference, { id: story.segments.nodes[0]?.id }, other)).toEqual({ _entities: [{ origin: 'ANALYSIS' }] });
  });

  it('of a segment are of its present text only', async () => {
    const content = storyContent('A fox and a crow.');
    await database.stories.update(storyId, (story) => edit(story, 1, { content }), { content });
    expect(await graph.refusal(updateSegment, { input: { storyId, segmentId, emotion: 'joy' } }, author)).toBe('SEGMENT_NOT_FOUND');
    await analyzed(database.stories, storyId, 2);
    expect(await graph.refusal(updateSegment, { input: { storyId, segmentId, emotion: 'joy' } }, author)).toBe('SEGMENT_NOT_FOUND');
  });

  it('are the author’s', async () => {
    const stranger = async (query: string, input: object) => graph.refusal(query, { input: { storyId, ...input } }, other);
    const everyVerb: [string, object][] = [
      [saveCharacter, { name: 'Moon' }],
      [mergeCharacters, { intoId: fox, fromIds: [fox] }],
      [removeCharacter, { id: fox }],
      [updateSegment, { segmentId, emotion: 'joy' }],
    ];
    for (const [query, input] of everyVerb) expect(await stranger(query, input)).toBe('STORY_NOT_FOUND');
    storyId = await published(database.stories);
    for (const [query, input] of everyVerb) expect(await stranger(query, input)).toBe('STORY_NOT_YOURS');
  });

  it('do not reach into another story', async () => {
    const elsewhere = { storyId: await analyzed(database.stories, await aStory(database.stories)) };
    const refusal = (query: string, input: object) => graph.refusal(query, { input: { ...elsewhere, ...input } }, author);
    expect(await refusal(saveCharacter, { id: fox, name: 'Moon' })).toBe('CHARACTER_NOT_FOUND');
    expect(await refusal(removeCharacter, { id: fox })).toBe('CHARACTER_NOT_FOUND');
    expect(await refusal(updateSegment, { segmentId, emotion: 'joy' })).toBe('SEGMENT_NOT_FOUND');
  });

  it.each<[string, string, string, object]>([
    ['STORY_NOT_FOUND', 'storyId', saveCharacter, { storyId: 'nothing', name: 'Moon' }],
    ['CHARACTER_NOT_FOUND', 'id', saveCharacter, { id: "'; DROP TABLE", name: 'Moon' }],
    ['CHARACTER_NAME_INVALID', 'name', saveCharacter, { name: ' ' }],
    ['CHARACTER_NAME_INVALID', 'aliases', saveCharacter, { name: 'Moon', aliases: ['x'.repeat(201)] }],
    ['CHARACTER_LIST_TOO_LONG', 'traits', saveCharacter, { name: 'Moon', traits: Array(21).fill('x') }],
    ['CHARACTER_ROLE_UNKNOWN', 'role', saveCharacter, { name: 'Moon', role: 'hero' }],
    ['TEXT_UNREADABLE', 'description', saveCharacter, { name: 'Moon', description: 'a\u0000' }],
    ['CHARACTERS_TO_MERGE_INVALID', 'fromIds', mergeCharacters, { intoId: 'fox', fromIds: [] }],
    ['CHARACTER_NOT_FOUND', 'id', removeCharacter, { id: '' }],
    ['SEGMENT_NOT_FOUND', 'segmentId', updateSegment, { segmentId: 'nothing', emotion: 'joy' }],
    ['SEGMENT_EMOTION_UNKNOWN', 'emotion', updateSegment, { segmentId: 'segment', emotion: 'JOY' }],
    ['CHARACTER_NOT_FOUND', 'speakerId', updateSegment, { segmentId: 'segment', speakerId: randomUUID() }],
  ])('that cannot be are refused: %s about %s', async (code, field, query, given) => {
    const known: Record<string, string> = { fox, segment: segmentId };
    const input = Object.fromEntries(Object.entries({ storyId, ...given }).map(([name, value]) => [name, known[String(value)] ?? value]));
    const { refused } = await graph.post(query, { input }, author);
    expect(refused).toMatchObject([{ code, field }]);
  });

  it('make another script of the text, for whoever speaks, records or shows it', async () => {
    await graph.ask(updateSegment, { input: { storyId, segmentId, speakerId: null, emotion: 'fear' } }, author);
    expect(database.enqueued).toContainEqual({ storyId });
    const { stored, revise } = scriptsKept();
    await revise();
    const [script] = stored;
    expect(script).toMatchObject({
      version: 1,
      segments: [{ id: segmentId, emotion: 'fear', speakerId: null }],
      emotions: [{ emotion: 'joy' }],
    });
    const event = (await database.events(storyId)).at(-1);
    expect(event).toMatchObject({ type: 'ScriptRevised', data: { storyId, version: 1, script: claimOf(script as StoryScript) } });
  });

  it('made while the script is being stored are in it: it is made anew', async () => {
    await save({ id: fox, name: 'Reynard' });
    const { stored, revise } = scriptsKept(async () => {
      if (stored.length === 1) await save({ id: fox, name: 'Renard' });
    });
    await revise();
    expect(stored.map(({ characters }) => characters[0]?.name)).toEqual(['Reynard', 'Renard']);
    expect((await database.events(storyId)).filter(({ type }) => type === 'ScriptRevised')).toMatchObject([
      { data: { script: claimOf(stored[1] as StoryScript) } },
    ]);
  });

  it('of a text that is not analyzed any more make no script', async () => {
    const next = storyContent('Another text.');
    await database.stories.update(storyId, (story) => edit(story, 1, { content: next }), { content: next });
    const before = database.enqueued.length;
    await save({ id: fox, name: 'Reynard' });
    expect(database.enqueued.length).toBe(before);
    const { stored, revise } = scriptsKept();
    await revise();
    expect(stored).toEqual([]);
  });

  /** What the job after a correction stores; `storing`: what happens meanwhile. */
  function scriptsKept(storing: () => Promise<void> = async () => undefined) {
    const stored: StoryScript[] = [];
    const scripts = {
      async put(script: StoryScript) {
        stored.push(script);
        await storing();
        return claimOf(script);
      },
      removeOf: async () => undefined,
    };
    const job = reviseScript({ stories: database.stories, scripts });
    return { stored, revise: () => job({ storyId, complete: async () => undefined }) };
  }
});
