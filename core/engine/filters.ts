/** What lists can be narrowed to. */
export type RunFilter = Readonly<{
  status?: readonly string[] | undefined;
  workflow?: string | undefined;
  /** `key:value`, or `key` alone. */
  tag?: string | undefined;
  waitingOn?: string | undefined;
  parent?: string | undefined;
  /** RFC 3339, inclusive. */
  from?: string | undefined;
  to?: string | undefined;
}>;

export type DeadLetterFilter = Readonly<{
  kind?: string | undefined;
  status?: "open" | "redriven" | "discarded" | undefined;
  workflow?: string | undefined;
  run?: string | undefined;
  /** Of the error. */
  code?: string | undefined;
  /** RFC 3339, inclusive. */
  from?: string | undefined;
  to?: string | undefined;
}>;

export type TaskFilter = Readonly<{
  status?: string | undefined;
  assignee?: string | undefined;
  group?: string | undefined;
  run?: string | undefined;
  kind?: string | undefined;
}>;
