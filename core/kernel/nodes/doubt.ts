import { fail, idsOf, succeed } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { isObject, type Json } from "../json.ts";
import { type RunError, stepOf, type Token } from "../run.ts";
import { bytesOf } from "../sizes.ts";
import type { Doubt } from "../wait.ts";
import { openTask } from "./approval.ts";

/** The input of a call is shown up to here: a question is asked, however large it was. */
const SHOWN_BYTES_MAX = 40_000;

const CHOICES = {
  unknown: ["happened", "retry", "fail"],
  exhausted: ["retry", "skip", "fail"],
} as const;

/**
 * Asks a person how a call goes on: whether one happened of which nobody knows, or what becomes of
 * one that has no attempt left. Whoever may answer forms may answer, and is on record with it.
 */
export function askAbout(draft: Draft, token: Token, doubt: Doubt): Promise<void> {
  const { about, error } = doubt;
  const { key, attempt, input = null } = token;
  const step = stepOf(token);
  const isShown = bytesOf(input) <= SHOWN_BYTES_MAX;
  return openTask(draft, token, {
    kind: "form",
    title: about === "unknown" ? `Did ${step} happen?` : `${step} has failed. Try again?`,
    description: error.message,
    preview: {
      step,
      attempt,
      error: { code: error.code, message: error.message },
      ...(key !== undefined && { idempotencyKey: key }),
      ...(isShown && { input }),
    },
    schema: {
      type: "object",
      properties: {
        decision: { enum: CHOICES[about], title: "What now" },
        output: { title: about === "unknown" ? "What it came to" : "Output in its place" },
        comment: { type: "string", maxLength: 2_000, title: "Comment" },
      },
      required: ["decision"],
      additionalProperties: false,
    },
    ui: null,
    approvers: [],
    groups: [],
    quorum: 1,
    options: [],
    due: undefined,
    priority: 0,
    email: false,
    gate: false,
    doubt,
  });
}

/** A person has said how the call goes on. */
export function answerDoubt(
  draft: Draft,
  token: Token,
  { error, about }: Doubt,
  data: Json,
): Promise<void> | void {
  const { decision, output = null, comment } = isObject(data) ? data : {};
  if (decision === "retry") return makeAgain(draft, token, error);
  if (decision === "happened") return succeed(draft, token, { output });
  if (decision === "skip") {
    const skipped = { output, ...(typeof comment === "string" && { reason: comment }) };
    return succeed(draft, token, skipped, "success", "step.skipped");
  }
  const told = about === "unknown" ? { ...error, retryable: false } : error;
  return fail(draft, token, told);
}

/** The call is made again under the key of its visit, with all its attempts. */
export function makeAgain(draft: Draft, token: Token, error: RunError): void {
  emit(draft, {
    type: "step.retrying",
    ...idsOf(token),
    error,
    at: draft.at,
    fresh: true,
  });
}
