import type { Command } from "../kernel/command.ts";
import { isObject, type Json } from "../kernel/json.ts";
import { bytesOf, SIZES } from "../kernel/sizes.ts";
import type { EngineDeps } from "./deps.ts";
import type { Engine } from "./engine.ts";
import { give } from "./give.ts";
import type { Handled } from "./handle.ts";
import { verifyLedger } from "./ledger/verify.ts";
import { respondToTask } from "./people/answer-task.ts";
import { listRuns } from "./read/list-runs.ts";
import { readEvents } from "./read/read-events.ts";
import { readRun } from "./read/read-run.ts";
import { readSteps } from "./read/read-steps.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { retryRun } from "./retry-run.ts";
import { noRun, refused } from "./run-refusals.ts";
import { settledWithin } from "./settled.ts";
import { starting } from "./start-run.ts";
import type { Caller, RunView } from "./views.ts";

/** Everything about runs that a door can ask. */
export function runsOf(deps: EngineDeps): Engine["runs"] {
  const get: Engine["runs"]["get"] = async ({ tenant }, runId) => {
    const run = await readRun(deps, { tenant, runId });
    return run ? ok(run) : noRun(runId);
  };
  return {
    start: starting(deps),
    get,
    async settled(caller, runId, seconds) {
      await settledWithin(deps, { tenant: caller.tenant, runId }, seconds);
      return get(caller, runId);
    },
    list: (caller, filter, paging) => listRuns(deps, caller.tenant, filter, paging),
    steps: (caller, runId, filter, paging) =>
      readSteps(deps, { tenant: caller.tenant, runId }, filter, paging),
    events: (caller, runId, query) => readEvents(deps, { tenant: caller.tenant, runId }, query),
    verify: (caller, runId, after) => verifyLedger(deps, { tenant: caller.tenant, runId }, after),

    async signal(caller, runId, request) {
      const { name, key, payload, id } = request;
      const large = tooLarge(payload);
      if (large) return large;
      const handled = await give(deps, caller, runId, {
        type: "run.signal",
        name,
        payload: payload ?? null,
        ...(key !== undefined && { key }),
        ...(id !== undefined && { id }),
      });
      if (handled.type !== "accepted") return refused(handled, runId);
      return ok({ accepted: true, duplicate: handled.events.length === 0 });
    },

    async respond(caller, runId, body) {
      const large = tooLarge(body);
      if (large) return large;
      const handled = await give(deps, caller, runId, { type: "run.respond", body });
      const task = taskAsked(handled);
      if (task === undefined) return answered(deps, caller, runId, handled);
      const done = await respondToTask(deps, caller, task, body);
      return done.ok ? get(caller, runId) : done;
    },

    async cancel(caller, runId, reason, compensate) {
      const command: Command = {
        type: "run.cancel",
        ...(reason !== undefined && { reason }),
        ...(compensate === true && { compensate }),
      };
      return then(deps, caller, runId, command);
    },

    retry: (caller, runId, node) => retryRun(deps, caller, runId, node),
  };
}

function tooLarge(payload: Json | undefined) {
  if (bytesOf(payload) <= SIZES.payloadMax) return undefined;
  return refuse("PAYLOAD_TOO_LARGE", `a payload has at most ${SIZES.payloadMax} bytes`);
}

async function then(
  deps: EngineDeps,
  caller: Caller,
  runId: string,
  command: Command,
): Promise<Result<RunView>> {
  return answered(deps, caller, runId, await give(deps, caller, runId, command));
}

/** The task that a run waits for, when that is what an answer is for. */
function taskAsked(handled: Handled): string | undefined {
  if (handled.type !== "rejected" || handled.reason !== "answer_is_task") return undefined;
  const { data } = handled;
  return isObject(data) && typeof data["task"] === "string" ? data["task"] : undefined;
}

async function answered(
  deps: EngineDeps,
  caller: Caller,
  runId: string,
  handled: Handled,
): Promise<Result<RunView>> {
  if (handled.type !== "accepted") return refused(handled, runId);
  const run = await readRun(deps, { tenant: caller.tenant, runId });
  return run ? ok(run) : noRun(runId);
}
