import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { databaseSettings, readEnvironment, SettingError, serviceSettings } from './environment.js';

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
  it.each(['amqp://localhost', 'kafka:localhost:9092', 'embedded:nonsense', 'embedded', '/dev/log'])(
    'knows no event bus at %s',
    (EVENT_BUS_URL) => {
      const given = { DATABASE_URL: 'postgresql://localhost/story', GATEWAY_JWKS: '{}', EVENT_BUS_URL };
      expect(() => readEnvironment(z.object(databaseSettings), given)).toThrow(
        new SettingError('The setting EVENT_BUS_URL is wrong: embedded:, embedded:postgresql://… or kafka://host:9092.'),
      );
    },
  );
});
