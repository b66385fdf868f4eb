import type { FindingsQuery, ReadyMadeVoicesQuery } from '../generated/graphql/graphql.js';

type Story = NonNullable<FindingsQuery['story']>;
type Segment = NonNullable<Story['segments']>['nodes'][number];
type Voice = NonNullable<ReadyMadeVoicesQuery['readyMadeVoices']>[number];

export interface Cast {
  readonly narrator: Voice;
  readonly members: readonly { readonly character: Pick<Story['characters'][number], 'id' | 'name'>; readonly voice: Voice }[];
}

/** The first voice reads; each of the others speaks one character, whoever says most first. null: there is no voice. */
export function castOf(
  characters: Story['characters'],
  segments: readonly Pick<Segment, 'speaker'>[],
  voices: readonly Voice[],
): Cast | null {
  const [narrator, ...others] = voices;
  if (!narrator) return null;
  const lines = new Map<string, number>();
  for (const { speaker } of segments) if (speaker) lines.set(speaker.id, (lines.get(speaker.id) ?? 0) + 1);
  const speaking = characters.filter(({ id }) => lines.has(id)).sort((one, other) => (lines.get(other.id) ?? 0) - (lines.get(one.id) ?? 0));
  return { narrator, members: others.flatMap((voice, at) => (speaking[at] ? [{ character: speaking[at], voice }] : [])) };
}
