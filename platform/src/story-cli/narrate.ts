import { randomUUID } from 'node:crypto';
import type { FindingsQuery, NarrationUpdatedSubscription } from '../generated/graphql/graphql.js';
import { writeBeside } from './beside.js';
import { type Cast, castOf } from './cast.js';
import type { apiClient } from './client.js';
import { generateNarration, narrated, narrationUpdated, readyMadeVoices } from './operations.js';
import { Problem } from './problem.js';
import { progressBar } from './terminal.js';

type Story = NonNullable<FindingsQuery['story']>;
type Segments = NonNullable<Story['segments']>['nodes'];
type Api = ReturnType<typeof apiClient>;

/** Its voices are on this machine, cost nothing and ask for no verified address. */
const provider = 'local';

/** Has a story read aloud, and writes the audio and its captions beside the text. */
export async function narrate(api: Api, { id, text, story, segments }: { id: string; text: string; story: Story; segments: Segments }) {
  const { language, characters } = story;
  const { readyMadeVoices: voices } = await api.request(readyMadeVoices, { provider, language });
  const cast = castOf(characters, segments, voices ?? []);
  if (!cast) {
    console.log(`\nNo voice on this machine speaks ${nameOf(language)}, so the story is not read aloud.`);
    return;
  }
  console.log(`\n${introduction(cast)}`);
  const { generateNarration: narration } = await api.request(generateNarration, {
    input: {
      storyId: id,
      voiceId: cast.narrator.id,
      cast: cast.members.map(({ character, voice }) => ({ characterId: character.id, voiceId: voice.id })),
      idempotencyKey: randomUUID(),
    },
  });
  await followToTheEnd(api, narration);
  await save(api, narration.id, text);
}

async function followToTheEnd(api: Api, { id, cursor }: { id: string; cursor: string }): Promise<void> {
  const bar = progressBar(process.stdout);
  const updates = api.follow(
    narrationUpdated,
    { id, after: cursor },
    ({ narrationUpdated: update }: NarrationUpdatedSubscription) => update.cursor,
  );
  try {
    for await (const { narrationUpdated: update } of updates) {
      if (update.progress) bar.update(update.progress.stage, update.progress.done, update.progress.total);
      if (update.eventType === 'NarrationFailed') throw new Problem(update.narration?.failure?.message ?? 'The narration failed.');
      if (update.eventType === 'NarrationGenerated') return;
    }
  } finally {
    bar.end();
  }
}

async function save(api: Api, id: string, text: string): Promise<void> {
  const { narration } = await api.request(narrated, { id });
  if (!narration?.audio || !narration.captions) throw new Problem('The narration cannot be read just now; try again.');
  const { audio, captions, durationSeconds } = narration;
  const [mp3 = '', vtt = ''] = await writeBeside(text, [
    { ending: 'mp3', content: () => downloaded(audio.url) },
    { ending: 'vtt', content: () => downloaded(captions.url) },
  ]).catch((error: NodeJS.ErrnoException) => {
    if (!error.syscall) throw error;
    throw new Problem(`Nothing can be written beside ${text} (${error.code}); copy the text into a folder of yours.`);
  });
  console.log(`Hear it: ${mp3} (${clock(durationSeconds ?? 0)}), with captions: ${vtt}`);
}

async function downloaded(url: string): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) });
  if (!response.ok || !response.body) throw new Problem(`The audio was answered with ${response.status}; try again.`);
  return response.body;
}

function introduction({ narrator, members }: Cast): string {
  const others = members.map(({ character, voice }) => `${voice.name} is ${character.name}`);
  return `${narrator.name} reads${others.length > 0 ? `; ${others.join(', ')}` : ''}.`;
}

/** “French”, or the tag where it has no name. */
const nameOf = (language: string) => new Intl.DisplayNames('en', { type: 'language' }).of(language) ?? language;

/** 3:05 */
const clock = (seconds: number) => `${Math.floor(Math.round(seconds) / 60)}:${String(Math.round(seconds) % 60).padStart(2, '0')}`;
