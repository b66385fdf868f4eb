import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { breakingChanges, type JsonSchema } from './compatibility.js';

const json = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
const between = (before: z.ZodType, after: z.ZodType) => breakingChanges(json(before), json(after));

const order = z.object({
  id: z.string(),
  method: z.enum(['card', 'cash']),
  note: z.string().nullable(),
  tip: z.int().optional(),
  lines: z.array(z.object({ sku: z.string() })),
});

describe('within a version of an event', () => {
  it('nothing breaks when nothing changed', () => {
    expect(between(order, order)).toEqual([]);
  });
  it('an optional field may be added, at any depth, and a field explained', () => {
    expect(between(order, order.extend({ channel: z.string().optional(), currency: z.string().default('EUR') }))).toEqual([]);
    expect(between(order, order.extend({ lines: z.array(z.object({ sku: z.string(), count: z.int().optional() })) }))).toEqual([]);
    expect(between(order, order.extend({ id: z.string().describe('Of the order.') }))).toEqual([]);
  });
  it.each([
    ['a removed field', order.omit({ note: true }), 'note was removed'],
    ['a new required field', order.extend({ channel: z.string() }), 'channel is new and required'],
    ['a field that becomes required', order.extend({ tip: z.int() }), 'tip is now required'],
    ['a field that becomes optional', order.extend({ id: z.string().optional() }), 'id is no longer always there'],
    ['another type', order.extend({ id: z.int() }), /^id was .*string.* and is now .*integer/],
    ['a narrowed set of values', order.extend({ method: z.enum(['card']) }), /^method was .*"cash"/],
    ['a widened set of values', order.extend({ method: z.enum(['card', 'cash', 'cheque']) }), /^method was .* and is now .*"cheque"/],
    ['a lost null', order.extend({ note: z.string() }), /^note was .*null.* and is now .*string/],
    ['a limit', order.extend({ id: z.string().max(10) }), /^id was .* and is now .*10/],
    ['a change inside a list', order.extend({ lines: z.array(z.object({ sku: z.int() })) }), /^lines\[\]\.sku was/],
    ['a list that is none any more', order.extend({ lines: z.object({}) }), /^lines was a list of/],
  ])('%s is refused', (_, after, sentence) => {
    expect(between(order, after)).toEqual([typeof sentence === 'string' ? sentence : expect.stringMatching(sentence)]);
  });
});
