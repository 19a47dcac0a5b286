/** What an attribute may hold. Payloads are kept as one JSON string, so no database reads them. */
export type Scalar = string | number | boolean;

export type Key = Readonly<{ pk: string; sk: string }>;

/**
 * One row. `pk` begins with the tenant. Two pairs of attributes are special, and sparse:
 * `dueShard` + `dueAt` put the row on the index `due`, `listPk` + `listSk` on the index `list`.
 * `content` holds the bulk of a row (JSON text); adapters may keep it apart. Attributes that are
 * undefined are not stored.
 */
export type Item = Key &
  Readonly<{
    content?: string | undefined;
    dueShard?: string | undefined;
    /** Sorts by time: see `dueKey`. */
    dueAt?: string | undefined;
    listPk?: string | undefined;
    listSk?: string | undefined;
  }> & { readonly [attribute: string]: Scalar | undefined };

/** `is` needs the row to exist and each named attribute to be equal. */
export type Condition =
  | Readonly<{ type: "absent" }>
  | Readonly<{ type: "present" }>
  | Readonly<{ type: "is"; attributes: Readonly<Record<string, Scalar>> }>;

export type Operation =
  | Readonly<{ type: "put"; item: Item; when?: Condition }>
  | Readonly<{ type: "remove"; key: Key; when?: Condition }>
  | Readonly<{ type: "check"; key: Key; when: Condition }>
  /**
   * Adds a whole number to the attribute `count` of a row, which begins as 0 when there is no row.
   * Refused when the result would pass `max` or fall below `min`. With `expiresAt` nobody needs the
   * row after that instant: see `expiring`.
   */
  | Readonly<{
      type: "add";
      key: Key;
      by: number;
      max?: number;
      min?: number;
      expiresAt?: number;
    }>;

export type Refused = Readonly<{
  /** The index of the operation whose condition did not hold. */
  operation: number;
  /** The row as it is stored, if there is one (for `put`, `remove` and `check`). */
  item?: Item | undefined;
}>;

export type WriteResult =
  | Readonly<{ ok: true }>
  | Readonly<{ ok: false; refused: readonly Refused[] }>;

export type Range = Readonly<{
  pk: string;
  /** Sort keys that begin so. */
  prefix?: string;
  /** Exclusive: what comes after this sort key in reading order. */
  after?: string;
  /** Inclusive upper bound (lower bound when `reverse`). */
  until?: string;
  reverse?: boolean;
  /** Default 100, at most 1,000. */
  limit?: number;
  /** On an index, `pk` and the sort keys are those of the index. Indexes may lag. */
  index?: "due" | "list";
}>;

export type Page = Readonly<{ items: readonly Item[]; more: boolean }>;

/**
 * The one table. Reads of rows are consistent; reads of an index may lag behind.
 *
 * A write is all of its operations or none. That a condition did not hold is an answer; anything
 * else that goes wrong is thrown as a `Fault`, whose `retryable` says whether asking again can
 * help. After a thrown write it is unknown whether it happened: see `run-log` for how we find out.
 * What no table can hold is such a fault, the same in each: see `table-rules`.
 */
export interface Table {
  get(key: Key): Promise<Item | undefined>;
  query(range: Range): Promise<Page>;
  /** At most 100 operations, on rows that are all different. */
  write(operations: readonly Operation[]): Promise<WriteResult>;
}
