import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Page, Range } from "../../core/ports/table.ts";
import { boundsOf } from "../../core/ports/table-range.ts";
import { COLUMNS, itemOf, type Row } from "./item-row.ts";

type KeyedRow = readonly [pk: string, sk: string, ...row: Row];

/** `not null` is repeated in the queries: SQLite uses a partial index only where it sees it. */
const SOURCES = {
  rows: { pk: "pk", sk: "sk", where: "" },
  due: { pk: "due_shard", sk: "due_at", where: "and due_at is not null" },
  list: { pk: "list_pk", sk: "list_sk", where: "and list_sk is not null" },
} as const;

/** Pages of rows in the order of their sort keys, by one prepared statement for each form. */
export function sqliteQuery(db: DatabaseSync): (range: Range) => Page {
  const prepared = new Map<string, StatementSync>();

  function statement(sql: string): StatementSync {
    let found = prepared.get(sql);
    if (!found) {
      found = db.prepare(sql);
      found.setReturnArrays(true);
      prepared.set(sql, found);
    }
    return found;
  }

  return (range) => {
    const { low, high, limit, empty } = boundsOf(range);
    if (empty) return { items: [], more: false };
    const source = SOURCES[range.index ?? "rows"];
    const above = low ? `and ${source.sk} ${low.inclusive ? ">=" : ">"} ?` : "";
    const below = high ? `and ${source.sk} ${high.inclusive ? "<=" : "<"} ?` : "";
    const order = range.reverse ? "desc" : "asc";
    const select = statement(
      `select pk, sk, ${COLUMNS} from items
        where ${source.pk} = ? ${source.where} ${above} ${below}
        order by ${source.sk} ${order} limit ?`,
    );
    const bounds = [low, high].flatMap((bound) => (bound ? [bound.text] : []));
    const rows = select.all(range.pk, ...bounds, limit + 1) as unknown as readonly KeyedRow[];
    const items = rows.slice(0, limit).map(([pk, sk, ...row]) => itemOf({ pk, sk }, row));
    return { items, more: rows.length > limit };
  };
}
