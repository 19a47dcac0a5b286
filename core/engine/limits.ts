import type { Event } from "../kernel/event.ts";
import type { Operation, Refused } from "../ports/table.ts";
import { rows } from "../store/rows.ts";
import type { Limits } from "./access.ts";
import { refuse } from "./refusal.ts";

export const ACTIVE_RUNS = "activeRuns";

const ENDS = new Set(["run.succeeded", "run.failed", "run.cancelled"]);

/**
 * The unit that an active run holds of its tenant's limit: a row named after the run, written with
 * the counter in the run's first commit. Without a limit there is no counter, and nothing to pay.
 */
export function activeRunUnit(
  tenant: string,
  runId: string,
  limits: Limits,
  events: readonly Event[],
): readonly Operation[] {
  const { maxActiveRuns } = limits;
  // A run that ends in its first commit was never active.
  if (maxActiveRuns === undefined || events.some((event) => ENDS.has(event.type))) return [];
  return [
    { type: "add", key: rows.counter(tenant, ACTIVE_RUNS), by: 1, max: maxActiveRuns },
    { type: "put", item: { ...rows.unit(tenant, ACTIVE_RUNS, runId) }, when: { type: "absent" } },
  ];
}

/** Of the rows that go with a start, only a counter refuses without a row of its own to show. */
export function isLimitRefusal(refused: readonly Refused[]): boolean {
  return refused.every(({ item }) => item === undefined);
}

export function limitRefusal(limits: Limits) {
  const message = `the tenant may have ${limits.maxActiveRuns} active runs, and has them`;
  return refuse("LIMIT_REACHED", message, {
    data: { limit: "maxActiveRuns", max: limits.maxActiveRuns ?? 0 },
    retryAfterMs: 1_000,
  });
}
