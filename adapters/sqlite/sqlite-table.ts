import type { DatabaseSync } from "node:sqlite";
import { Fault } from "../../core/ports/fault.ts";
import type { Item, Key, Operation, Refused, Table, WriteResult } from "../../core/ports/table.ts";
import { added, checkOperations, holds, isKey, keyOf, sum } from "../../core/ports/table-rules.ts";
import type { GroupCommitStats } from "./group-commit.ts";
import { COLUMNS, itemOf, type Row, rowOf } from "./item-row.ts";
import type { SqliteDatabase } from "./open.ts";
import { sqliteQuery } from "./sqlite-query.ts";

export type SqliteTableStats = GroupCommitStats &
  Readonly<{
    refused: number;
    /** Writes of several rows, which a deployment pays for twice. */
    transactions: number;
    /** Rows of all writes. */
    rows: number;
  }>;

export type SqliteTable = Table &
  Readonly<{
    stats(): SqliteTableStats;
    /** Commits what is queued, then closes the file for all who use it. */
    close(): void;
  }>;

const DONE: WriteResult = { ok: true };

/**
 * The table in one SQLite file. A write is answered after the COMMIT that holds it; see
 * `groupCommit`. Reads never see what is not committed: the group runs within one turn.
 */
export function sqliteTable({ connection, group }: SqliteDatabase): SqliteTable {
  const apply = writer(connection);
  const get = reader(connection);
  const query = sqliteQuery(connection);
  let refused = 0;
  let transactions = 0;
  let rows = 0;

  return {
    async get(key) {
      return isKey(key) ? read(() => get(key)) : undefined;
    },
    async query(range) {
      return read(() => query(range));
    },
    async write(operations) {
      checkOperations(operations);
      if (operations.length === 0) return DONE;
      if (operations.length > 1) transactions += 1;
      rows += operations.length;
      const result = await group.submit(() => apply(operations));
      if (!result.ok) refused += 1;
      return result;
    },
    stats: () => ({ ...group.stats(), refused, transactions, rows }),
    close: () => group.close(),
  };
}

function read<Answer>(from: () => Answer): Answer {
  try {
    return from();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault("SQLite could not read.", { retryable: true, cause });
  }
}

function reader(db: DatabaseSync): (key: Key) => Item | undefined {
  const select = db.prepare(`select ${COLUMNS} from items where pk = ? and sk = ?`);
  select.setReturnArrays(true);
  return (key) => {
    const row = select.get(key.pk, key.sk) as unknown as Row | undefined;
    return row && itemOf(key, row);
  };
}

/** What a write does inside the group's transaction. It changes all of its rows or none. */
function writer(db: DatabaseSync): (operations: readonly Operation[]) => WriteResult {
  const get = reader(db);
  const values = "values (?, ?, ?, ?, ?, ?, ?, ?)";
  const insert = db.prepare(`insert or ignore into items (pk, sk, ${COLUMNS}) ${values}`);
  const upsert = db.prepare(
    `insert into items (pk, sk, ${COLUMNS}) ${values} on conflict (pk, sk) do update set
      attributes = excluded.attributes, content = excluded.content,
      due_shard = excluded.due_shard, due_at = excluded.due_at,
      list_pk = excluded.list_pk, list_sk = excluded.list_sk`,
  );
  const remove = db.prepare("delete from items where pk = ? and sk = ?");

  function change(operation: Operation): void {
    switch (operation.type) {
      case "put":
        upsert.run(operation.item.pk, operation.item.sk, ...rowOf(operation.item));
        return;
      case "remove":
        remove.run(operation.key.pk, operation.key.sk);
        return;
      case "check":
        return;
      case "add": {
        const item = added(operation, get(operation.key));
        upsert.run(item.pk, item.sk, ...rowOf(item));
      }
    }
  }

  function refusal(operation: Operation, index: number): Refused | undefined {
    if (operation.type === "add") {
      const isPossible = sum(operation, get(operation.key)) !== undefined;
      return isPossible ? undefined : { operation: index };
    }
    if (operation.when === undefined) return undefined;
    const item = get(keyOf(operation));
    return holds(operation.when, item) ? undefined : { operation: index, item };
  }

  return (operations) => {
    const [first] = operations;
    // The hot path: a commit of a run is one row that must not exist, so the insert is the check.
    if (operations.length === 1 && first?.type === "put" && first.when?.type === "absent") {
      const { item } = first;
      const { changes } = insert.run(item.pk, item.sk, ...rowOf(item));
      return changes === 1 ? DONE : { ok: false, refused: [{ operation: 0, item: get(item) }] };
    }
    // All conditions first: the rows of a write differ, so none can change another's answer.
    const refused = operations.flatMap((operation, index) => refusal(operation, index) ?? []);
    if (refused.length > 0) return { ok: false, refused };
    for (const operation of operations) change(operation);
    return DONE;
  };
}
