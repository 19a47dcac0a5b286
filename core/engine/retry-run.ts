import { isOwed } from "../kernel/run.ts";
import { handleDeps } from "./contexts.ts";
import { API_TIME_MS, type EngineDeps } from "./deps.ts";
import { handle } from "./handle.ts";
import { ACTIVE_RUNS, activeRunUnit, isLimitRefusal, limitRefusal } from "./limits.ts";
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
  const key = { tenant: caller.tenant, runId };
  const limits = await deps.limitsOf(caller.tenant);
  const units = limits.maxActiveRuns === undefined ? {} : { units: [ACTIVE_RUNS] };
  const handled = await handle(handleDeps(deps), {
    key,
    command: { type: "run.retry", ...units, ...(node !== undefined && { node }) },
    actor,
    also: (events) => activeRunUnit(caller.tenant, runId, limits, events),
    until: deps.elapsed() + API_TIME_MS,
  });
  if (handled.type === "refused" && isLimitRefusal(handled.refused)) return limitRefusal(limits);
  if (handled.type !== "accepted") return refused(handled, runId);
  if (isOwed(handled.run, handled.at)) await deps.queue.wake(key);
  const run = await readRun(deps, key);
  return run ? ok(run) : noRun(runId);
}
