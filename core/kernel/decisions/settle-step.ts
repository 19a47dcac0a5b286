import { backoffMs, chanceOf } from "../backoff.ts";
import type { Result } from "../command.ts";
import { fail, idsOf, nodeOf, succeed } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { localName } from "../frames.ts";
import { tokenAt } from "../nodes/begin.ts";
import { askAbout, makeAgain } from "../nodes/doubt.ts";
import { isAtMostOnce, mayRepeatUnknown } from "../nodes/effect.ts";
import { reconcilerOf } from "../nodes/reconcile.ts";
import type { RunError, Token } from "../run.ts";
import { matchesCode } from "../workflow.ts";

/** What came of a token's current attempt, whoever made it. */
export function settleStep(draft: Draft, token: Token, result: Result): Promise<void> {
  return result.ok ? succeeded(draft, token, result) : failed(draft, token, result);
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
  if (!allowed || matchesCode(code, retry.notOn)) return fail(draft, token, error);
  if (used >= retry.attemptsMax) return exhausted(draft, token, error);
  const chance = chanceOf(
    draft.context.hash(`${draft.run.seed}/${placeOf(token)}/${token.visit}/${token.attempt}`),
  );
  const delay = Math.max(backoffMs(retry.backoff, used, chance), outcome.retryAfterMs ?? 0);
  const full = { ...error, node: localName(token.node), attempt: token.attempt };
  emit(draft, { type: "step.retrying", ...idsOf(token), error: full, at: draft.at + delay });
}

/** No attempt is left. While a run is undone nobody is asked: what failed is a dead letter. */
function exhausted(draft: Draft, token: Token, error: RunError): Promise<void> | void {
  const { retry } = nodeOf(draft, token);
  if (retry.exhausted === "fail" || draft.run.undoing) return fail(draft, token, error);
  // Whoever failed for want of an answer may still wait for it: that is over.
  const here = tokenAt(draft, token.id);
  if (retry.exhausted === "ask") return askAbout(draft, here, { about: "exhausted", error });
  const { node, attempt } = token;
  makeAgain(draft, here, { ...error, node: localName(node), attempt });
  if (draft.run.status === "paused") return;
  const reason = `${node} has no attempt left after ${error.code}: resume to try again`;
  emit(draft, { type: "run.paused", reason });
}

/** The run is being undone: a call that failed is not tried again, and need not be undone. */
function giveUp(
  draft: Draft,
  token: Token,
  { code, message, lost }: Extract<Result, { ok: false }>,
): Promise<void> {
  if (lost !== true) return fail(draft, token, { code, message, retryable: false });
  const canTell = reconcilerOf(nodeOf(draft, token)) !== undefined && isAtMostOnce(draft, token);
  if (canTell) return mayRepeatUnknown(draft, token).then(() => undefined);
  emit(draft, { type: "step.unknown", ...idsOf(token) });
  const told = `nobody knows whether ${token.node} must be undone: ${message}`;
  return fail(draft, token, { code: "OUTCOME_UNKNOWN", message: told, retryable: false });
}

/** The node that a token is at, within its item: what is drawn by chance differs between items. */
function placeOf({ node, scope }: Token): string {
  return scope === undefined ? node : `${scope}.${node}`;
}
