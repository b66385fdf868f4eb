import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeBeside } from './beside.js';

describe('files beside a text', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'beside-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function* bytesOf(words: string) {
    yield Buffer.from(words);
  }
  const content = (words: string) => async () => bytesOf(words);
  const both = [
    { ending: 'mp3', content: content('sound') },
    { ending: 'vtt', content: content('captions') },
  ];
  const write = (files = both) => writeBeside(join(folder, 'my-story.txt'), files);
  const inFolder = () => Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

  it('have its name', async () => {
    expect(await write()).toEqual([join(folder, 'my-story.mp3'), join(folder, 'my-story.vtt')]);
    expect(inFolder()).toEqual({ 'my-story.mp3': 'sound', 'my-story.vtt': 'captions' });
  });

  it('leave what is there as it is, and stay together under the next number', async () => {
    writeFileSync(join(folder, 'my-story.vtt'), 'mine');
    writeFileSync(join(folder, 'my-story-2.mp3'), 'mine, too');
    expect(await write()).toEqual([join(folder, 'my-story-3.mp3'), join(folder, 'my-story-3.vtt')]);
    expect(inFolder()).toEqual({
      'my-story.vtt': 'mine',
      'my-story-2.mp3': 'mine, too',
      'my-story-3.mp3': 'sound',
      'my-story-3.vtt': 'captions',
    });
  });

  it('are not there by halves', async () => {
    async function* cut() {
      yield Buffer.from('the beginn');
      throw new Error('the connection was cut');
    }
    await expect(write([both[0] as (typeof both)[0], { ending: 'vtt', content: async () => cut() }])).rejects.toThrow(
      'the connection was cut',
    );
    expect(inFolder()).toEqual({});
  });

  it('are refused where there is no such folder', async () => {
    await expect(writeBeside(join(folder, 'none', 'my-story.txt'), both)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
