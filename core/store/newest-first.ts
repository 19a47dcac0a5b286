import type { Listing, Paging } from "../engine/engine.ts";
import type { Item, Table } from "../ports/table.ts";

/** A page of a partition whose sort keys are ids that sort by time; the cursor is such an id. */
export async function newestFirst<T>(
  table: Table,
  pk: string,
  { limit, cursor }: Paging,
  view: (item: Item) => T,
): Promise<Listing<T>> {
  const after = cursor === undefined ? {} : { after: cursor };
  const { items, more } = await table.query({ pk, limit, reverse: true, ...after });
  const last = more ? items.at(-1) : undefined;
  return { data: items.map(view), nextCursor: last?.sk ?? null };
}
