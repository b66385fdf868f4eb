import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { unzipped } from '@storytelling/shared/infrastructure/zip-files';
import { RunningPlatform, until } from '../running-platform.js';
import { isHeard } from './people.js';

jest.setTimeout(120_000);

// A writer wants to see what the platform holds of her, and then wants it to be gone. What she wrote is in the archive, what others wrote is not;
// after her erasure neither the archive nor a part of it is left, and the link that she had shows nothing.

const register = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken user { id } } }';
const createStory = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id } }';
const exportMyData = 'mutation { exportMyData { id status } }';
const dataExport = 'query ($id: ID!) { dataExport(id: $id) { status media { url contentType sizeBytes } } }';
const eraseUser = 'mutation ($input: EraseUserInput!) { eraseUser(input: $input) { id } }';
const readErasure = 'query ($id: ID!) { erasure(id: $id) { status } }';

interface Export {
  readonly status: string;
  readonly media: { readonly url: string; readonly contentType: string; readonly sizeBytes: number } | null;
}

describe('exporting what the platform holds of a writer', () => {
  let platform: RunningPlatform;
  const password = 'a fox in the cellar';

  beforeAll(async () => {
    platform = await RunningPlatform.start();
  });
  afterAll(() => platform.stop());

  async function writer() {
    const words = {
      email: `${randomUUID()}@example.org`,
      displayName: `Ada ${randomUUID()}`,
      firstName: randomUUID(),
      lastName: randomUUID(),
    };
    const { accessToken: token, user } = (
      await platform.ask<{ register: { accessToken: string; user: { id: string } } }>(register, { input: { ...words, password } })
    ).register;
    const story = { title: `The ${randomUUID()}`, content: `“Once,” said ${randomUUID()}.` };
    await platform.ask(createStory, { input: story }, token);
    return { id: user.id, token, email: words.email, words: [...Object.values(words), ...Object.values(story)] };
  }

  it('gives her one archive with all of it, also after a power cut, and leaves nothing of it when she is erased', async () => {
    const [ada, other] = [await writer(), await writer()];
    await platform.verifyEmail(ada.email);
    const { sample, whole, ...heard } = await isHeard(platform, ada);
    const { exportMyData: begun } = await platform.ask<{ exportMyData: { id: string } }>(exportMyData, {}, ada.token);
    await platform.kill();
    await platform.start();
    const read = async (token: string) =>
      (await platform.ask<{ dataExport: Export | null }>(dataExport, { id: begun.id }, token)).dataExport;
    await until(async () => (await read(ada.token))?.status === 'ready', 60_000);
    const media = (await read(ada.token))?.media;
    if (!media) throw new Error('no archive');
    expect(await read(other.token)).toBeNull();

    const response = await fetch(media.url);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="my-data.zip"');
    const archive = new Uint8Array(await response.arrayBuffer());
    expect(archive.length).toBe(media.sizeBytes);
    const files = await unzipped(archive);
    const data = ['README.txt', 'identity/data.json', 'narration/data.json', 'story/data.json'];
    // Of each kind, without its ids.
    const others = Object.keys(files).filter((name) => !data.includes(name));
    expect(others.map((name) => name.replaceAll(/[\da-f-]{36}/g, 'id')).sort()).toEqual([
      ...['narration/narrations/id.mp3', 'narration/narrations/id.mp3', 'narration/narrations/id.vtt', 'narration/narrations/id.vtt'],
      ...['narration/voices/id/id.wav', 'narration/voices/id/preview.mp3'],
    ]);
    const contents = Object.values(files).map((bytes) => Buffer.from(bytes));
    expect(contents.filter((bytes) => [sample, whole].includes(bytes.toString('latin1')))).toHaveLength(2);
    const text = contents.join('\n');
    for (const word of [...ada.words, ...Object.values(heard)]) expect(text.toLowerCase()).toContain(word?.toLowerCase());
    for (const word of [...other.words, other.id, password]) expect(text).not.toContain(word);

    const objects = () => readdirSync(join(platform.data, 'objects'), { recursive: true }).map(String);
    expect(objects().filter((path) => path.includes(begun.id)).length).toBe(4);
    const input = { userId: ada.id, stories: 'REMOVE', password };
    const { eraseUser: erasure } = await platform.ask<{ eraseUser: { id: string } }>(eraseUser, { input }, ada.token);
    const statusOf = async () => (await platform.ask<{ erasure: { status: string } }>(readErasure, { id: erasure.id })).erasure.status;
    await until(async () => (await statusOf()) === 'done', 60_000);
    expect(existsSync(join(platform.data, 'objects'))).toBe(true);
    expect(objects().filter((path) => path.includes(begun.id))).toEqual([]);
    expect((await fetch(media.url)).status).toBe(404);
  });
});
