import { fail, idsOf, nodeOf, succeed } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { timedId } from "../ids.ts";
import type { Json } from "../json.ts";
import { keep } from "../large-values.ts";
import { type RunError, type Token, tokensOf } from "../run.ts";
import { SIZES } from "../sizes.ts";
import { begin, tokenAt } from "./begin.ts";
import { startAgain } from "./effect.ts";
import { passedOn, valueOf } from "./pure.ts";
import { park } from "./wait.ts";

/** A run's child's child's child … : a workflow that starts itself ends here. */
const DEPTH_MAX = 10;
/** Of one run, over its whole life. */
const CHILDREN_MAX = 10_000;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Starts another workflow: its run is made by the driver, from the row that this commit writes. */
export async function visitSubflow(draft: Draft, waiting: Token): Promise<void> {
  const node = nodeOf(draft, waiting);
  const input = await passedOn(draft, waiting, node.with);
  const kept = input.ok ? keep(draft, input.value ?? {}) : undefined;
  const token = begin(draft, waiting, kept === undefined ? {} : { input: kept });
  if (!input.ok) return fail(draft, token, input.error);
  if (kept === undefined) {
    const message = `the input of ${node.id} is larger than ${SIZES.valueMax} bytes`;
    return fail(draft, token, { code: "INPUT_TOO_LARGE", message });
  }
  return startChild(draft, token);
}

/**
 * The next attempt of a child that failed is another run, with the same input. Where the run itself
 * was retried, the child is: what it had done is not done again.
 */
export async function startChildAgain(draft: Draft, token: Token): Promise<void> {
  await startAgain(draft, token);
  return startChild(draft, tokenAt(draft, token.id), token.child);
}

/** The child could not be retried with its parent, so there is another one. */
export function startAnotherChild(draft: Draft, token: Token): Promise<void> {
  return startChild(draft, token);
}

async function startChild(draft: Draft, token: Token, before?: string): Promise<void> {
  const node = nodeOf(draft, token);
  const name = await valueOf(draft, token, node.fields["workflow"]);
  if (!name.ok) return fail(draft, token, name.error);
  const refused = refusal(draft, node.id, name.value);
  if (refused) return fail(draft, token, refused);
  const ids = idsOf(token);
  const place = `${draft.run.seed}/${ids.step}/${ids.attempt}`;
  // Made of the step, so that whoever makes the child makes the same one.
  const child = before ?? `run_${timedId(draft.at, draft.context.hash(place))}`;
  const { version } = node.document;
  draft.rows++;
  emit(draft, {
    type: "child.started",
    ...ids,
    child,
    workflow: typeof name.value === "string" ? name.value : "",
    ...(typeof version === "number" && { version }),
    ...(node.document["mode"] === "async" && { mode: "async" }),
    ...(before !== undefined && { again: true }),
  });
  const until = node.timeoutMs === undefined ? undefined : draft.at + node.timeoutMs;
  const wait = { kind: "child", run: child, ...(until !== undefined && { until }) } as const;
  park(draft, tokenAt(draft, token.id), wait, until);
}

function refusal(draft: Draft, node: string, name: Json | undefined) {
  if (typeof name !== "string" || !NAME.test(name)) {
    const text = (JSON.stringify(name) ?? "nothing").slice(0, 100);
    const message = `${node} cannot start ${text}, which is no name of a workflow`;
    return { code: "CHILD_NOT_FOUND", message, retryable: false };
  }
  const { depth = 0, children = 0 } = draft.run;
  if (depth >= DEPTH_MAX) {
    const message = `${node} would start a child ${depth + 1} deep, and ${DEPTH_MAX} is the limit`;
    return { code: "CHILD_LIMIT", message, retryable: false };
  }
  if (children < CHILDREN_MAX) return undefined;
  const message = `the run has started ${CHILDREN_MAX} children, which is the limit`;
  return { code: "CHILD_LIMIT", message, retryable: false };
}

/** The token that waits for a child. */
export function waiterFor(draft: Draft, child: string): Token | undefined {
  return tokensOf(draft.run).find(({ wait }) => wait?.kind === "child" && wait.run === child);
}

/** Says that a child has ended, or where nobody waits for that, that it was started. */
export function succeedChild(draft: Draft, token: Token, output: Json): Promise<void> {
  return succeed(draft, token, { output });
}

/** The error that a step fails with when its child did not succeed. */
export function errorOfChild(child: string, status: string, error: RunError | undefined) {
  if (status === "cancelled") {
    const message = `the child ${child} was cancelled`;
    return { code: "CHILD_CANCELLED", message, retryable: false };
  }
  const { code = "FAILED", message = "it said no more", node } = error ?? {};
  const cause = { code, message, run: child, ...(node !== undefined && { node }) };
  return { code: "CHILD_FAILED", message: `the child ${child} failed: ${message}`, cause };
}
