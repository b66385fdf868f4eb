import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { dataToWrite, defineEvent, readData, UnreadableEvent } from './event.js';

const Moved = defineEvent({
  type: 'Moved',
  context: 'test',
  version: 3,
  reach: 'published',
  meaning: 'Somebody lives elsewhere.',
  schema: z.object({ city: z.string(), country: z.string(), since: z.int().optional() }),
  upcast: {
    1: ({ town }) => ({ city: town }),
    2: (old) => ({ ...old, country: 'unknown' }),
  },
});

describe('an event', () => {
  it('of every earlier version is read in today’s shape', () => {
    expect(readData(Moved, { version: 1, data: { town: 'Ulm' } })).toEqual({ city: 'Ulm', country: 'unknown' });
    expect(readData(Moved, { version: 2, data: { city: 'Ulm' } })).toEqual({ city: 'Ulm', country: 'unknown' });
    expect(readData(Moved, { version: 3, data: { city: 'Ulm', country: 'DE' } })).toEqual({ city: 'Ulm', country: 'DE' });
  });
  it('with a field that this release does not know yet is read without it', () => {
    expect(readData(Moved, { version: 3, data: { city: 'Ulm', country: 'DE', street: 'x' } })).toEqual({ city: 'Ulm', country: 'DE' });
  });
  it('of a newer version is not guessed at', () => {
    expect(() => readData(Moved, { version: 4, data: { place: 'Ulm' } })).toThrow(UnreadableEvent);
    expect(() => readData(Moved, { version: 4, data: {} })).toThrow(
      'Moved is of version 4, and 3 is the newest here: deploy this consumer before its producer.',
    );
  });
  it.each([0, 1.5, Number.NaN])('of version %d is of none', (version) => {
    expect(() => readData(Moved, { version, data: {} })).toThrow('Moved says no version of its schema');
  });
  it('that skips an upcast cannot be defined', () => {
    expect(() => defineEvent({ ...Moved, upcast: { 2: (old) => old } })).toThrow(
      'Moved is of version 3: say in upcast how its version 1 is read.',
    );
  });

  const now = { city: 'Ulm', country: 'DE' };
  it('is written in its version', () => {
    expect(dataToWrite(Moved, now)).toEqual({ version: 3, data: now });
    expect(() => dataToWrite(Moved, { city: 'Ulm' })).toThrow();
  });
  it('is written in an earlier version as long as deployed consumers know no newer', () => {
    const announced = defineEvent({ ...Moved, writtenAs: { version: 2, downcast: ({ city }) => ({ city }) } });
    const written = dataToWrite(announced, now);
    expect(written).toEqual({ version: 2, data: { city: 'Ulm' } });
    expect(readData(announced, written)).toEqual({ city: 'Ulm', country: 'unknown' });
  });
  it('is not written in a way that nobody could read', () => {
    const wrong = defineEvent({ ...Moved, writtenAs: { version: 1, downcast: ({ city }) => ({ city }) } });
    expect(() => dataToWrite(wrong, now)).toThrow();
  });
});
