import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readEnvironment, SettingError, serviceSettings } from './environment.js';

const schema = z.object({ ...serviceSettings, SECRET: z.string().regex(/^sk-/, { error: 'a key that begins with sk-' }) });

describe('settings', () => {
  it('have defaults, and an empty one counts as absent', () => {
    expect(readEnvironment(schema, { SECRET: 'sk-1', HOST: '' })).toMatchObject({ PORT: 0, HOST: '127.0.0.1', LOG_LEVEL: 'info' });
  });
  it.each([
    [{ PORT: '70000', SECRET: 'sk-1' }, /^The setting PORT is wrong: /],
    [{ PORT: 'abc', SECRET: 'sk-1' }, /^The setting PORT is wrong: a port number/],
    [{}, /^The setting SECRET is missing\.$/],
    [{ SECRET: 'hunter2' }, /^The setting SECRET is wrong: a key that begins with sk-\.$/],
  ])('%j is refused by name', (environment, sentence) => {
    expect(() => readEnvironment(schema, environment)).toThrow(SettingError);
    expect(() => readEnvironment(schema, environment)).toThrow(sentence);
  });
  it('are never quoted, since they may be secrets', () => {
    expect(() => readEnvironment(schema, { SECRET: 'hunter2' })).not.toThrow(/hunter2/);
  });
});
