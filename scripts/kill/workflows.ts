import { shape, text, tool, workflow } from "../../client/index.ts";

export const PERSON = "ada@example.com";
export const STEPS = 5;

const act = tool<{ run: string; step: string }, { receipt: string }>("act");
const from = () => workflow("kill-calls", { input: shape<{ n: number }>() });

/** Calls, one after the other. */
export const calls = Array.from({ length: STEPS }, (_, index) => `s${index + 1}`)
  .reduce(
    (flow, id) =>
      flow.node(id, {
        type: "tool",
        tool: "act",
        with: { run: "{% $run.id %}", step: id },
      }) as never,
    from(),
  )
  .build();

export const ITEMS = 3;

/** Calls side by side in a map, then a child, whose end the parent waits for. */
export const family = workflow("kill-family", { input: shape<{ n: number }>() })
  .map("each", "{% [1..3] %}", (each) =>
    each.tool("item", { tool: act, with: ($) => ({ run: $.run.id, step: text`item-${$.index}` }) }),
  )
  .subflow("child", { workflow: "kill-calls", with: ($) => ({ n: $.input.n }) })
  .tool("last", { tool: act, with: ($) => ({ run: $.run.id, step: "last" }) })
  .build();

/** A person, an event and a time between two calls. */
export const waits = workflow("kill-waits", { input: shape<{ n: number }>() })
  .tool("first", { tool: act, with: ($) => ({ run: $.run.id, step: "first" }) })
  .approval("ask", { title: "Go on?", approvers: PERSON, email: false })
  .wait("paid", { event: { name: "paid" }, payload: shape<{ n: number }>() })
  .wait("rest", { for: "PT0.2S" })
  .tool("last", { tool: act, with: ($) => ({ run: $.run.id, step: "last" }) })
  .build(($) => ({ decision: $.steps.ask.output.decision, paid: $.steps.paid.output.n }));
