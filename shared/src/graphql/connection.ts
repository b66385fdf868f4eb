import { ArgsType, Directive, Field, Int, ObjectType } from 'type-graphql';
import type { Page, Slice } from '../infrastructure/page.js';
import { refuseShared } from '../value-objects/refusals.js';

const maxPageSize = 100;
const defaultPageSize = 20;

@Directive('@shareable')
@ObjectType('PageInfo', { description: 'Where a page lies in its list (Relay).' })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether more follows.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether something comes before.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item.' })
  startCursor?: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last item.' })
  endCursor?: string | null;
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, description: 'The first so many, 1 to 100 (20 if neither first nor last is given).' })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes after this cursor.' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: 'The last so many, 1 to 100.' })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes before this cursor.' })
  before?: string | null;
}

export interface Connection<Node> {
  readonly edges: { readonly cursor: string; readonly node: Node }[];
  readonly nodes: Node[];
  readonly pageInfo: PageInfoType;
}

/** Keyset paging: a cursor is the sort key of its item, so a page costs the same wherever it lies and nothing is skipped when the list changes. */
export function pageOf<Key>(args: PageArgs, decode: (key: unknown) => Key | undefined): Page<Key> {
  const backward = args.last !== undefined && args.last !== null;
  const outOfRange = () => refuseShared.PAGE_SIZE_OUT_OF_RANGE({ max: maxPageSize }, backward ? 'last' : 'first');
  if (backward && args.first !== undefined && args.first !== null) throw outOfRange();
  const limit = args.first ?? args.last ?? defaultPageSize;
  if (limit < 1 || limit > maxPageSize) throw outOfRange();
  return { limit, backward, after: keyOf('after', args.after, decode), before: keyOf('before', args.before, decode) };
}

function keyOf<Key>(field: string, cursor: string | null | undefined, decode: (key: unknown) => Key | undefined): Key | undefined {
  if (cursor === undefined || cursor === null) return undefined;
  try {
    const key = decode(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    if (key !== undefined) return key;
  } catch {
    // not one of our cursors: refused below
  }
  throw refuseShared.CURSOR_INVALID(undefined, field);
}

/** `slice.nodes` in reading order of the list, whichever way they were read. */
export function connectionOf<Node>(page: Page<unknown>, slice: Slice<Node>, keyOfNode: (node: Node) => unknown): Connection<Node> {
  const edges = slice.nodes.map((node) => ({ node, cursor: Buffer.from(JSON.stringify(keyOfNode(node))).toString('base64url') }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: page.backward ? page.before !== undefined : slice.more,
      hasPreviousPage: page.backward ? slice.more : page.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

type ClassOf<T> = new () => T;

/** The classes of one list's edge and connection, so that each list has types of its own, as Relay wants it. */
export function connectionTypes<Node extends object>(name: string, nodeType: () => ClassOf<Node>) {
  @ObjectType(`${name}Edge`, { description: `One item of a ${name}Connection.` })
  class Edge {
    @Field(() => String, { description: 'Where this item is; give it as `after` or `before`.' })
    cursor!: string;

    @Field(nodeType, { description: 'The item.' })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name} (Relay).` })
  class ConnectionClass {
    @Field(() => [Edge], { description: 'The items with their cursors.' })
    edges!: Edge[];

    @Field(() => [nodeType()], { description: 'The items alone.' })
    nodes!: Node[];

    @Field(() => PageInfoType, { description: 'Where this page lies in the list.' })
    pageInfo!: PageInfoType;
  }
  return ConnectionClass;
}
