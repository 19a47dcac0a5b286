import { assigned } from "./assign.ts";
import { type Draft, emit } from "./draft.ts";
import { closeSteps, failRun } from "./end-run.ts";
import type { EventOf, Move } from "./event.ts";
import { evolve } from "./evolve.ts";
import { frameOf, localName } from "./frames.ts";
import { endItem, settleItems } from "./item-ends.ts";
import { settleJoins } from "./join.ts";
import { isObject, type Json, own } from "./json.ts";
import { keep } from "./large-values.ts";
import { applyMoves } from "./moves.ts";
import { type Routed, route } from "./route.ts";
import { type Run, type RunError, type Token, tokensOf } from "./run.ts";
import { SIZES } from "./sizes.ts";
import { idsOf, nodeOf } from "./step-ids.ts";
import { nextUndo } from "./undo.ts";
import type { Node } from "./workflow.ts";

export { idsOf, nodeOf } from "./step-ids.ts";

const NOTHING = { vars: undefined };
type Ended = EventOf<"step.succeeded"> | EventOf<"step.skipped"> | EventOf<"step.failed">;

/** A step succeeded: assign, then let its token go on by `port`. */
export async function succeed(
  draft: Draft,
  token: Token,
  outcome: Omit<
    EventOf<"step.succeeded">,
    "type" | "step" | "node" | "visit" | "token" | "attempt"
  > &
    Readonly<{ reason?: string }>,
  port = "success",
  type: "step.succeeded" | "step.skipped" = "step.succeeded",
): Promise<void> {
  const node = nodeOf(draft, token);
  const output = keep(draft, outcome.output);
  if (output === undefined) {
    const message = `the output of ${node.id} is larger than ${SIZES.valueMax} bytes`;
    return fail(draft, token, { code: "OUTPUT_TOO_LARGE", message });
  }
  const undone = type === "step.succeeded" && token.scope === undefined && node.compensate;
  const event: Exclude<Ended, EventOf<"step.failed">> = {
    type,
    ...idsOf(token),
    ...outcome,
    output,
    ...(undone && { compensate: undone }),
  };
  const isSet = token.stuck === "assigned";
  const vars = isSet ? NOTHING : await assigned(draft, node, token, output);
  if ("code" in vars) return depart(draft, token, event, "error", vars.error);
  return depart(draft, token, vars.vars ? { ...event, vars: vars.vars } : event, port);
}

/** A step failed for good: its token goes on by `port` if an edge takes it, or the run fails. */
export async function fail(
  draft: Draft,
  token: Token,
  error: Omit<RunError, "node" | "attempt">,
  port = "error",
): Promise<void> {
  const full: RunError = { ...error, node: localName(token.node), attempt: token.attempt };
  const undoes = token.undoes === undefined ? {} : { undoes: token.undoes };
  const ids = { ...idsOf(token), ...undoes };
  return depart(draft, token, { type: "step.failed", ...ids, error: full }, port, full);
}

/**
 * Records how a step ended and moves on: the one place where tokens leave a node.
 *
 * An outcome that no edge takes is an error of the node, which its error port may take; one that
 * nothing takes fails the run. Joins are judged in the same commit, so no moment shows them wrong.
 */
async function depart(
  draft: Draft,
  token: Token,
  event: Ended,
  port: string,
  error?: RunError,
): Promise<void> {
  const recorded = evolve(draft.run, event, draft.at);
  if (draft.run.undoing) {
    emit(draft, { ...event, moves: nextUndo(recorded, token.id) });
    return;
  }
  const here = recorded.tokens[token.id] ?? token;
  const succeeded = event.type !== "step.failed";
  const left = await leaving(draft, recorded, here, { port, error, succeeded });
  if (!left.ok) {
    if (token.scope !== undefined) return leaveItem(draft, token, event, left.error);
    emit(draft, event);
    return failRun(draft, left.error, token.id);
  }
  if (token.scope !== undefined && nodeOf(draft, token).document["terminate"] === true) {
    return leaveItem(draft, token, event);
  }
  emit(draft, { ...event, moves: left.moves });
  closeSteps(draft, recorded, token.id);
}

/** What moves when a token leaves its node, or the error that it meets because it cannot. */
async function leaving(
  draft: Draft,
  recorded: Run,
  here: Token,
  how: Readonly<{ port: string; error: RunError | undefined; succeeded: boolean }>,
): Promise<Routed> {
  const { port, error, succeeded } = how;
  let routed = await route(draft, recorded, here, port, port === "error" ? error : undefined);
  // A notice that could not be sent holds up nobody, unless its author says that it must be.
  const untold = !succeeded && !routed.ok && routed.error === error;
  if (untold && mayGoUntold(nodeOf(draft, here))) {
    routed = await route(draft, recorded, here, "success");
  }
  if (!routed.ok && port !== "error") {
    routed = await route(draft, recorded, here, "error", error ?? routed.error);
  }
  if (!routed.ok) return routed;
  const moves = [...routed.moves];
  const node = nodeOf(draft, here);
  if (succeeded && node.cancels.length > 0) {
    const others = tokensOf(recorded).filter(
      ({ id, scope }) => id !== here.id && scope === here.scope,
    );
    moves.push(...(await cancelling(draft, applyMoves(recorded, moves), node, others)));
  }
  const { workflow } = draft.context;
  moves.push(...settleJoins(workflow, applyMoves(recorded, moves), here.scope));
  moves.push(...settleItems(workflow, applyMoves(recorded, moves), here.scope));
  return { ok: true, moves };
}

function mayGoUntold({ type, document }: Node): boolean {
  return type === "notify" && document["required"] !== true;
}

/** A step had succeeded, and its token could not go on: it tries again, on what the run is now. */
export function leaveAgain(draft: Draft, token: Token, output: Json): Promise<void> {
  const reason = "it had succeeded before";
  return succeed(draft, token, { output, reason }, "success", "step.skipped");
}

/** The output of a step that need not be done again; people who decided against are asked anew. */
export function outputBefore(draft: Draft, token: Token): Json | undefined {
  const { results } = frameOf(draft.run, token.scope);
  const output = own(results, localName(token.node))?.find(
    ({ visit }) => visit === token.visit,
  )?.output;
  const isApproval = nodeOf(draft, token).type === "approval";
  const decision = output !== undefined && isObject(output) ? output["decision"] : undefined;
  return isApproval && decision !== "approved" ? undefined : output;
}

/** A step that ends the item of a map that it is in, whatever else goes on in the item. */
function leaveItem(draft: Draft, token: Token, event: Ended, error?: RunError): void {
  const recorded = evolve(draft.run, event, draft.at);
  const moves = endItem(draft.context.workflow, recorded, token.scope ?? "", error);
  emit(draft, { ...event, moves });
  closeSteps(draft, recorded, token.id);
}

/** An error that no edge may take: it ends the item that the token is in, or else the run. */
export function failAtOnce(draft: Draft, token: Token, error: RunError): void {
  if (token.scope === undefined) return failRun(draft, error);
  const event: EventOf<"step.failed"> = { type: "step.failed", ...idsOf(token), error };
  return leaveItem(draft, token, event, error);
}

/** `cancels`: tokens that were at those nodes go by their error port, or are gone. */
async function cancelling(
  draft: Draft,
  run: Run,
  node: Node,
  others: readonly Token[],
): Promise<readonly Move[]> {
  const moves: Move[] = [];
  for (const token of others) {
    if (!node.cancels.includes(token.node)) continue;
    const message = `${node.id} finished, which cancels ${token.node}`;
    const error: RunError = { code: "CANCELLED", message, node: localName(token.node) };
    const routed = await route(draft, applyMoves(run, moves), token, "error", error);
    moves.push(...(routed.ok ? routed.moves : [{ op: "end", tokens: [token.id] } as const]));
  }
  return moves;
}

/** A token is given up where it stands: by its error edge, or for good. */
export async function leaveCancelled(
  draft: Draft,
  token: Token,
  message: string,
): Promise<readonly Move[]> {
  const { workflow } = draft.context;
  if (draft.run.undoing) return nextUndo(draft.run, token.id);
  const error: RunError = { code: "CANCELLED", message, node: localName(token.node) };
  const routed = await route(draft, draft.run, token, "error", error);
  const moves: Move[] = routed.ok ? [...routed.moves] : [{ op: "end", tokens: [token.id] }];
  moves.push(...settleJoins(workflow, applyMoves(draft.run, moves), token.scope));
  moves.push(...settleItems(workflow, applyMoves(draft.run, moves), token.scope));
  return moves;
}
