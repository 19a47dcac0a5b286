import { type Draft, emit, passingOn } from "./draft.ts";
import { ExpressionError } from "./expression-limits.ts";
import { keep } from "./large-values.ts";
import { hasEnded, type Run, type RunError, type Token, tokensOf, type Undoing } from "./run.ts";
import { SIZES } from "./sizes.ts";
import { idsOf, nodeOf } from "./step-ids.ts";
import { evaluateTemplate } from "./template.ts";
import { nextUndo } from "./undo.ts";
import { doubtOf } from "./wait.ts";

/** Ends the run as failed, once what it did is undone; whatever was under way is cancelled. */
export function failRun(draft: Draft, error: RunError, culprit?: number): void {
  if (beginUndoing(draft, { error }, culprit)) return;
  closeAll(draft, culprit);
  emit(draft, { type: "run.failed", error });
}

/** Ends the run as cancelled. Without `compensate`, nothing of what it did is undone. */
export function cancelRun(draft: Draft, reason: string | undefined, compensate: boolean): void {
  const why = reason === undefined ? {} : { reason };
  // It is ending already, and what it did is being undone.
  if (draft.run.undoing) return;
  if (compensate && beginUndoing(draft, why)) return;
  closeAll(draft);
  // It has nothing to undo itself, and its children may have.
  const asked = compensate && draft.run.children ? { compensate } : {};
  emit(draft, { type: "run.cancelled", ...why, ...asked });
}

/**
 * The run ends, but what it did is undone first: one step after the other, the last one first. A
 * call that is in flight and could be undone is awaited: its answer says whether it must be.
 */
function beginUndoing(draft: Draft, end: Undoing, culprit?: number): boolean {
  const { run } = draft;
  if (run.undoing) return true;
  const awaited = tokensOf(run).filter((token) => token.id !== culprit && isAwaited(draft, token));
  if ((run.undo ?? []).length + awaited.length === 0) return false;
  for (const token of tokensOf(run)) {
    const isOpen = ["running", "waiting", "retrying", "mapping"].includes(token.status);
    if (!isOpen && !token.reconciling) continue;
    if (token.id !== culprit && !awaited.includes(token)) leave(draft, token);
  }
  const awaits = awaited.map(({ id }) => id);
  const moves = awaits.length > 0 ? {} : { moves: nextUndo({ ...run, tokens: {} }) };
  // What fails while the run is paused is undone once it is resumed; who cancels it wants it now.
  const paused = run.status === "paused" && end.error ? { paused: true } : {};
  emit(draft, { type: "run.running", phase: "compensating", ...end, awaits, ...moves, ...paused });
  return true;
}

/** What nobody knows to have happened, and could be undone, is told of as such. */
function leave(draft: Draft, token: Token): void {
  const { compensate } = nodeOf(draft, token);
  const isUnknown = token.reconciling !== undefined || doubtOf(token)?.about === "unknown";
  if (!isUnknown || compensate === undefined || token.scope !== undefined) {
    return cancelStep(draft, token);
  }
  closeTask(draft, token);
  const message = `nobody knows whether ${token.node} must be undone`;
  const error = { code: "OUTCOME_UNKNOWN", message, node: token.node, attempt: token.attempt };
  emit(draft, { type: "step.failed", ...idsOf(token), error });
}

/** A child is asked to undo what it did; should it have succeeded before, its step is undone. */
function isAwaited(draft: Draft, token: Token): boolean {
  if (token.scope !== undefined || nodeOf(draft, token).compensate === undefined) return false;
  return token.status === "running" || token.wait?.kind === "job" || token.wait?.kind === "child";
}

function endUndone(draft: Draft, { error, reason }: Undoing): void {
  if (error) emit(draft, { type: "run.failed", error });
  else emit(draft, { type: "run.cancelled", ...(reason !== undefined && { reason }) });
}

/** Cancels every step that is under way, and closes its task. The tokens go with the run's end. */
export function closeAll(draft: Draft, except?: number): void {
  for (const token of tokensOf(draft.run)) {
    const underWay = ["running", "waiting", "retrying", "mapping"].includes(token.status);
    if (underWay && token.id !== except) cancelStep(draft, token);
  }
}

/**
 * No token is left: the run has succeeded, if its output can be told. An output for which this
 * commit has no room is left to the next, which holds nothing else.
 */
export async function finishRun(draft: Draft): Promise<void> {
  if (hasEnded(draft.run)) return;
  if (draft.run.undoing) return endUndone(draft, draft.run.undoing);
  const { output } = draft.context.workflow;
  try {
    const value = output
      ? await evaluateTemplate(output, passingOn(draft, draft.run, undefined))
      : draft.run.lastOutput;
    const kept = keep(draft, value ?? null);
    if (kept === undefined) {
      const message = `the run's output is larger than ${SIZES.valueMax} bytes`;
      return failRun(draft, { code: "OUTPUT_TOO_LARGE", message });
    }
    const isOver = tokensOf(draft.run).length === 0;
    if (isOver && draft.events.length > 0 && draft.size > SIZES.commitMax) return;
    emit(draft, { type: "run.succeeded", output: kept });
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause;
    failRun(draft, { code: cause.code, message: `the run's output: ${cause.message}` });
  }
}

/** Says of every other step that was under way and lost its token that it is cancelled. */
export function closeSteps(draft: Draft, before: Run, except: number): void {
  for (const token of tokensOf(before)) {
    if (token.id === except || token.visit === 0) continue;
    const now = draft.run.tokens[token.id];
    if (now?.visit === token.visit && now.node === token.node) continue;
    if (token.status !== "ready" && token.status !== "parked") cancelStep(draft, token);
  }
}

export function cancelStep(draft: Draft, token: Token): void {
  closeTask(draft, token);
  emit(draft, { type: "step.cancelled", ...idsOf(token), code: "CANCELLED" });
}

/** What people were asked for a token's step is asked no more. */
export function closeTask(draft: Draft, token: Token): void {
  for (const task of Object.values(draft.run.tasks)) {
    if (task.token !== token.id) continue;
    emit(draft, { type: "task.cancelled", ...idsOf(token), task: task.id });
  }
}
