import { describe, expect, test } from "vitest";
import { mermaidOfRun } from "../../adapters/http/mermaid.ts";
import type { Drawn, GraphNode } from "../../core/engine/graph-view.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import { ADMIN, type House, house } from "../support/house.ts";

const tool = (id: string, more: JsonObject = {}) => ({ id, type: "tool", tool: "echo", ...more });
const once = { retry: { maxAttempts: 1 } };

async function ran(document: JsonObject, input: JsonObject = {}, at: House = house()) {
  await at.publish({ name: "drawn", ...document });
  const key = await at.start("drawn", { input });
  await at.drive(key);
  for (let next = at.woken.shift(); next; next = at.woken.shift()) await at.drive(next);
  return { at, key, ...(await graph(at, key)) };
}

async function graph(at: House, { runId }: RunKey): Promise<Drawn> {
  const drawn = await at.engine.insight.graph(ADMIN, runId);
  if (!drawn.ok) throw new Error(JSON.stringify(drawn.refusal));
  return drawn.value;
}

function nodeIn({ graph: { nodes } }: Drawn, id: string): GraphNode {
  const node = nodes.find((one) => one.id === id);
  if (!node) throw new Error(`there is no node ${id}`);
  return node;
}

const takenIn = ({ graph: { edges } }: Drawn) =>
  edges
    .filter(({ taken }) => taken > 0)
    .map(({ from, to, on, taken }) => `${from} ${on} ${to} ${taken}`);

describe("the graph of a run", () => {
  test("has each node's state, visits and tokens, and each edge that was taken", async () => {
    const drawn = await ran({
      nodes: [
        { id: "go", type: "set", split: "all" },
        tool("loop"),
        { id: "wait", type: "wait", event: { name: "paid" } },
        { id: "join", type: "set", join: "all" },
        { id: "never", type: "set" },
      ],
      edges: [
        { from: "go", to: "loop" },
        { from: "go", to: "wait" },
        { from: "loop", to: "loop", when: "{% $steps.loop.visits < 3 %}" },
        { from: "loop", to: "join" },
        { from: "wait", to: "join" },
        { from: "wait", to: "never", on: "timeout" },
      ],
    });

    expect(drawn.graph).toMatchObject({ status: "waiting", workflow: "drawn", isWhole: true });
    expect(nodeIn(drawn, "go")).toMatchObject({ status: "succeeded", visits: 1, tokens: 0 });
    expect(nodeIn(drawn, "loop")).toMatchObject({
      visits: 3,
      attempts: 3,
      counts: { succeeded: 3 },
    });
    expect(nodeIn(drawn, "wait")).toMatchObject({ status: "waiting", visits: 1, tokens: 1 });
    expect(nodeIn(drawn, "join")).toMatchObject({ status: "pending", visits: 0, tokens: 1 });
    expect(nodeIn(drawn, "never")).toMatchObject({ status: "idle", visits: 0 });
    expect(takenIn(drawn)).toEqual([
      "go success loop 1",
      "go success wait 1",
      "loop success loop 2",
      "loop success join 1",
    ]);
  });

  test("tells the port where several edges lead the same way", async () => {
    const call = () => {
      throw new CallFailure("HTTP_500", "down", { retryable: false });
    };
    const drawn = await ran(
      {
        nodes: [tool("a", once), { id: "b", type: "set" }],
        edges: [
          { from: "a", to: "b" },
          { from: "a", to: "b", on: "error" },
        ],
      },
      {},
      house({ call }),
    );

    expect(takenIn(drawn)).toEqual(["a error b 1"]);
    expect(nodeIn(drawn, "a").status).toBe("failed");
  });

  test("counts the items of a map in its body, and names the children of a subflow", async () => {
    const at = house();
    await at.publish({ name: "child", nodes: [{ id: "a", type: "set", with: 1 }] });
    const drawn = await ran(
      {
        nodes: [
          {
            id: "each",
            type: "map",
            items: "{% $input.list %}",
            body: {
              nodes: [
                { id: "work", type: "set" },
                { id: "more", type: "set" },
              ],
              edges: [{ from: "work", to: "more" }],
            },
          },
          { id: "sub", type: "subflow", workflow: "child" },
        ],
        edges: [{ from: "each", to: "sub" }],
      },
      { list: [1, 2, 3] },
      at,
    );

    expect(nodeIn(drawn, "each/work")).toMatchObject({ map: "each", node: "work", visits: 3 });
    expect(takenIn(drawn)).toContain("each/work success each/more 3");
    const { children = [] } = nodeIn(drawn, "sub");
    expect(children).toHaveLength(1);
    const child = await at.read({ tenant: "default", runId: children[0] ?? "" });
    expect(child.parent).toBe(drawn.key.runId);
  });

  test("is drawn with a class for each state, and the edges taken by their numbers", async () => {
    const { document, graph: told } = await ran({
      nodes: [
        { id: "end", type: "set" },
        {
          id: "each",
          type: "map",
          items: [1],
          body: { nodes: [tool("a"), tool("b")], edges: [{ from: "a", to: "b" }] },
        },
        { id: "ok", type: "approval", approvers: ["ada@example.com"] },
        { id: "x", type: "set" },
      ],
      edges: [
        { from: "end", to: "each" },
        { from: "each", to: "ok" },
        { from: "ok", to: "x" },
      ],
    });

    expect(mermaidOfRun(document, told)).toBe(`flowchart TD
  n0["end: set, succeeded"]
  subgraph n1 ["each: map, succeeded"]
    n2[["a: tool, succeeded"]]
    n3[["b: tool, succeeded"]]
    n2 --> n3
  end
  n4(["ok: approval, waiting"])
  n5["x: set"]
  n0 --> n1
  n1 --> n4
  n4 --> n5
  linkStyle 0,1,2 stroke:#0b5cad,stroke-width:3px
  classDef succeeded fill:#d5efdb,stroke:#1b6e34,color:#16191f
  class n0,n1,n2,n3 succeeded
  classDef waiting fill:#fdf1c7,stroke:#8a6100,stroke-width:3px,color:#16191f
  class n4 waiting
  classDef idle fill:#ffffff,stroke:#8a97a5,color:#16191f
  class n5 idle
`);
  });
});
