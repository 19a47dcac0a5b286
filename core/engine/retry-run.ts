import { isOwed } from "../kernel/run.ts";
import { fullOf } from "./admission/admit.ts";
import { wantedBy } from "./admission/groups.ts";
import { handleDeps } from "./contexts.ts";
import { API_TIME_MS, type EngineDeps } from "./deps.ts";
import { handle } from "./handle.ts";
import {
  ACTIVE_RUNS,
  concurrencyRefusal,
  isLimitRefusal,
  limitRefusal,
  takenUnits,
} from "./limits.ts";
import { readRun } from "./read/read-run.ts";
import { ok, type Result } from "./refusal.ts";
import { noRun, refused } from "./run-refusals.ts";
import { actorOf } from "./start-run.ts";
import type { Caller, RunView } from "./views.ts";

/** Lets a failed run go on. It is active again, so it needs what a start needs of its tenant. */
export async function retryRun(
  deps: EngineDeps,
  caller: Pick<Caller, "tenant" | "keyId" | "person">,
  runId: string,
  node: string | undefined,
  actor = actorOf(caller),
): Promise<Result<RunView>> {
  const { tenant } = caller;
  const key = { tenant, runId };
  const [limits, { run: before }] = await Promise.all([deps.limitsOf(tenant), deps.log.load(key)]);
  const { workflow: record, input, tags } = before;
  const known = { tenant, runId, record, input, tags, limits };
  const wanted = before.seq === 0 ? undefined : await wantedBy(deps, known);
  if (wanted && !wanted.ok) return wanted;
  const units = wanted?.value.units ?? [];
  const names = units.length === 0 ? {} : { units: units.map(({ name }) => name) };
  const now = deps.clock.now();
  const handled = await handle(handleDeps(deps), {
    key,
    command: { type: "run.retry", ...names, ...(node !== undefined && { node }) },
    actor,
    also: (events) => takenUnits(tenant, runId, units, events, now),
    until: deps.elapsed() + API_TIME_MS,
  });
  if (handled.type === "refused" && isLimitRefusal(handled.refused)) {
    const full = await fullOf(deps.table, tenant, units);
    return full && full.name !== ACTIVE_RUNS
      ? concurrencyRefusal(record.name, full)
      : limitRefusal(limits);
  }
  if (handled.type !== "accepted") return refused(handled, runId);
  if (isOwed(handled.run, handled.at)) await deps.queue.wake(key);
  const run = await readRun(deps, key);
  return run ? ok(run) : noRun(runId);
}
