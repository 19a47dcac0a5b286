import type { Draft } from "./draft.ts";
import { localName } from "./frames.ts";
import { stepOf, type Token } from "./run.ts";
import type { Node } from "./workflow.ts";

export function idsOf(token: Token) {
  const { node, visit, attempt, id } = token;
  return { step: stepOf(token), node: localName(node), visit, attempt, token: id };
}

export function nodeOf(draft: Draft, token: Token): Node {
  const node = draft.context.workflow.nodes.get(token.node);
  if (!node) throw new Error(`workflow ${draft.context.workflow.name} has no node ${token.node}`);
  return node;
}
