import type { Command } from "../kernel/command.ts";
import type { Reason } from "../kernel/decision.ts";
import { isObject, type Json } from "../kernel/json.ts";
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

    async cancel(caller, runId, reason) {
      const command: Command = { type: "run.cancel", ...(reason !== undefined && { reason }) };
      return then(deps, caller, runId, command);
    },
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
  actor = actorOf(caller as Caller),
): Promise<Handled> {
  const key = { tenant: caller.tenant, runId };
  const until = deps.elapsed() + API_TIME_MS;
  const handled = await handle(handleDeps(deps), { key, command, actor, until });
  if (handled.type === "accepted" && handled.committed && isOwed(handled.run, handled.at)) {
    await deps.queue.wake(key);
  }
  return handled;
}

export function noRun(runId: string) {
  return refuse("NOT_FOUND", `there is no run ${runId}`);
}

/** The kernel's reasons, in the words of the wire. */
export function refused(handled: Exclude<Handled, { type: "accepted" }>, runId: string) {
  if (handled.type === "refused") throw new Error(`run ${runId} refused rows that go with nothing`);
  const { reason, data } = handled;
  const more = data !== undefined && isObject(data) ? { data } : {};
  return REFUSALS[reason](runId, more);
}

type More = { data?: { readonly [key: string]: Json } };
type Refuse = (runId: string, more: More) => ReturnType<typeof refuse>;

const REFUSALS: Readonly<Record<Reason, Refuse>> = {
  run_exists: (run) => refuse("RUN_EXISTS", `there is a run ${run} already`),
  run_not_found: noRun,
  run_ended: (run) => refuse("RUN_ENDED", `run ${run} has ended`),
  run_not_waiting: (run) => refuse("RUN_NOT_WAITING", `run ${run} waits for no answer`),
  wait_ambiguous: (run, more) =>
    refuse("WAIT_AMBIGUOUS", `run ${run} waits for several answers; name one by a signal`, more),
  answer_is_approval: (run) =>
    refuse("ANSWER_IS_APPROVAL", `run ${run} waits for an approval, which only a decision settles`),
  job_superseded: () => refuse("LEASE_LOST", "the job is no longer yours"),
  signals_full: (run) => refuse("SIGNALS_FULL", `run ${run} keeps as many signals as it may`),
  task_closed: () => refuse("TASK_CLOSED", "the task is closed"),
  task_decided: (_, more) => refuse("TASK_DECIDED", "the task was decided before", more),
  already_voted: (_, more) => refuse("TASK_DECIDED", "this person has decided before", more),
  not_an_approver: () => refuse("NOT_AN_APPROVER", "the task does not ask this person"),
  option_unknown: (_, more) => refuse("INVALID_REQUEST", "the task has no such decision", more),
  digest_mismatch: (_, more) =>
    refuse("DIGEST_MISMATCH", "what is to be decided is not what was shown", more),
};
