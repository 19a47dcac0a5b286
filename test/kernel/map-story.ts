import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { tokensOf } from "../../core/kernel/run.ts";
import type { NodeSketch, Sketch } from "../support/given-sketch.ts";
import { failureOf, outcomeOf, type Story } from "./story.ts";

export const set = (id: string, more: JsonObject = {}) => ({ id, type: "set", ...more });
export const call = (id: string, more: JsonObject = {}) => ({
  id,
  type: "tool",
  tool: "charge",
  with: "{% $item %}",
  retry: { maxAttempts: 1 },
  ...more,
});
export const body = (...nodes: readonly NodeSketch[]): JsonObject => ({
  nodes,
  edges: nodes.slice(1).map(({ id }, index) => ({ from: nodes[index]?.id ?? "", to: id })),
});
export const each = (of: JsonObject, more: JsonObject = {}): NodeSketch => ({
  id: "each",
  type: "map",
  items: "{% $input %}",
  body: of,
  ...more,
});
export const alone = (node: NodeSketch): Sketch => ({ nodes: [node] });

/** Items whose call is under way, by their number. */
export const under = (tale: Story) =>
  tokensOf(tale.run).flatMap(({ status, scope }) =>
    status === "running" ? [Number(scope?.split(":").at(-1))] : [],
  );
export const itemToken = (tale: Story, index: number) => {
  const token = tokensOf(tale.run).find(
    ({ scope, status }) => scope?.endsWith(`:${index}`) && status === "running",
  );
  if (!token) throw new Error(`item ${index} has no call under way`);
  return token;
};
export const works = (tale: Story, index: number, output: Json = null) =>
  tale.settle(outcomeOf(itemToken(tale, index), output));
export const breaks = (tale: Story, index: number, code = "HTTP_404") =>
  tale.settle(failureOf(itemToken(tale, index), code, { retryable: false }));
