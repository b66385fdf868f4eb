import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import type { StoryUpdatedSubscription } from '../generated/graphql/graphql.js';
import { ApiError, apiClient } from './client.js';
import { analyzeStory, createStory, findings, register, storyUpdated } from './operations.js';
import { Problem } from './problem.js';
import { runningPlatform } from './running-platform.js';
import { progressBar, report } from './terminal.js';

// `npm run story -- FILE`: the main job from a terminal, and an example of a client for frontend teams.

async function main(path: string | undefined): Promise<void> {
  if (!path) throw new Problem('Which text? npm run story -- FILE, for example npm run story -- my-story.txt');
  // npm runs scripts in the project's folder; INIT_CWD is where the person is.
  const content = await readFile(resolve(process.env.INIT_CWD ?? '.', path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Problem(`${path} cannot be read (${error.code}).`);
  });
  const name = basename(path, extname(path)).replace(/[-_]+/g, ' ');

  const platform = await runningPlatform(process.env.PORT ?? '4000');
  const api = apiClient(platform.url);
  try {
    const email = `writer-${randomUUID().slice(0, 8)}@example.org`;
    const password = randomBytes(12).toString('base64url');
    api.signedIn((await api.request(register, { input: { email, password, displayName: 'A writer at the terminal' } })).register);
    console.log(`Registered ${email} (password ${password}, to sign in with in a browser).`);

    const { createStory: story } = await api.request(createStory, {
      input: { title: name.padEnd(3, '.'), content, idempotencyKey: randomUUID() },
    });
    console.log(`Created “${name}”, ${[...content].length.toLocaleString('en')} characters: story ${story.id}.`);
    await api.request(analyzeStory, { input: { id: story.id, idempotencyKey: randomUUID() } });

    const bar = progressBar(process.stdout);
    const updates = api.follow(
      storyUpdated,
      { id: story.id, after: story.cursor },
      ({ storyUpdated: { cursor } }: StoryUpdatedSubscription) => cursor,
    );
    for await (const { storyUpdated: update } of updates) {
      if (update.progress) bar.update(update.progress.stage, update.progress.done, update.progress.total);
      if (update.eventType === 'AnalysisFailed') throw new Problem(update.story?.failure?.message ?? 'The analysis failed.');
      if (update.eventType === 'StoryAnalyzed') break;
    }
    bar.end();
    await printFindings(api, story.id);
  } finally {
    await api.close();
    await platform.stop();
  }
}

async function printFindings(api: ReturnType<typeof apiClient>, id: string): Promise<void> {
  let { story } = await api.request(findings, { id });
  if (!story?.segments) throw new Problem('The story cannot be read just now; try again.');
  const whole = story;
  const segments = [...story.segments.nodes];
  while (story?.segments?.pageInfo.hasNextPage) {
    ({ story } = await api.request(findings, { id, after: story.segments.pageInfo.endCursor }));
    segments.push(...(story?.segments?.nodes ?? []));
  }
  console.log(report(whole, segments));
}

try {
  await main(process.argv[2]);
} catch (error) {
  console.error(error instanceof Problem || error instanceof ApiError ? error.message : error);
  process.exitCode = 1;
}
