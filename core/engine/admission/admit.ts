import { heldToken, type Unit } from "../../kernel/hold.ts";
import { isOwed } from "../../kernel/run.ts";
import type { RunKey } from "../../ports/queue.ts";
import type { Item, Operation, Table } from "../../ports/table.ts";
import { unitRows, waitingLineRow } from "../../store/line-rows.ts";
import { rows } from "../../store/rows.ts";
import { type HandleDeps, handle } from "../handle.ts";
import { endsAtOnce } from "../limits.ts";

const SYSTEM = { kind: "system", id: "limits" } as const;
/** How many one turn lets in; the line's row brings the next turn. */
const TURN_MAX = 20;
const TIME_MS = 20_000;
/** Longer than a start may take: see `announceLine`. */
const LOOK_MS = 60_000;

/** Which of some limits has no room, by what is stored. */
export async function fullOf(
  table: Table,
  tenant: string,
  units: readonly Unit[],
): Promise<Unit | undefined> {
  for (const unit of units) {
    const count = Number((await table.get(rows.counter(tenant, unit.name)))?.["count"] ?? 0);
    if (count >= unit.max) return unit;
  }
  return undefined;
}

export async function firstIn(table: Table, tenant: string, line: string) {
  const { pk } = rows.inLine(tenant, line, "");
  return (await table.query({ pk, limit: 1 })).items[0];
}

/**
 * Says that somebody may stand in a line, before they do: a minute later it is looked at. Nobody
 * takes longer than that to get there, so a line that is empty then needs no look any more.
 */
export async function announceLine(deps: HandleDeps, tenant: string, line: string): Promise<void> {
  const at = deps.clock.now() + LOOK_MS;
  const item = waitingLineRow(tenant, line, at, { revision: deps.commitId() });
  await deps.table.write([{ type: "put", item }]);
}

/** The row of a line is due: lets in whom there is room for, and again while some are left. */
export async function lookAtLine(deps: HandleDeps, row: Item): Promise<void> {
  const tenant = String(row["tenant"]);
  const line = String(row["line"]);
  const revision = String(row["revision"]);
  await admitFrom(deps, tenant, line);
  const when = { type: "is", attributes: { revision } } as const;
  const rest = await firstIn(deps.table, tenant, line);
  const at = deps.clock.now() + LOOK_MS;
  const next: Operation = rest
    ? { type: "put", item: waitingLineRow(tenant, line, at, { revision }), when }
    : { type: "remove", key: rows.waitingLine(tenant, line), when };
  await deps.table.write([next]);
}

/** Units were given back: whoever waits for them is let in. */
export async function admitFreed(
  deps: HandleDeps,
  tenant: string,
  units: readonly string[],
): Promise<void> {
  for (const line of units) await admitFrom(deps, tenant, line);
}

/** Lets in the first of a line, one after the other, for as long as there is room. */
export async function admitFrom(deps: HandleDeps, tenant: string, line: string): Promise<void> {
  for (let turn = 0; turn < TURN_MAX; turn++) {
    const first = await firstIn(deps.table, tenant, line);
    if (!first) return;
    const outcome = await admit(deps, { tenant, runId: String(first["run"]) });
    if (outcome === "full") return;
    if (outcome === "gone") await deps.table.write([{ type: "remove", key: first }]);
  }
}

/**
 * Lets a held run begin, if all of its limits have room: their units are taken in the very commit
 * that lets it. If one has none, it stands in the line of that one from then on.
 */
export async function admit(
  deps: HandleDeps,
  key: RunKey,
): Promise<"begun" | "full" | "moved" | "gone"> {
  const { tenant, runId } = key;
  const { run } = await deps.log.load(key);
  const held = heldToken(run);
  if (!held) return "gone";
  const { units = [], line } = held.hold;
  const now = deps.clock.now();
  const given = { key, actor: SYSTEM, until: deps.elapsed() + TIME_MS };
  const handled = await handle(deps, {
    ...given,
    command: { type: "run.admit" },
    also: (events) =>
      endsAtOnce(events) ? [] : units.flatMap((unit) => unitRows(tenant, runId, unit, now)),
  });
  if (handled.type === "accepted") {
    if (isOwed(handled.run, handled.at)) await deps.queue.wake(key);
    return "begun";
  }
  if (handled.type === "rejected") return "gone";
  const full = await fullOf(deps.table, tenant, units);
  // Something was given back in between: whoever asked asks again.
  if (!full) return "moved";
  if (full.name === line) return "full";
  await announceLine(deps, tenant, full.name);
  await handle(deps, { ...given, command: { type: "run.line", line: full.name } });
  return "moved";
}

/** How many stand before a run in its line, and it: 1 is next. Undefined beyond a thousand. */
export async function positionIn(
  table: Table,
  tenant: string,
  line: string,
  runId: string,
): Promise<number | undefined> {
  const { pk } = rows.inLine(tenant, line, "");
  const { items } = await table.query({ pk, limit: 1_000 });
  const index = items.findIndex((item) => item["run"] === runId);
  return index < 0 ? undefined : index + 1;
}
