import type { JsonObject } from "../../core/kernel/json.ts";

export const STEPS = 10;

/** Ten tool calls, one after the other, each of which returns 200 bytes. */
export const tenSteps = chain("ten-steps", () => ({ type: "tool", tool: "pad" }));

/** The same shape with a tool of the bench's own, which is told the run and the step. */
export function tenCalls(name: string, tool: string): JsonObject {
  return chain(name, (step) => ({
    type: "tool",
    tool,
    with: { run: "{% $input.run %}", step },
    timeout: "PT60S",
  }));
}

/** No mail: what is measured is the run. */
export const oneApproval = {
  name: "one-approval",
  nodes: [
    {
      id: "ask",
      type: "approval",
      title: "Go on?",
      approvers: ["ada@example.com"],
      email: false,
    },
    { id: "done", type: "end" },
  ],
  edges: [{ from: "ask", to: "done" }],
} as const;

export const oneEvent = {
  name: "one-event",
  nodes: [
    { id: "listen", type: "wait", event: { name: "go" } },
    { id: "done", type: "end" },
  ],
  edges: [{ from: "listen", to: "done" }],
} as const;

/** A driver has to come and call a tool after the event. */
export const eventThenStep = {
  name: "event-then-step",
  nodes: [
    { id: "listen", type: "wait", event: { name: "go" } },
    { id: "act", type: "tool", tool: "pad" },
  ],
  edges: [{ from: "listen", to: "act" }],
} as const;

function chain(name: string, node: (step: number) => JsonObject): JsonObject {
  const steps = Array.from({ length: STEPS }, (_, index) => index + 1);
  return {
    name,
    nodes: steps.map((step) => ({ id: `s${step}`, ...node(step) })),
    edges: steps.slice(1).map((step) => ({ from: `s${step - 1}`, to: `s${step}` })),
  };
}
