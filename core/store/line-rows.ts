import { heldToken } from "../kernel/hold.ts";
import type { Instant } from "../kernel/json.ts";
import type { Run } from "../kernel/run.ts";
import type { Item, Operation } from "../ports/table.ts";
import { dueAt, dueShard, expiring, listSk, padded, rows } from "./rows.ts";

/** Priorities go from -1,000 to 1,000. */
export const PRIORITY_MAX = 1_000;
/** Counters of limits that nobody has asked for so long are removed; no run lives as long. */
const COUNTER_KEPT_MS = 1_000 * 86_400_000;

/** The row by which a held run stands in a line comes and goes with its place there. */
export function lineRows(before: Run, after: Run): readonly Operation[] {
  const was = placeOf(before);
  const is = placeOf(after);
  if (was === undefined && is === undefined) return [];
  if (was?.pk === is?.pk && was?.sk === is?.sk) return [];
  return [
    ...(was ? [{ type: "remove", key: { pk: was.pk, sk: was.sk } } as const] : []),
    ...(is ? [{ type: "put", item: is } as const] : []),
  ];
}

function placeOf(run: Run): Item | undefined {
  const line = heldToken(run)?.hold.line;
  if (line === undefined) return undefined;
  const order = padded(PRIORITY_MAX - (run.priority ?? 0));
  const place = `${order}#${listSk(run.createdAt, run.id)}`;
  return { ...rows.inLine(run.tenant, line, place), run: run.id };
}

/** Takes a unit of a limit for a run, in the write that makes it active. */
export function unitRows(
  tenant: string,
  runId: string,
  unit: Readonly<{ name: string; max: number }>,
  now: Instant,
): readonly Operation[] {
  const { name, max } = unit;
  const { expiresAt } = expiring(now + COUNTER_KEPT_MS);
  return [
    { type: "add", key: rows.counter(tenant, name), by: 1, max, expiresAt },
    { type: "put", item: { ...rows.unit(tenant, name, runId), at: now }, when: { type: "absent" } },
  ];
}

/** A line that somebody may stand in, due to be looked at. */
export function waitingLineRow(
  tenant: string,
  line: string,
  at: Instant,
  more: Readonly<{ revision: string }>,
): Item {
  return {
    ...rows.waitingLine(tenant, line),
    ...more,
    kind: "line-of-runs",
    tenant,
    line,
    dueShard: dueShard(line),
    dueAt: dueAt(at, `line#${tenant}#${line}`),
  };
}
