import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { composeSupergraph } from '../../tools/compose.mjs';
import { beyondLimits } from '../src/access/limits.js';
import { tabs } from '../src/graphiql.js';
import { brokenNullRules, missingDescriptions } from './schema-rules.js';

const committed = (name: string) => readFileSync(new URL(`../../schema/${name}`, import.meta.url), 'utf8');

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';

describe('null isolates failure', () => {
  it('in the supergraph', () => {
    expect(brokenNullRules(committed('supergraph.graphql'))).toEqual([]);
  });

  it('and each rule is seen to fire', () => {
    const { supergraph } = composeSupergraph([
      {
        name: 'people',
        sdl: `${link}
          type Person @key(fields: "id") { id: ID! name: String! friends: [Person!]! }
          type Session { person: Person! }
          type Query { me: Person person(id: ID!): Person! session: Session }`,
      },
      {
        name: 'tales',
        sdl: `${link}
          type Tale @key(fields: "id") { id: ID! author: Person! readers: [Person!] critics: [Person]! likes: Int! }
          type Person @key(fields: "id") { id: ID! tales: [Tale!]! favourite: Tale }
          type Query { tales: [Tale!]! tale: Tale }`,
      },
    ]);
    expect(brokenNullRules(supergraph).sort()).toEqual([
      'Person.tales is added by TALES to an entity of PEOPLE: it must be nullable.',
      'Query.person is a root query field: it must be nullable.',
      'Query.tales is a root query field: it must be nullable.',
      'Tale.author is resolved by PEOPLE: Person must be nullable here.',
      'Tale.readers is resolved by PEOPLE: Person must be nullable here.',
    ]);
  });
});

describe('the public API', () => {
  it('describes every type and field', () => {
    expect(missingDescriptions(committed('api.graphql'))).toEqual([]);
  });

  it('and a missing description is seen', () => {
    expect(missingDescriptions('type Query { a: A } "A." type A { "B." b: Int c: Int } input I { "D." d: Int } enum E { X }')).toEqual([
      'Query.a',
      'A.c',
      'I',
      'E',
    ]);
  });

  it('is used rightly by the first evening’s tabs in GraphiQL', () => {
    const schema = buildSchema(committed('api.graphql'));
    for (const { query } of tabs) expect(validate(schema, parse(query)).map(({ message }) => message)).toEqual([]);
  });

  it('can be asked what its largest screens need', () => {
    for (const { query } of tabs) expect(beyondLimits(parse(query))).toBeUndefined();
  });
});
