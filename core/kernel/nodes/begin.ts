import { type Draft, emit } from "../draft.ts";
import type { EventOf } from "../event.ts";
import { frameOf, localName } from "../frames.ts";
import { own } from "../json.ts";
import { stepId, type Token } from "../run.ts";

type Started = EventOf<"step.started">;

/**
 * Starts the next visit of the token's node. Visits are numbered here, in the order of the log. A
 * visit that failed, and is retried, begins again as the next attempt of the same visit.
 */
export function begin(
  draft: Draft,
  token: Token,
  more: Partial<
    Pick<Started, "input" | "key" | "timeoutMs" | "tool" | "toolHash" | "call" | "items" | "moves">
  > = {},
): Token {
  const node = draft.context.workflow.nodes.get(token.node);
  const visit = visitOf(draft, token);
  emit(draft, {
    type: "step.started",
    step: stepId(token.node, visit, token.scope),
    node: localName(token.node),
    visit,
    token: token.id,
    kind: node?.type ?? "",
    attempt: token.visit > 0 ? token.attempt + 1 : 1,
    ...(token.undoes !== undefined && { undoes: token.undoes }),
    ...more,
  });
  return tokenAt(draft, token.id);
}

/** The number of the visit that begins now. */
export function visitOf(draft: Draft, token: Token): number {
  return token.visit > 0
    ? token.visit
    : (own(frameOf(draft.run, token.scope).visits, localName(token.node)) ?? 0) + 1;
}

export function tokenAt(draft: Draft, id: number): Token {
  const token = draft.run.tokens[id];
  if (!token) throw new Error(`run ${draft.run.id} has no token ${id}`);
  return token;
}
