import { backoffMs, chanceOf } from "../backoff.ts";
import type { CommandOf, Outcome, Result } from "../command.ts";
import { fail, idsOf, nodeOf, succeed } from "../depart.ts";
import { beginStep, type Draft, emit, isFull } from "../draft.ts";
import { localName } from "../frames.ts";
import type { Json } from "../json.ts";
import { keep } from "../large-values.ts";
import { isAtMostOnce, mayRepeatUnknown } from "../nodes/effect.ts";
import { openJob } from "../nodes/job.ts";
import { type RunError, stepId, type Token } from "../run.ts";
import { matchesCode } from "../workflow.ts";

/**
 * Outcomes of effects. One of an attempt that is no longer current is recorded as ignored. What one
 * commit cannot hold is left to the next: the driver offers it until the log has it.
 */
export async function settleSteps(draft: Draft, command: CommandOf<"step.settle">): Promise<void> {
  for (const outcome of command.outcomes) {
    if (isFull(draft)) return;
    beginStep(draft);
    const token = draft.run.tokens[outcome.token];
    const isCurrent =
      token?.status === "running" &&
      token.node === outcome.node &&
      token.visit === outcome.visit &&
      token.attempt === outcome.attempt;
    if (!token || !isCurrent) ignore(draft, outcome);
    else if (outcome.ok === "later") openJob(draft, token, { ref: outcome.ref });
    else await settleStep(draft, token, outcome);
  }
}

/** What came of a token's current attempt, whoever made it. */
export function settleStep(draft: Draft, token: Token, result: Result): Promise<void> {
  return result.ok ? succeeded(draft, token, result) : failed(draft, token, result);
}

function ignore(draft: Draft, outcome: Outcome): void {
  const { token, node, visit, attempt, scope } = outcome;
  const step = stepId(node, visit, scope);
  emit(draft, {
    type: "tool.returned",
    step,
    node: localName(node),
    visit,
    token,
    attempt,
    ignored: true,
    ...(outcome.ok
      ? kept(draft, outcome.ok === "later" ? outcome.ref : outcome.output)
      : { error: { code: outcome.code, message: outcome.message } }),
  });
}

function kept(draft: Draft, output: Json): { output?: Json } {
  const value = keep(draft, output);
  return value === undefined ? {} : { output: value };
}

async function succeeded(
  draft: Draft,
  token: Token,
  outcome: Extract<Result, { ok: true }>,
): Promise<void> {
  const { output, usage, cost } = outcome;
  return succeed(draft, token, {
    output,
    ...(usage && { usage }),
    ...(cost !== undefined && { cost }),
  });
}

/** Tries again later while attempts remain and the error allows it; else the failure stands. */
async function failed(
  draft: Draft,
  token: Token,
  outcome: Extract<Result, { ok: false }>,
): Promise<void> {
  const { code, message, retryable, cause } = outcome;
  if (draft.run.undoing && token.undoes === undefined) return giveUp(draft, token, outcome);
  const isUnknown = outcome.lost === true && isAtMostOnce(draft, token);
  if (isUnknown && !(await mayRepeatUnknown(draft, token))) return;
  const error: RunError = { code, message, retryable, ...(cause !== undefined && { cause }) };
  const { retry, document } = nodeOf(draft, token);
  // An author who lists codes has decided; otherwise the called side's protocol does.
  const listed =
    typeof document["retry"] === "object" && Object.hasOwn(document["retry"] ?? {}, "on");
  const allowed = listed ? matchesCode(code, retry.on) : retryable;
  const used = token.attempt - token.recoveries - (token.spent ?? 0);
  if (!allowed || matchesCode(code, retry.notOn) || used >= retry.attemptsMax) {
    return fail(draft, token, error);
  }
  const chance = chanceOf(
    draft.context.hash(`${draft.run.seed}/${placeOf(token)}/${token.visit}/${token.attempt}`),
  );
  const delay = Math.max(backoffMs(retry.backoff, used, chance), outcome.retryAfterMs ?? 0);
  const full = { ...error, node: localName(token.node), attempt: token.attempt };
  emit(draft, { type: "step.retrying", ...idsOf(token), error: full, at: draft.at + delay });
}

/** The run is being undone: a call that failed is not tried again, and need not be undone. */
function giveUp(
  draft: Draft,
  token: Token,
  { code, message, lost }: Extract<Result, { ok: false }>,
): Promise<void> {
  if (lost !== true) return fail(draft, token, { code, message, retryable: false });
  emit(draft, { type: "step.unknown", ...idsOf(token) });
  const told = `nobody knows whether ${token.node} must be undone: ${message}`;
  return fail(draft, token, { code: "OUTCOME_UNKNOWN", message: told, retryable: false });
}

/** The node that a token is at, within its item: what is drawn by chance differs between items. */
function placeOf({ node, scope }: Token): string {
  return scope === undefined ? node : `${scope}.${node}`;
}
