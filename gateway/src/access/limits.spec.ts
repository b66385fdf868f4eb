import { describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery, parse } from 'graphql';
import { beyondLimits } from './limits.js';

const check = (text: string) => beyondLimits(parse(text))?.code;
const repeat = (count: number, part: (index: number) => string) => Array.from({ length: count }, (_, index) => part(index)).join(' ');

describe('limits let through', () => {
  it.each([
    [
      'the deepest screen',
      '{ me { followers { edges { node { follower { stories { edges { node { author { profile { image { url } } } } } } } } } } } }',
    ],
    [
      'a live update',
      'subscription { storyUpdated(id: "x") { cursor progress { stage done total } story { status author { profile { displayName } } } } }',
    ],
    [
      'a script with its speakers',
      '{ story(id: "x") { segments(first: 100) { edges { node { index text emotion speaker { name image { url expiresAt } } } } pageInfo { endCursor hasNextPage } } } }',
    ],
    ['what tools ask for', getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, specifiedByUrl: true })],
    ['a fragment used twice', '{ a { ...f } b { ...f } } fragment f on A { c { d } }'],
    ['a fragment that is nowhere (the validator says so)', '{ ...f }'],
  ])('%s', (_, text) => {
    expect(check(text)).toBeUndefined();
  });
});

describe('limits count', () => {
  it.each([
    ['fields behind fragments', 'QUERY_TOO_LARGE', `{ a { ${repeat(11, () => '...f')} } } fragment f on A { ${repeat(100, () => 'b')} }`],
    [
      'depth behind fragments',
      'QUERY_TOO_DEEP',
      `{ ...f0 } ${repeat(13, (index) => `fragment f${index} on A { a { ...f${index + 1} } }`)} fragment f13 on A { a }`,
    ],
    ['root fields behind fragments', 'QUERY_TOO_MANY_ROOT_FIELDS', `{ ${repeat(11, () => '...f')} } fragment f on Query { a b }`],
    ['root fields behind inline fragments', 'QUERY_TOO_MANY_ROOT_FIELDS', `{ ... on Query { ... { ${repeat(21, () => 'a')} } } }`],
    [
      'aliases behind fragments',
      'QUERY_TOO_MANY_ALIASES',
      `{ a { ...f ...f } } fragment f on A { ${repeat(16, (index) => `x${index}: b`)} }`,
    ],
    [
      'directives of the operation and of spreads',
      'QUERY_TOO_MANY_DIRECTIVES',
      `query ${repeat(26, () => '@a')} { x { ${repeat(25, () => '... @b { c }')} } }`,
    ],
    [
      'introspection that goes round',
      'QUERY_TOO_DEEP',
      `{ __schema { types { ${'fields { type { '.repeat(10)} name ${'} }'.repeat(10)} } } }`,
    ],
    ['fragments', 'QUERY_TOO_MANY_FRAGMENTS', `{ a } ${repeat(101, (index) => `fragment f${index} on A { b }`)}`],
    ['every operation of the document', 'QUERY_TOO_MANY_ROOT_FIELDS', `query A { a } query B { ${repeat(21, () => 'a')} }`],
    ['a circle that no operation uses', 'FRAGMENT_CYCLE', '{ a } fragment f on A { b { ...g } } fragment g on A { ... { ...f } }'],
  ])('%s', (_, code, text) => {
    expect(check(text)).toBe(code);
  });

  it('in linear time: a bomb of doubling fragments costs nothing', () => {
    const bomb = `{ ...f0 } ${repeat(99, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)} fragment f99 on Query { a }`;
    const document = parse(bomb);
    const before = performance.now();
    expect(beyondLimits(document)?.params).toEqual({ count: 1_000_000, limit: 500 });
    expect(performance.now() - before).toBeLessThan(50);
  });
});
