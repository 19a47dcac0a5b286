import { fail, idsOf, nodeOf } from "../depart.ts";
import { type Draft, emit, type ToolFacts } from "../draft.ts";
import { frameOf, localName } from "../frames.ts";
import { isObject, type Json, own } from "../json.ts";
import { keep } from "../large-values.ts";
import type { Token } from "../run.ts";
import { SIZES } from "../sizes.ts";
import { DEFAULT_OPTIONS, type Node } from "../workflow.ts";
import { openTask } from "./approval.ts";
import { begin, tokenAt, visitOf } from "./begin.ts";
import { askAbout } from "./doubt.ts";
import { isTaken, jobTimeoutMs, offerJob } from "./job.ts";
import { passedOn, type Value } from "./pure.ts";
import { takeOverReconciling } from "./reconcile.ts";

const TIMEOUT_MS: Readonly<Record<string, number>> = { llm: 120_000, tool: 30_000 };

/** Recoveries of one visit before the run gives up on it. */
export const RECOVERIES_MAX = 10;
const RECOVERY_DELAY_MS_MAX = 60_000;

/**
 * Puts the start of an effect on record. Only when that is committed may a driver call it: the
 * input, the key and the hash of what is called are then in the log, whatever happens after.
 */
export async function visitEffect(draft: Draft, waiting: Token): Promise<void> {
  const node = nodeOf(draft, waiting);
  const { calls } = frameOf(draft.run, waiting.scope);
  const name = localName(node.id);
  const call = (own(calls, name) ?? 0) + 1;
  const input = bounded(draft, node, await inputOf(draft, waiting, node));
  const visit = visitOf(draft, waiting);
  const timeoutMs = isTaken(draft, node)
    ? jobTimeoutMs(node)
    : (node.timeoutMs ?? TIMEOUT_MS[node.type] ?? 30_000);
  const place = waiting.scope === undefined ? name : `${waiting.scope}-${name}`;
  const key = `${draft.run.seed}-${place}-${visit}`;
  const tool = typeof node.document["tool"] === "string" ? node.document["tool"] : undefined;
  const facts = factsOf(draft, node);
  const more = {
    key,
    timeoutMs,
    call,
    ...(input.ok && { input: input.value ?? null }),
    ...(tool !== undefined && { tool }),
    ...(facts && { toolHash: facts.hash }),
  };
  const token = begin(draft, waiting, more);
  if (!input.ok) return fail(draft, token, input.error);
  if (tool !== undefined && !facts) {
    const message = `no tool "${tool}" is registered any more`;
    return fail(draft, token, { code: "UNKNOWN_TOOL", message, retryable: false });
  }
  if (facts?.approval) return askFirst(draft, token, node, facts.approval);
  if (isTaken(draft, node)) return offerJob(draft, token);
}

/** An input that is larger than any value may be is an error, and is not put on record. */
function bounded(draft: Draft, node: Node, input: Value): Value {
  if (!input.ok) return input;
  const value = keep(draft, input.value ?? null);
  if (value !== undefined) return { ok: true, value };
  const message = `the input of ${node.id} is larger than ${SIZES.valueMax} bytes`;
  return { ok: false, error: { code: "INPUT_TOO_LARGE", message } };
}

/** A tool that needs a person: the call waits for a decision on exactly this input. */
function askFirst(
  draft: Draft,
  token: Token,
  node: Node,
  approval: NonNullable<ToolFacts["approval"]>,
): Promise<void> {
  const tool = node.document["tool"] ?? null;
  return openTask(draft, token, {
    title: `Call ${JSON.stringify(tool)}`,
    description: node.title,
    preview: { tool, input: token.input ?? null },
    approvers: approval.approvers,
    quorum: approval.quorum ?? 1,
    options: DEFAULT_OPTIONS,
    due: undefined,
    priority: 0,
    email: true,
    gate: true,
  });
}

/** The next attempt of a step whose retry is due, or whose call a person has approved. */
export async function startAgain(draft: Draft, token: Token): Promise<void> {
  const node = nodeOf(draft, token);
  const approval = factsOf(draft, node)?.approval;
  const recovery = token.recovering ? { recovery: token.recoveries } : {};
  const calls = own(frameOf(draft.run, token.scope).calls, localName(token.node)) ?? 0;
  emit(draft, {
    type: "step.started",
    ...idsOf(token),
    kind: node.type,
    attempt: token.approved ? token.attempt : token.attempt + 1,
    ...(token.recovering || token.approved ? {} : { call: calls + 1 }),
    ...recovery,
  });
  if (token.gated && approval) return askFirst(draft, tokenAt(draft, token.id), node, approval);
  if (isTaken(draft, node)) return offerJob(draft, tokenAt(draft, token.id));
}

function factsOf(draft: Draft, node: Node): ToolFacts | undefined {
  const tool = node.document["tool"];
  return typeof tool === "string" ? own(draft.context.tools, tool) : undefined;
}

/**
 * A started attempt that is nobody's: its worker is gone. The same call is made again under the
 * same key, or, where it may be made at most once, its outcome is unknown.
 */
export async function takeOver(draft: Draft, token: Token): Promise<void> {
  const ids = idsOf(token);
  if (token.reconciling) return takeOverReconciling(draft, token);
  if (isAtMostOnce(draft, token) && !(await mayRepeatUnknown(draft, token))) return;
  const recoveries = token.recoveries + 1;
  const message = `the worker of attempt ${token.attempt} of ${token.node} was lost`;
  if (recoveries > RECOVERIES_MAX) {
    const told = `${message}, after ${RECOVERIES_MAX} recoveries`;
    return fail(draft, token, { code: "WORKER_LOST", message: told, retryable: true });
  }
  if (recoveries === 1) {
    const kind = nodeOf(draft, token).type;
    const attempt = token.attempt + 1;
    emit(draft, { type: "step.started", ...ids, kind, attempt, recovery: 1 });
    return;
  }
  const at = draft.at + Math.min(RECOVERY_DELAY_MS_MAX, 1_000 * 2 ** (recoveries - 2));
  const error = { code: "WORKER_LOST", message, retryable: true };
  emit(draft, { type: "step.retrying", ...ids, error, at, recovery: true });
}

export function isAtMostOnce(draft: Draft, token: Token): boolean {
  const node = nodeOf(draft, token);
  return (node.delivery ?? factsOf(draft, node)?.delivery) === "at-most-once";
}

/**
 * Nobody knows whether the call happened. Where the author lets it be repeated, it is repeated like
 * any other call, as often and no more; else false, and the step has failed, or somebody is asked.
 */
export async function mayRepeatUnknown(draft: Draft, token: Token): Promise<boolean> {
  const { onUnknown } = nodeOf(draft, token);
  const asks = typeof onUnknown === "object" ? ({ reconcile: true } as const) : {};
  emit(draft, { type: "step.unknown", ...idsOf(token), ...asks });
  if (onUnknown === "retry") return true;
  if (typeof onUnknown === "object") return false;
  const message = `nobody knows whether attempt ${token.attempt} of ${token.node} happened`;
  const error = { code: "OUTCOME_UNKNOWN", message, retryable: false };
  const here = tokenAt(draft, token.id);
  // While a run is undone nobody is asked: what stays unknown is a dead letter.
  const isAsked = onUnknown === "ask" && !draft.run.undoing;
  await (isAsked ? askAbout(draft, here, { about: "unknown", error }) : fail(draft, here, error));
  return false;
}

async function inputOf(draft: Draft, token: Token, node: Node): Promise<Value> {
  if (node.type === "tool") return passedOn(draft, token, node.with);
  if (node.type === "notify") return noticeOf(draft, token, node);
  const request: [string, Json][] = [];
  for (const field of ["model", "system", "prompt", "messages", "schema", "with"]) {
    const template = field === "with" ? node.with : node.fields[field];
    const value = await passedOn(draft, token, template);
    if (!value.ok) return value;
    if (value.value !== undefined) request.push([field, value.value]);
  }
  for (const field of ["temperature", "maxTokens", "script"]) {
    const value = node.document[field];
    if (value !== undefined) request.push([field, value]);
  }
  const input = Object.fromEntries(request);
  if (isObject(input) && input["model"] === undefined) input["model"] = draft.context.defaultModel;
  return { ok: true, value: input };
}

/** What a notice is about. Names of secrets stay names: see `sendNotice`. */
async function noticeOf(draft: Draft, token: Token, node: Node): Promise<Value> {
  const notice: [string, Json][] = [["channel", node.document["channel"] ?? null]];
  for (const field of ["to", "subject", "body", "headers"]) {
    const value = await passedOn(draft, token, node.fields[field]);
    if (!value.ok) return value;
    if (value.value !== undefined) notice.push([field, value.value]);
  }
  return { ok: true, value: Object.fromEntries(notice) };
}
