import type { Outcome, Result } from "../command.ts";
import { fail, idsOf, succeed } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { localName } from "../frames.ts";
import { isObject, type Json } from "../json.ts";
import { tokenAt } from "../nodes/begin.ts";
import { RECOVERIES_MAX } from "../nodes/effect.ts";
import { askLater, staysUnknown } from "../nodes/reconcile.ts";
import type { Token } from "../run.ts";
import { settleStep } from "./settle-step.ts";

type Answer = Readonly<
  | { status: "succeeded"; output: Json }
  | { status: "failed"; error: Extract<Result, { ok: false }> }
  | { status: "absent" }
>;

/** What a tool said when it was asked whether an attempt had happened. */
export async function settleReconciling(
  draft: Draft,
  token: Token,
  outcome: Outcome,
): Promise<void> {
  if (outcome.ok === "later") return staysUnknown(draft, token, "the tool asked did not answer");
  if (!outcome.ok) {
    const { code, message, retryable } = outcome;
    const error = { code, message, retryable };
    if (retryable) return askLater(draft, token, error);
    return staysUnknown(draft, token, message, error);
  }
  const answer = answerIn(outcome.output);
  if (!answer) {
    return staysUnknown(draft, token, "the tool asked said neither succeeded, failed nor absent");
  }
  emit(draft, { type: "tool.returned", ...idsOf(token), reconciled: answer.status });
  const here = tokenAt(draft, token.id);
  switch (answer.status) {
    case "succeeded":
      return succeed(draft, here, { output: answer.output });
    case "failed":
      return settleStep(draft, here, answer.error);
    case "absent":
      return makeAbsent(draft, here);
  }
}

function answerIn(said: Json): Answer | undefined {
  if (!isObject(said)) return undefined;
  const { status, output = null, error = null } = said;
  if (status === "succeeded") return { status, output };
  if (status === "absent") return { status };
  if (status !== "failed") return undefined;
  const { code, message, retryable } = isObject(error) ? error : {};
  const told = typeof message === "string" ? message : "the call failed";
  return {
    status,
    error: {
      ok: false,
      code: typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : "FAILED",
      message: told.slice(0, 2_000),
      retryable: retryable === true,
    },
  };
}

/** It did not happen, so it is made: as a recovery, which uses up none of the attempts. */
function makeAbsent(draft: Draft, token: Token): Promise<void> | void {
  const { node, recoveries } = token;
  if (draft.run.undoing && token.undoes === undefined) {
    const message = `${node} had not happened, and the run is being undone`;
    return fail(draft, token, { code: "CANCELLED", message, retryable: false });
  }
  const message = `a call of ${node} was lost, and had not happened`;
  const error = { code: "WORKER_LOST", message, retryable: true };
  if (recoveries >= RECOVERIES_MAX) {
    const told = `${message}, after ${RECOVERIES_MAX} recoveries`;
    return fail(draft, token, { ...error, message: told });
  }
  const at = draft.at + (recoveries === 0 ? 0 : Math.min(60_000, 1_000 * 2 ** (recoveries - 1)));
  const full = { ...error, node: localName(node), attempt: token.attempt };
  emit(draft, { type: "step.retrying", ...idsOf(token), error: full, at, recovery: true });
}
