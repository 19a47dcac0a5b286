import type { Command } from "../kernel/command.ts";
import type { Json } from "../kernel/json.ts";
import { isOwed } from "../kernel/run.ts";
import { bytesOf, SIZES } from "../kernel/sizes.ts";
import { handleDeps } from "./contexts.ts";
import { API_TIME_MS, type EngineDeps } from "./deps.ts";
import type { Engine } from "./engine.ts";
import { type Handled, handle } from "./handle.ts";
import { verifyLedger } from "./ledger/verify.ts";
import { listRuns } from "./read/list-runs.ts";
import { readEvents } from "./read/read-events.ts";
import { readRun } from "./read/read-run.ts";
import { readSteps } from "./read/read-steps.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import { retryRun } from "./retry-run.ts";
import { noRun, refused } from "./run-refusals.ts";
import { settledWithin } from "./settled.ts";
import { actorOf, starting } from "./start-run.ts";
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
    verify: (caller, runId) => verifyLedger(deps, { tenant: caller.tenant, runId }),

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
      return then(deps, caller, runId, { type: "run.respond", body });
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
  const handled = await give(deps, caller, runId, command);
  if (handled.type !== "accepted") return refused(handled, runId);
  const run = await readRun(deps, { tenant: caller.tenant, runId });
  return run ? ok(run) : noRun(runId);
}

/** Hands a command of the API to the run, and wakes a driver if the run is now owed something. */
export async function give(
  deps: EngineDeps,
  caller: Pick<Caller, "tenant" | "keyId" | "person">,
  runId: string,
  command: Command,
  actor = actorOf(caller),
): Promise<Handled> {
  const key = { tenant: caller.tenant, runId };
  const until = deps.elapsed() + API_TIME_MS;
  const handled = await handle(handleDeps(deps), { key, command, actor, until });
  if (handled.type === "accepted" && handled.committed && isOwed(handled.run, handled.at)) {
    await deps.queue.wake(key);
  }
  return handled;
}
