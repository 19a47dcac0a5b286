import type { Item } from "../../core/ports/table.ts";
import { COLUMNS, itemOf, type Row } from "./item-row.ts";
import type { SqliteDatabase } from "./open.ts";

export type FeedPage = Readonly<{ rows: readonly Item[]; position: number }>;

/** The commits of all runs in the order in which they were written. */
export type Feed = Readonly<{
  /** The position of the newest. */
  end(): number;
  /** Those after a position, without their content; none at the end. */
  after(position: number, limit: number): FeedPage;
}>;

/**
 * What a stream of changes is to a deployment: rows are appended, so their numbers tell what came
 * after a commit. A row that is replaced keeps its number; commits never are.
 */
export function sqliteFeed({ connection }: SqliteDatabase): Feed {
  const isCommit = "sk >= 'log#' and sk < 'log$'";
  const newest = connection.prepare(
    `select rowid from items where ${isCommit} order by rowid desc limit 1`,
  );
  const select = connection.prepare(
    `select rowid, pk, sk, ${COLUMNS.replace("content", "null")} from items
      where rowid > ? and ${isCommit} order by rowid limit ?`,
  );
  newest.setReturnArrays(true);
  select.setReturnArrays(true);
  type Numbered = readonly [rowid: number, pk: string, sk: string, ...row: Row];

  return {
    end() {
      const row = newest.get() as unknown as [number] | undefined;
      return row?.[0] ?? 0;
    },
    after(position, limit) {
      const found = select.all(position, limit) as unknown as readonly Numbered[];
      const rows = found.map(([, pk, sk, ...row]) => itemOf({ pk, sk }, row));
      return { rows, position: found.at(-1)?.[0] ?? position };
    },
  };
}
