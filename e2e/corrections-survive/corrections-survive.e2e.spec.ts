import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningPlatform, until } from '../running-platform.js';

// What a writer corrects by hand is seen live, and outlives the analysis of an edited text by the provider that runs without a key.

const content = `Anna opened the door. "Who is there?" asked Anna.

"Only me," said Tom. Tom was wet to the bones.

"Come in," said Anna. Anna was glad. Tom sat down by the fire.`;

interface Character {
  readonly id: string;
  readonly name: string;
  readonly aliases: string[];
  readonly origin: string;
}
interface Segment {
  readonly id: string;
  readonly text: string;
  readonly emotion: string;
  readonly origin: string;
  readonly speaker: { readonly id: string } | null;
}
interface Story {
  readonly status: string;
  readonly version: number;
  readonly cursor: string;
  readonly failure: { readonly code: string } | null;
  readonly characters: Character[];
  readonly segments: { readonly nodes: Segment[] };
}
const read = `query ($id: ID!) { story(id: $id) { status version cursor failure { code } characters { id name aliases origin }
  segments(first: 100) { nodes { id text emotion origin speaker { id } } } } }`;
const storyUpdated = 'subscription ($id: ID!, $after: String) { storyUpdated(id: $id, after: $after) { cursor eventType } }';

describe('corrections survive', () => {
  let platform: RunningPlatform;
  let token: string;
  let id: string;

  beforeAll(async () => {
    platform = await RunningPlatform.start();
    const input = { email: `ada-${randomUUID()}@example.org`, password: 'a fox in the cellar', displayName: 'Ada' };
    const { register } = await platform.ask<{ register: { accessToken: string } }>(
      'mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }',
      { input },
    );
    token = register.accessToken;
    const { createStory } = await platform.ask<{ createStory: { id: string } }>(
      'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id } }',
      { input: { title: 'A wet evening', content } },
      token,
    );
    id = createStory.id;
    await analyzed();
  });
  afterAll(() => platform.stop());

  const story = async () => (await platform.ask<{ story: Story }>(read, { id }, token)).story;
  const change = (field: string, type: string, selection: string, input: object) =>
    platform.ask(`mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} } }`, { input: { storyId: id, ...input } }, token);

  async function analyzed(): Promise<void> {
    await platform.ask('mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { id } }', { input: { id } }, token);
    await until(async () => (await story()).status !== 'ANALYZING', 60_000);
    expect(await story()).toMatchObject({ status: 'ANALYZED', failure: null });
  }

  it('the analysis of an edited text, and are seen live', async () => {
    const before = await story();
    const [anna, tom] = ['Anna', 'Tom'].map((name) => before.characters.find((one) => one.name === name)) as [Character, Character];
    const doubted = before.segments.nodes.find(({ text }) => text.includes('Come in')) as Segment;
    const live = platform.follow<{ storyUpdated: { cursor: string; eventType: string } }>(
      storyUpdated,
      { id, token },
      ({ storyUpdated: { cursor } }) => cursor,
      before.cursor,
    );

    await change('saveCharacter', 'SaveCharacterInput', 'id', { id: anna.id, name: 'Annabel', description: 'The keeper of the house.' });
    await change('saveCharacter', 'SaveCharacterInput', 'id', { name: 'The house', role: 'minor' });
    await change('removeCharacter', 'RemoveCharacterInput', 'id', { id: tom.id });
    await change('updateSegment', 'UpdateSegmentInput', 'id', { segmentId: doubted.id, speakerId: anna.id, emotion: 'pride' });
    const expected = [...Array<string[]>(3).fill(['CharacterCorrected', 'CharactersExtracted']).flat(), 'SegmentCorrected'];
    await until(() => live.updates.length >= expected.length);
    await live.close();
    expect(live.updates.map(({ storyUpdated: { eventType } }) => eventType)).toEqual(expected);

    await platform.ask(
      'mutation ($input: EditStoryInput!) { editStory(input: $input) { version } }',
      { input: { id, expectedVersion: before.version, content: `It rained.\n\n${content}` } },
      token,
    );
    await analyzed();
    const after = await story();
    expect(after.version).toBe(before.version + 1);
    const kept = after.characters.filter(({ origin }) => origin === 'WRITER');
    expect(kept).toMatchObject([{ id: anna.id, name: 'Annabel', aliases: expect.arrayContaining(['Anna']) }, { name: 'The house' }]);
    expect(after.characters.some(({ id: one, name }) => one === tom.id || name === 'Tom')).toBe(false);
    expect(after.segments.nodes.find((segment) => segment.id === doubted.id)).toEqual({
      id: doubted.id,
      text: doubted.text,
      emotion: 'pride',
      origin: 'WRITER',
      speaker: { id: anna.id },
    });
    expect(after.segments.nodes.map(({ text }) => text).join('')).toBe(`It rained.\n\n${content}`);
  });
});
