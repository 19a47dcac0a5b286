import { describe, expect, test } from "vitest";
import { mermaid } from "../../adapters/http/mermaid.ts";
import type { JsonObject } from "../../core/kernel/json.ts";

describe("a drawn workflow", () => {
  test("has a shape per kind of node and says what each edge takes", () => {
    const drawn = mermaid({
      nodes: [
        { id: "ask", type: "approval", title: "Refund?" },
        { id: "pay", type: "tool", compensate: "undo" },
        { id: "undo", type: "tool" },
        { id: "end", type: "end" },
      ],
      edges: [
        { from: "ask", to: "pay", when: "{% $input.amount > 10 %}" },
        { from: "ask", to: "end", on: "rejected" },
        { from: "pay", to: "end", on: "error", errors: ["HTTP_4*", "TIMEOUT"], label: "sorry" },
        { from: "pay", to: "nowhere" },
      ],
    });

    expect(drawn).toBe(`flowchart TD
  n0(["Refund? (ask: approval)"])
  n1[["pay: tool"]]
  n2[["undo: tool"]]
  n3(("end: end"))
  n0 -->|"#123;% $input.amount #62; 10 %#125;"| n1
  n0 -.->|"rejected"| n3
  n1 -.->|"error HTTP_4*, TIMEOUT sorry"| n3
  n1 -.->|"undone by"| n2
`);
  });

  test("draws the body of a map inside it", () => {
    const body = { nodes: [{ id: "a", type: "set" }], edges: [] };

    expect(mermaid({ nodes: [{ id: "each", type: "map", body }] })).toBe(
      'flowchart TD\n  subgraph n0 ["each: map"]\n    n1["a: set"]\n  end\n',
    );
  });

  test.each<JsonObject>([
    {},
    { nodes: null, edges: 7 },
    { nodes: [null, 1, "x", [], {}], edges: [{ from: 1, to: "a" }, null] },
    { nodes: [{ id: 'x"]; click n0 href "javascript:1"\nend', type: "`" }] },
    {
      nodes: [
        { id: "__proto__", type: "__proto__" },
        { id: "constructor", type: "constructor" },
      ],
    },
  ])("is one graph of quoted labels whatever the document says: %j", (document) => {
    for (const line of mermaid(document).trimEnd().split("\n").slice(1)) {
      expect(line).toMatch(/^ {2}n\d+[[({]+"[^"`<>[\]{}\n]*"[\])}]+$/);
    }
  });
});
