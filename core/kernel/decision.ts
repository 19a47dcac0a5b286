import type { Event } from "./event.ts";
import type { Instant, Json } from "./json.ts";
import type { Need } from "./needs.ts";
import type { Run } from "./run.ts";

export type Reason =
  | "run_exists"
  | "run_not_found"
  | "run_ended"
  | "run_not_failed"
  | "failed_elsewhere"
  | "run_undone"
  | "migration_blocked"
  | "step_not_open"
  | "step_is_map"
  | "vars_too_large"
  | "run_not_waiting"
  | "run_not_held"
  | "wait_ambiguous"
  | "answer_is_approval"
  | "job_superseded"
  | "signals_full"
  | "answer_is_task"
  | "task_is_approval"
  | "task_is_form"
  | "task_claimed"
  | "task_closed"
  | "task_decided"
  | "already_voted"
  | "not_an_approver"
  | "option_unknown"
  | "digest_mismatch";

export type Artifacts = ReadonlyMap<string, Readonly<{ content: string; value: Json }>>;

/**
 * Accepted, with what happens, which may be nothing; or rejected, which changes nothing.
 * `data` tells the caller more, such as what was decided before.
 */
export type Decision =
  | Readonly<{
      type: "accepted";
      events: readonly Event[];
      run: Run;
      at: Instant;
      data?: Json;
      /** Large values that the events refer to, by id: they must be kept before the events are. */
      artifacts?: Artifacts;
    }>
  | Readonly<{ type: "rejected"; reason: Reason; data?: Json }>;

/** The decision can be made once this is known: whoever asked finds it out, and asks again. */
export type Needs = Readonly<{ type: "needs"; need: Need }>;

export function reject(reason: Reason, data?: Json): Decision {
  return { type: "rejected", reason, ...(data !== undefined && { data }) };
}
