import type { Event } from "../kernel/event.ts";
import type { Run } from "../kernel/run.ts";
import type { Item, Operation, Table } from "../ports/table.ts";
import { dueAt, dueShard, rows } from "./rows.ts";
import { wantsType } from "./wants-type.ts";

/**
 * What a commit writes when the run's own callback is to hear of it. In the same write, so nothing
 * can be lost between the two, and without a condition, so it cannot refuse the commit.
 */
export function callbackRows(run: Run, events: readonly Event[]): readonly Operation[] {
  const { callback: types, tenant, id } = run;
  if (!types || !events.some(({ type }) => wantsType(types, type))) return [];
  const item: Item = {
    ...rows.callbackOwed(tenant, id),
    kind: "callback",
    tenant,
    run: id,
    seq: run.seq,
    dueShard: dueShard(id),
    dueAt: dueAt(run.at, `callback#${id}`),
  };
  return [{ type: "put", item }];
}

/** Dealt with, unless another commit has owed more meanwhile. */
export async function callbackDone(table: Table, row: Item): Promise<void> {
  const { pk, sk } = row;
  const when = { type: "is", attributes: { seq: Number(row["seq"]) } } as const;
  await table.write([{ type: "remove", key: { pk, sk }, when }]);
}
