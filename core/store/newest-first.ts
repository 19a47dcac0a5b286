import type { Item, Table } from "../ports/table.ts";

/** Where a list goes on: after which id, if any, and for how many. */
export type ListPage = Readonly<{ limit: number; cursor?: string | undefined }>;
export type Listed<T> = Readonly<{ data: readonly T[]; nextCursor: string | null }>;

/** A page of a partition whose sort keys are ids that sort by time; the cursor is such an id. */
export async function newestFirst<T>(
  table: Table,
  pk: string,
  { limit, cursor }: ListPage,
  view: (item: Item) => T,
): Promise<Listed<T>> {
  const after = cursor === undefined ? {} : { after: cursor };
  const { items, more } = await table.query({ pk, limit, reverse: true, ...after });
  const last = more ? items.at(-1) : undefined;
  return { data: items.map(view), nextCursor: last?.sk ?? null };
}
