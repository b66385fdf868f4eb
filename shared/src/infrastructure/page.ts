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
