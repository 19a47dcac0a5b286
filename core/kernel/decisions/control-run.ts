import { advance } from "../advance.ts";
import type { CommandOf } from "../command.ts";
import { idsOf, leaveCancelled, nodeOf, succeed } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { closeSteps, closeTask } from "../end-run.ts";
import { keepEach } from "../large-values.ts";
import { stepOf, type Token, tokensOf } from "../run.ts";
import type { Refused } from "./answer-waits.ts";

/**
 * From here on nothing new starts. What is under way ends by itself, and is recorded. A run that
 * was paused with its parent is held, from here on, by whoever pauses it by hand.
 */
export function pauseRun(draft: Draft, { reason, withParent }: CommandOf<"run.pause">): undefined {
  const { status, pausedWithParent } = draft.run;
  if (status === "paused" && (withParent || !pausedWithParent)) return;
  emit(draft, {
    type: "run.paused",
    ...(reason !== undefined && { reason }),
    ...(withParent && { withParent }),
  });
}

/** A paused run goes on, with what came due in the meantime. */
export async function resumeRun(
  draft: Draft,
  { withParent }: CommandOf<"run.resume">,
): Promise<undefined> {
  const { status, pausedWithParent } = draft.run;
  if (status !== "paused" || (withParent && !pausedWithParent)) return;
  emit(draft, { type: "run.resumed", reason: "resume" });
  await advance(draft, undefined);
}

/** Sets variables by hand. A run that has failed takes them too: a retry sees them. */
export function patchVars(
  draft: Draft,
  { vars, reason }: CommandOf<"vars.patch">,
): Refused | undefined {
  const kept = keepEach(draft, vars);
  if (!kept) return { reason: "vars_too_large" };
  emit(draft, { type: "vars.patched", vars: kept, ...(reason !== undefined && { reason }) });
  return undefined;
}

/** A step need not be done: it has the output that it is given, as if it had come to that. */
export async function skipStep(
  draft: Draft,
  { step, output, reason }: CommandOf<"step.skip">,
): Promise<Refused | undefined> {
  const token = openAt(draft, step);
  if (!token) return { reason: "step_not_open" };
  if (token.wait?.kind === "approval") return { reason: "answer_is_approval" };
  if (token.status === "mapping") return { reason: "step_is_map" };
  closeTask(draft, token);
  const skipped = { output, ...(reason !== undefined && { reason }) };
  await succeed(draft, token, skipped, "success", "step.skipped");
  return undefined;
}

/** A step is given up: its error edge takes that, or its path ends there. */
export async function cancelStep(
  draft: Draft,
  { step, reason }: CommandOf<"step.cancel">,
): Promise<Refused | undefined> {
  const token = openAt(draft, step);
  if (!token) return { reason: "step_not_open" };
  const before = draft.run;
  const message = reason ?? `${nodeOf(draft, token).id} was cancelled by hand`;
  const moves = await leaveCancelled(draft, token, message);
  closeTask(draft, token);
  const why = { code: "CANCELLED", ...(reason !== undefined && { reason }) };
  emit(draft, { type: "step.cancelled", ...idsOf(token), ...why, moves });
  closeSteps(draft, before, token.id);
  return undefined;
}

/** The token whose step is under way. */
function openAt(draft: Draft, step: string): Token | undefined {
  return tokensOf(draft.run).find(
    (token) => token.visit > 0 && token.status !== "parked" && stepOf(token) === step,
  );
}
