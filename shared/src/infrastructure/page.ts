/** What to read: `limit` items after or before a key, walking forward or backward. */
export interface Page<Key> {
  readonly limit: number;
  readonly backward: boolean;
  readonly after?: Key;
  readonly before?: Key;
}

/** What a query answers. */
export interface Slice<Node> {
  readonly nodes: readonly Node[];
  /** Whether there is more in the direction of reading. */
  readonly more: boolean;
}

/** Of rows that were read in the direction of the page, one more than asked for: the nodes in the order of the list. */
export function sliceOf<Row, Node>(rows: readonly Row[], { limit, backward }: Page<unknown>, nodeOf: (row: Row) => Node): Slice<Node> {
  const nodes = rows.slice(0, limit).map(nodeOf);
  return { nodes: backward ? nodes.reverse() : nodes, more: rows.length > limit };
}
