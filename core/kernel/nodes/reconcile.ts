import { fail, idsOf, nodeOf } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { localName } from "../frames.ts";
import { own } from "../json.ts";
import type { RunError, Token } from "../run.ts";
import type { Node } from "../workflow.ts";
import { tokenAt } from "./begin.ts";

/** How often a tool is asked about one attempt before the attempt stays unknown. */
const TRIES_MAX = 10;
const DELAY_MS_MAX = 60_000;

/** The tool that can tell whether a call of the node happened. */
export function reconcilerOf({ onUnknown }: Node): string | undefined {
  return typeof onUnknown === "object" ? onUnknown.reconcile : undefined;
}

/**
 * Asks a tool whether an attempt happened. The question changes nothing, so it may be asked again
 * by whoever finds it unanswered; it uses up none of the attempts of the call itself.
 */
export function startReconciling(draft: Draft, token: Token): Promise<void> | void {
  const node = nodeOf(draft, token);
  const tool = reconcilerOf(node) ?? "";
  const facts = own(draft.context.tools, tool);
  if (!facts) return staysUnknown(draft, token, `no tool "${tool}" is registered any more`);
  if (facts.kind === "worker" || facts.approval) {
    const why = facts.approval ? "needs a person first" : "is done by whoever polls for it";
    return staysUnknown(draft, token, `"${tool}" ${why}, so nobody could be asked`);
  }
  emit(draft, {
    type: "step.started",
    ...idsOf(token),
    kind: node.type,
    attempt: token.attempt + 1,
    reconciles: token.reconciling?.attempt ?? token.attempt,
    tool,
    toolHash: facts.hash,
  });
}

/** A question whose worker was lost. */
export function takeOverReconciling(draft: Draft, token: Token): Promise<void> | void {
  if ((token.reconciling?.tries ?? 0) <= 1) return startReconciling(draft, token);
  const message = `the worker that asked about ${token.node} was lost`;
  return askLater(draft, token, { code: "WORKER_LOST", message, retryable: true });
}

/** The tool did not answer: it is asked again some time later, and at last nobody knows. */
export function askLater(draft: Draft, token: Token, error: RunError): Promise<void> | void {
  const tries = token.reconciling?.tries ?? 0;
  if (tries >= TRIES_MAX) {
    return staysUnknown(draft, token, `it was asked ${tries} times: ${error.message}`, error);
  }
  const at = draft.at + Math.min(DELAY_MS_MAX, 1_000 * 2 ** Math.max(0, tries - 1));
  const full = { ...error, node: localName(token.node), attempt: token.attempt };
  emit(draft, { type: "step.retrying", ...idsOf(token), error: full, at });
}

export function staysUnknown(
  draft: Draft,
  token: Token,
  why: string,
  cause?: RunError,
): Promise<void> {
  const { attempt } = token.reconciling ?? token;
  const message = `nobody knows whether attempt ${attempt} of ${token.node} happened: ${why}`;
  return fail(draft, tokenAt(draft, token.id), {
    code: "OUTCOME_UNKNOWN",
    message: message.slice(0, 2_000),
    retryable: false,
    ...(cause && { cause: { code: cause.code, message: cause.message } }),
  });
}
