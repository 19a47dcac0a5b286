import type { Reason } from "../kernel/decision.ts";
import { isObject, type Json } from "../kernel/json.ts";
import type { Finding } from "../kernel/migrate.ts";
import type { Handled } from "./handle.ts";
import { refuse } from "./refusal.ts";

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
  run_not_failed: (run) => refuse("RUN_NOT_FAILED", `run ${run} has not failed`),
  run_undone: (run) => refuse("RUN_NOT_FAILED", `what run ${run} did was undone: start a new one`),
  migration_blocked: (run, { data }) => {
    const found = (data?.["problems"] ?? []) as unknown as readonly Finding[];
    const errors = found.map(({ node, code, message }) => ({ path: node, code, message }));
    const message = `${errors.length} things of run ${run} do not map to that version`;
    return refuse("MIGRATION_BLOCKED", message, { errors });
  },
  failed_elsewhere: (run, more) =>
    refuse("RUN_NOT_FAILED", `run ${run} did not fail at that node`, more),
  step_not_open: (run) => refuse("STEP_NOT_OPEN", `run ${run} has no such step under way`),
  step_is_map: (run) => refuse("STEP_NOT_OPEN", `the step of run ${run} is a map: skip its steps`),
  vars_too_large: () => refuse("PAYLOAD_TOO_LARGE", "the variables would be larger than is kept"),
  run_not_held: (run) => refuse("RUN_NOT_WAITING", `run ${run} has begun`),
  run_not_waiting: (run) => refuse("RUN_NOT_WAITING", `run ${run} waits for no answer`),
  wait_ambiguous: (run, more) =>
    refuse("WAIT_AMBIGUOUS", `run ${run} waits for several answers; name one by a signal`, more),
  answer_is_approval: (run) =>
    refuse("ANSWER_IS_APPROVAL", `run ${run} waits for an approval, which only a decision settles`),
  job_superseded: () => refuse("LEASE_LOST", "the job is no longer yours"),
  signals_full: (run) => refuse("SIGNALS_FULL", `run ${run} keeps as many signals as it may`),
  answer_is_task: (run, more) =>
    refuse("WAIT_AMBIGUOUS", `run ${run} waits for a task, which is completed by its own id`, more),
  task_is_approval: () =>
    refuse("TASK_IS_APPROVAL", "the task is an approval, which is decided by its approvers"),
  task_is_form: () =>
    refuse("TASK_IS_FORM", "the task is no approval: it is completed, and not decided"),
  task_claimed: (_, more) => refuse("TASK_CLAIMED", "somebody else has claimed the task", more),
  task_closed: () => refuse("TASK_CLOSED", "the task is closed"),
  task_decided: (_, more) => refuse("TASK_DECIDED", "the task was decided before", more),
  already_voted: (_, more) => refuse("TASK_DECIDED", "this person has decided before", more),
  not_an_approver: () => refuse("NOT_AN_APPROVER", "the task does not ask this person"),
  option_unknown: (_, more) => refuse("INVALID_REQUEST", "the task has no such decision", more),
  digest_mismatch: (_, more) =>
    refuse("DIGEST_MISMATCH", "what is to be decided is not what was shown", more),
};
