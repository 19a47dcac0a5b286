import { type Draft, emit } from "../draft.ts";
import type { EventOf } from "../event.ts";
import { frameOf, localName } from "../frames.ts";
import { own } from "../json.ts";
import { stepId, type Token } from "../run.ts";

type Started = EventOf<"step.started">;

/** Starts the next visit of the token's node. Visits are numbered here, in the order of the log. */
export function begin(
  draft: Draft,
  token: Token,
  more: Partial<
    Pick<Started, "input" | "key" | "timeoutMs" | "tool" | "toolHash" | "call" | "moves">
  > = {},
): Token {
  const node = draft.context.workflow.nodes.get(token.node);
  const name = localName(token.node);
  const visit = (own(frameOf(draft.run, token.scope).visits, name) ?? 0) + 1;
  emit(draft, {
    type: "step.started",
    step: stepId(token.node, visit, token.scope),
    node: name,
    visit,
    token: token.id,
    kind: node?.type ?? "",
    attempt: 1,
    ...more,
  });
  return tokenAt(draft, token.id);
}

export function tokenAt(draft: Draft, id: number): Token {
  const token = draft.run.tokens[id];
  if (!token) throw new Error(`run ${draft.run.id} has no token ${id}`);
  return token;
}
