import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { storyScript, type StoryScript } from '@storytelling/shared/domain-events/story';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { readClaim } from '@storytelling/shared/infrastructure/object-store';
import { type OpenedObjectStore, openObjectStore } from '@storytelling/shared/infrastructure/open-object-store';
import { type TestObjectStore, testObjectStore } from '@storytelling/shared/testing/object-store';
import type { StoryId } from '../src/domain/story.js';
import { objectScripts } from '../src/infrastructure/object-scripts.js';

const script = (storyId: string, text: string): StoryScript => ({
  format: 1,
  storyId,
  version: 1,
  contentHash: 'a'.repeat(64),
  language: 'en',
  characters: [],
  segments: [{ id: '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a11', text, emotion: 'joy', speakerId: null }],
  emotions: [],
});
const one = '7c9e6679-7425-40de-944b-e07fc1f90ae7' as StoryId;
const other = '7c9e6679-7425-40de-944b-e07fc1f90ae8' as StoryId;

describe('scripts in the object store', () => {
  let files: TestObjectStore;
  let store: OpenedObjectStore;
  beforeAll(async () => {
    files = testObjectStore();
    const { OBJECT_STORE_URL, OBJECT_SIGNING_KEYS, PUBLIC_URL } = files.settings;
    const keys = [new Uint8Array(Buffer.from(OBJECT_SIGNING_KEYS, 'base64'))];
    store = await openObjectStore('story', { OBJECT_STORE_URL, OBJECT_SIGNING_KEYS: keys, PUBLIC_URL }, createLogger('test', 'silent'));
  });
  afterAll(() => {
    store.close();
    files.drop();
  });

  it('are read by whoever has the claim, byte for byte', async () => {
    const claim = await objectScripts(store.objects).put(script(one, '“Süß!” said the fox 🦊.'));
    const bytes = await readClaim(store.all, claim);
    expect(storyScript.parse(JSON.parse(String(bytes)))).toEqual(script(one, '“Süß!” said the fox 🦊.'));
    expect(bytes).toHaveLength(claim.bytes);
    expect(await objectScripts(store.objects).put(script(one, '“Süß!” said the fox 🦊.'))).toEqual(claim);
  });

  it('go with their story, all of them and no others', async () => {
    const scripts = objectScripts(store.objects);
    const [first, second, kept] = [
      await scripts.put(script(one, 'A')),
      await scripts.put(script(one, 'B')),
      await scripts.put(script(other, 'A')),
    ];
    await scripts.removeOf(one);
    await scripts.removeOf(one);
    expect([await readClaim(store.all, first), await readClaim(store.all, second)]).toEqual([undefined, undefined]);
    expect(await readClaim(store.all, kept)).toBeDefined();
  });
});
