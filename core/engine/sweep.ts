import type { Instant } from "../kernel/json.ts";
import type { Log } from "../ports/log.ts";
import type { Item, Table } from "../ports/table.ts";
import { DUE_SHARDS, dueAt, dueShard, rows } from "../store/rows.ts";

export type SweepDeps = Readonly<{
  table: Table;
  now(): Instant;
  /** Real milliseconds. */
  elapsed(): number;
  fire(row: Item): void | Promise<void>;
  log: Log;
}>;

export type Swept = Readonly<{ fired: number; failed: number; complete: boolean }>;

const PAGE = 100;
/** Rows that are fired at once. */
const AT_ONCE = 16;
/** A run that was woken is looked at again after this, doubled each time it is still due. */
const AGAIN_MS = 60_000;
const AGAIN_MS_MAX = 900_000;

/**
 * Fires what is due, in all shards: the backstop behind queues, timers and streams, which all are
 * hints. It may be asked at any time, also twice at once; rows may fire early, late and twice.
 *
 * When its time is over it keeps where it stopped, so that rows which fail again and again at the
 * head of a shard do not keep the sweep from those behind them.
 */
export async function sweep(deps: SweepDeps, until: number): Promise<Swept> {
  const swept = await Promise.all(
    Array.from({ length: DUE_SHARDS }, (_, shard) => sweepShard(deps, `due#${shard}`, until)),
  );
  return {
    fired: swept.reduce((sum, { fired }) => sum + fired, 0),
    failed: swept.reduce((sum, { failed }) => sum + failed, 0),
    complete: swept.every(({ complete }) => complete),
  };
}

async function sweepShard(deps: SweepDeps, shard: string, until: number): Promise<Swept> {
  const horizon = `${String(Math.floor(deps.now())).padStart(15, "0")}#~`;
  const stopped = await deps.table.get(rows.sweep(shard));
  let after = typeof stopped?.["after"] === "string" ? stopped["after"] : undefined;
  let fired = 0;
  let failed = 0;
  for (;;) {
    const from = after === undefined ? {} : { after };
    const range = { pk: shard, index: "due", until: horizon, limit: PAGE, ...from } as const;
    // A place beyond what is due now is none: the shard is begun anew.
    const { items, more } =
      after !== undefined && after > horizon
        ? { items: [], more: false }
        : await deps.table.query(range);
    for (let at = 0; at < items.length; at += AT_ONCE) {
      const done = await Promise.all(items.slice(at, at + AT_ONCE).map((row) => fire(deps, row)));
      fired += done.length;
      failed += done.filter((ok) => !ok).length;
    }
    after = items.at(-1)?.dueAt ?? after;
    if (!more) {
      if (stopped) await deps.table.write([{ type: "remove", key: rows.sweep(shard) }]);
      return { fired, failed, complete: true };
    }
    if (deps.elapsed() < until) continue;
    const place = { ...rows.sweep(shard), ...(after !== undefined && { after }) };
    await deps.table.write([{ type: "put", item: place }]);
    return { fired, failed, complete: false };
  }
}

async function fire(deps: SweepDeps, row: Item): Promise<boolean> {
  try {
    await deps.fire(row);
    return true;
  } catch (error) {
    const { pk, sk, kind } = row;
    deps.log.error("what is due failed and comes again", { pk, sk, kind, error: String(error) });
    return false;
  }
}

/**
 * Puts a run's row off after its run was woken. The next commit that shows writes the row anew; a
 * run that is in the middle of a long call writes none, and need not be woken every minute.
 */
export async function putOff(
  { table, now }: Pick<SweepDeps, "table" | "now">,
  row: Item,
): Promise<void> {
  const { updatedAt, status } = row;
  if (row.dueAt === undefined || updatedAt === undefined || status === undefined) return;
  const looks = Number(row["looks"] ?? 0) + 1;
  const id = String(row["run"]);
  const at = now() + Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** Math.min(looks - 1, 10));
  const item = { ...row, looks, dueShard: dueShard(id), dueAt: dueAt(at, `run#${id}`) };
  // Only while it is as it was read: what a commit has written meanwhile is newer.
  const unchanged = { updatedAt, status, dueAt: row.dueAt };
  await table.write([{ type: "put", item, when: { type: "is", attributes: unchanged } }]);
}
