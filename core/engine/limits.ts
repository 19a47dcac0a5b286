import type { Event } from "../kernel/event.ts";
import type { Unit } from "../kernel/hold.ts";
import type { Instant } from "../kernel/json.ts";
import type { Operation, Refused } from "../ports/table.ts";
import { unitRows } from "../store/line-rows.ts";
import type { Limits } from "./access.ts";
import { refuse } from "./refusal.ts";

export const ACTIVE_RUNS = "activeRuns";

const ENDS = new Set(["run.succeeded", "run.failed", "run.cancelled"]);

/** A run that ends in the commit in which it would become active was never active. */
export function endsAtOnce(events: readonly Event[]): boolean {
  return events.some((event) => ENDS.has(event.type));
}

/**
 * The units that an active run holds of limits: each a row named after the run, written with the
 * counter in the commit that makes it active. Without a limit there is no counter, and nothing to
 * pay.
 */
export function takenUnits(
  tenant: string,
  runId: string,
  units: readonly Unit[],
  events: readonly Event[],
  now: Instant,
): readonly Operation[] {
  if (endsAtOnce(events)) return [];
  return units.flatMap((unit) => unitRows(tenant, runId, unit, now));
}

/** Of the rows that go with a start, only a counter refuses without a row of its own to show. */
export function isLimitRefusal(refused: readonly Refused[]): boolean {
  return refused.every(({ item }) => item === undefined);
}

export function limitRefusal({ maxActiveRuns: max = 0 }: Limits) {
  const message = `the tenant may have ${max} active runs, and has them`;
  return refuse("LIMIT_REACHED", message, {
    data: { limit: "maxActiveRuns", max },
    retryAfterMs: 1_000,
  });
}

export function concurrencyRefusal(workflow: string, { max }: Unit) {
  const message = `${workflow} may have ${max} active runs of this key, and has them`;
  return refuse("LIMIT_REACHED", message, {
    data: { limit: "concurrency", max },
    retryAfterMs: 1_000,
  });
}
