import type { Command } from "../kernel/command.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import { bytesOf, SIZES } from "../kernel/sizes.ts";
import type { EngineDeps } from "./deps.ts";
import { give } from "./give.ts";
import { type MigrateRequest, type MigrationView, migrateRun } from "./migrate-run.ts";
import { readRun } from "./read/read-run.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { noRun, refused } from "./run-refusals.ts";
import type { Caller, RunView } from "./views.ts";

type Why = Readonly<{ reason?: string | undefined }>;

/** What an operator does to a run by hand. Each is a commit of the run's log, under their name. */
export interface RunControl {
  pause(caller: Caller, runId: string, why: Why): Promise<Result<RunView>>;
  resume(caller: Caller, runId: string): Promise<Result<RunView>>;
  patch(
    caller: Caller,
    runId: string,
    request: Why & { vars: JsonObject },
  ): Promise<Result<RunView>>;
  /** Under another version of its workflow; with `dryRun`, only what would become of it. */
  migrate(caller: Caller, runId: string, request: MigrateRequest): Promise<Result<MigrationView>>;
  skipStep(
    caller: Caller,
    runId: string,
    step: string,
    request: Why & { output: Json },
  ): Promise<Result<RunView>>;
  cancelStep(caller: Caller, runId: string, step: string, why: Why): Promise<Result<RunView>>;
}

export function controlOf(deps: EngineDeps): RunControl {
  async function then(caller: Caller, runId: string, command: Command): Promise<Result<RunView>> {
    const handled = await give(deps, caller, runId, command);
    if (handled.type !== "accepted") return refused(handled, runId);
    const run = await readRun(deps, { tenant: caller.tenant, runId });
    return run ? ok(run) : noRun(runId);
  }

  return {
    pause: (caller, runId, why) => then(caller, runId, { type: "run.pause", ...given(why) }),
    resume: (caller, runId) => then(caller, runId, { type: "run.resume" }),

    patch: (caller, runId, { vars, ...why }) =>
      then(caller, runId, { type: "vars.patch", vars, ...given(why) }),

    migrate: (caller, runId, request) => migrateRun(deps, caller, runId, request),

    async skipStep(caller, runId, step, { output, ...why }) {
      if (bytesOf(output) > SIZES.valueMax) {
        return refuse("PAYLOAD_TOO_LARGE", `an output has at most ${SIZES.valueMax} bytes`);
      }
      return then(caller, runId, { type: "step.skip", step, output, ...given(why) });
    },

    cancelStep: (caller, runId, step, why) =>
      then(caller, runId, { type: "step.cancel", step, ...given(why) }),
  };
}

function given({ reason }: Why): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
