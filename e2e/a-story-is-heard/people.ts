import { randomUUID } from 'node:crypto';
import { type RunningPlatform, until } from '../running-platform.js';

// What somebody does before and while a story is narrated.

export interface Person {
  readonly token: string;
  readonly email: string;
}
export interface Media {
  readonly url: string;
  readonly sizeBytes: number;
  readonly durationSeconds: number | null;
}
export interface Segment {
  readonly id: string;
  readonly index: number;
  readonly text: string;
  readonly emotion: string;
  readonly take: number;
  readonly character: { readonly id: string } | null;
  readonly media: Media;
  readonly takes: { readonly take: number; readonly emotion: string; readonly media: Media }[];
}
export interface Narration {
  readonly status: string;
  readonly isStale: boolean;
  readonly totalSegments: number;
  readonly doneSegments: number;
  readonly durationSeconds: number | null;
  readonly failure: { readonly code: string } | null;
  readonly audio: Media | null;
  readonly captions: Media | null;
  readonly chapters: { readonly title: string; readonly startSeconds: number }[];
  readonly segments: { readonly nodes: Segment[] };
}
export interface Update {
  readonly narrationUpdated: {
    readonly cursor: string;
    readonly eventType: string;
    readonly progress: { readonly stage: string; readonly done: number; readonly total: number } | null;
    readonly segment: { readonly index: number; readonly take: number; readonly media: Media } | null;
  };
}

const media = '{ url sizeBytes durationSeconds }';
const register = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }';
const createStory = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id } }';
const analyzeStory = 'mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { id } }';
const readStory = 'query ($id: ID!) { story(id: $id) { status characters { id name } } }';
const readNarration = `query ($id: ID!) { narration(id: $id) {
  status isStale totalSegments doneSegments durationSeconds failure { code } audio ${media} captions ${media} chapters { title startSeconds }
  segments(first: 100) { nodes { id index text emotion take character { id } media ${media} takes { take emotion media ${media} } } }
} }`;

export const generateNarration = 'mutation ($input: GenerateNarrationInput!) { generateNarration(input: $input) { id status cursor } }';
export const regenerateSegment = 'mutation ($input: RegenerateSegmentInput!) { regenerateSegment(input: $input) { id } }';
export const narrationUpdated = `subscription ($id: ID!, $after: String) { narrationUpdated(id: $id, after: $after) {
  cursor eventType progress { stage done total } segment { index take media ${media} }
} }`;

export async function somebodyOn(platform: RunningPlatform): Promise<Person> {
  const email = `${randomUUID()}@example.org`;
  const input = { email, password: 'a fox in the cellar', displayName: 'Ada' };
  const { register: session } = await platform.ask<{ register: { accessToken: string } }>(register, { input });
  return { token: session.accessToken, email };
}

export async function analyzedStory(platform: RunningPlatform, { token }: Person, content: string) {
  const input = { title: 'A story', content, language: 'en' };
  const { createStory: story } = await platform.ask<{ createStory: { id: string } }>(createStory, { input }, token);
  await platform.ask(analyzeStory, { input: { id: story.id } }, token);
  type Read = { story: { status: string; characters: { id: string; name: string }[] } };
  let read: Read | undefined;
  await until(async () => {
    read = await platform.ask<Read>(readStory, { id: story.id }, token);
    return read.story.status === 'ANALYZED';
  });
  return { id: story.id, characters: new Map((read?.story.characters ?? []).map(({ id, name }) => [name, id])) };
}

/** By their names. */
export async function readyMadeVoices(platform: RunningPlatform): Promise<(name: string) => string> {
  type Voices = { readyMadeVoices: { id: string; name: string }[] };
  const { readyMadeVoices: voices } = await platform.ask<Voices>('{ readyMadeVoices(provider: "local", language: "en") { id name } }');
  const ids = new Map(voices.map(({ name, id }) => [name, id]));
  return (name) => {
    const id = ids.get(name);
    if (!id) throw new Error(`There is no voice ${name}.`);
    return id;
  };
}

/** null: there is none for them. */
export async function narrationAsSeenBy(platform: RunningPlatform, person: Person | undefined, id: string): Promise<Narration | null> {
  return (await platform.ask<{ narration: Narration | null }>(readNarration, { id }, person?.token)).narration;
}

export async function completed(platform: RunningPlatform, person: Person, id: string): Promise<Narration> {
  let narration: Narration | null = null;
  await until(async () => {
    narration = await narrationAsSeenBy(platform, person, id);
    return narration?.status === 'COMPLETED' || narration?.failure != null;
  }, 60_000);
  if (!narration) throw new Error('There is no narration.');
  return narration;
}
