import { adviseRun } from "./advise-run.ts";
import type { EngineDeps } from "./deps.ts";
import type { Drawn } from "./graph-view.ts";
import { explainRun } from "./read/explain-run.ts";
import { readGraph } from "./read/read-graph.ts";
import { readRun } from "./read/read-run.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { noRun } from "./run-refusals.ts";
import type { Caller, RunView, StepError, WaitingOn } from "./views.ts";

/** Why a run is where it is. */
export type ExplainView = Readonly<{
  runId: string;
  status: RunView["status"];
  phase?: "compensating";
  summary: string;
  /** What would get it on. */
  unblock: readonly string[];
  since: string;
  waitingOn: readonly WaitingOn[];
  nextTimer: string | null;
  /** The code of the limit that ended it. */
  limit: string | null;
  deadline: string | null;
  lastError: (StepError & { step?: string }) | null;
  /** Steps whose calls are under way. */
  running: readonly string[];
}>;

export type AdviceView = Readonly<{
  runId: string;
  category: "transient" | "configuration" | "data" | "decision" | "limit" | "unknown" | "other";
  action: "retry" | "mend_and_retry" | "patch_and_retry" | "check_and_skip" | "start_anew" | "none";
  explanation: string;
  confidence: number;
  error: StepError;
  /** The call that would carry it out: nobody makes it but you. */
  request: { method: "POST"; path: string } | null;
  source: "rules";
}>;

export interface Insight {
  /** The definition, and where the run is and was in it. */
  graph(caller: Caller, runId: string): Promise<Result<Drawn>>;
  explain(caller: Caller, runId: string): Promise<Result<ExplainView>>;
  /** What may be done about a failed run. Nothing is done. */
  advice(caller: Caller, runId: string): Promise<Result<AdviceView>>;
}

export function insightOf(deps: EngineDeps): Insight {
  return {
    async graph({ tenant }, runId) {
      const drawn = await readGraph(deps, { tenant, runId });
      return drawn ? ok(drawn) : noRun(runId);
    },

    async explain({ tenant }, runId) {
      const told = await explainRun(deps, { tenant, runId });
      return told ? ok(told) : noRun(runId);
    },

    async advice({ tenant }, runId) {
      const run = await readRun(deps, { tenant, runId });
      if (!run) return noRun(runId);
      if (run.error === null || run.status !== "failed") {
        return refuse("RUN_NOT_FAILED", `run ${runId} has not failed`);
      }
      const loaded = await deps.log.load({ tenant, runId });
      return ok(adviseRun(run, run.error, loaded.run.halted !== undefined));
    },
  };
}
