import { parseInstant } from "../../kernel/duration.ts";
import type { ScheduleRecord } from "../../store/schedules.ts";
import type { EngineDeps } from "../deps.ts";
import type { Engine } from "../engine.ts";
import { ok, type Result } from "../refusal.ts";
import { runIdAt, startAt } from "./fire-schedule.ts";
import { invalid } from "./make-schedule.ts";
import { occurrencesIn } from "./occurrences.ts";

/** Occurrences that one backfill may have: its caller waits for all of them. */
export const BACKFILL_MAX = 200;

/**
 * Starts a run for each past occurrence that has none. The ids are those of ordinary firings, so
 * what was fired before is not fired again, and a backfill that was cut off can be sent again.
 */
export async function backfill(
  deps: EngineDeps,
  runs: Pick<Engine["runs"], "start">,
  record: ScheduleRecord,
  range: Readonly<{ from: string; to: string }>,
): Promise<Result<{ started: number; existing: number }>> {
  const [from, to] = [parseInstant(range.from), parseInstant(range.to)];
  if (from === undefined || to === undefined || to < from || to > deps.clock.now()) {
    const message = "expected instants in the past, `from` before `to`";
    return invalid([{ path: "to", code: "INVALID_VALUE", message }]);
  }
  const span = { after: from - 1, until: to };
  const found = occurrencesIn(deps.calendar, record.timing, span, BACKFILL_MAX);
  if (found.length > BACKFILL_MAX) {
    const message = `it has more than ${BACKFILL_MAX} occurrences; ask for less at once`;
    return invalid([{ path: "to", code: "TOO_BIG", message }]);
  }
  let existing = 0;
  for (const at of found) {
    const runId = runIdAt(deps, record, at);
    const { run } = await deps.log.load({ tenant: record.tenant, runId });
    if (run.seq > 0) existing++;
    else {
      const refusal = await startAt(runs, record, at, runId);
      if (refusal) return { ok: false, refusal };
    }
  }
  return ok({ started: found.length - existing, existing });
}
