import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { validateWorkflow } from "../../core/kernel/validate.ts";
import { EVERYTHING } from "../support/given-sketch.ts";

const set = (id: string, more: JsonObject = {}): JsonObject => ({ id, type: "set", ...more });
const node = (more: JsonObject) => ({ name: "flow", nodes: [{ id: "a", ...more }] });
const map = (body: Json, more: JsonObject = {}) =>
  node({ type: "map", items: "{% $input %}", body, ...more });
const faults = (document: Json) =>
  validateWorkflow(document, EVERYTHING).errors.map(({ path, code }) => `${path} ${code}`);

/** Maps in each other, so many deep. */
function nested(depth: number): JsonObject {
  if (depth === 0) return set("a");
  return { id: "a", type: "map", items: [], body: { nodes: [nested(depth - 1)] } };
}

describe("the body of a map", () => {
  test("may be a graph of any kind, with names that the graph around it has too", () => {
    const body = {
      nodes: [set("a", { split: "all" }), set("b"), set("c"), set("d", { join: { atLeast: 1 } })],
      edges: ["ab", "ac", "bd", "cd"].map(([from = "", to = ""]) => ({ from, to })),
      start: "a",
    };

    expect(validateWorkflow(map(body, { tolerate: "10%" }), EVERYTHING)).toMatchObject({
      errors: [],
      warnings: [],
    });
  });

  test("may have maps in it, but not deeper than four", () => {
    expect(faults({ name: "flow", nodes: [nested(4)] })).toEqual([]);
    expect(faults({ name: "flow", nodes: [nested(5)] })).toEqual([
      `nodes[0]${".body.nodes[0]".repeat(4)}.body LIMIT`,
    ]);
  });

  test("is warned of like any other graph", () => {
    const body = { nodes: [set("b", { timeout: "PT1S" })] };

    expect(validateWorkflow(map(body), EVERYTHING).warnings).toMatchObject([
      { path: "nodes[0].body.nodes[0].timeout", code: "NO_EFFECT" },
    ]);
  });

  test.each<[string, Json]>([
    ["nodes[0].items REQUIRED", node({ type: "map", body: { nodes: [set("b")] } })],
    ["nodes[0].body REQUIRED", node({ type: "map", items: [] })],
    ["nodes[0].body INVALID_TYPE", node({ type: "map", items: [], body: [] })],
    ["nodes[0].body.nodes REQUIRED", map({ nodes: [] })],
    ["nodes[0].body.nodes INVALID_TYPE", map({ nodes: "b" })],
    ["nodes[0].body.name UNKNOWN_FIELD", map({ nodes: [set("b")], name: "x" })],
    ["nodes[0].body.start UNKNOWN_NODE", map({ nodes: [set("b")], start: "a" })],
    ["nodes[0].body.start INVALID_VALUE", map({ nodes: [set("b")], start: "1" })],
    ["nodes[0].body.nodes[0].type UNKNOWN_NODE_TYPE", map({ nodes: [{ id: "b", type: "x" }] })],
    ["nodes[0].body.nodes[0].tool UNKNOWN_FIELD", map({ nodes: [{ ...set("b"), tool: "x" }] })],
    ["nodes[0].body.nodes[1].id DUPLICATE_ID", map({ nodes: [set("b"), set("b")] })],
    ["nodes[0].body.nodes[1] UNREACHABLE_NODE", map({ nodes: [set("b"), set("c")] })],
    [
      "nodes[0].body.nodes[0].cancels[0] UNKNOWN_NODE",
      map({ nodes: [set("b", { cancels: ["n"] })] }),
    ],
    [
      "nodes[0].body.edges[0].to DANGLING_EDGE",
      map({ nodes: [set("b")], edges: [{ from: "b", to: "n" }] }),
    ],
    [
      "nodes[0].body.nodes[0].join JOIN_WITHOUT_SPLIT",
      map({ nodes: [set("b", { join: { atLeast: 1 } })] }),
    ],
    ["nodes[0].concurrency INVALID_VALUE", map({ nodes: [set("b")] }, { concurrency: 0 })],
    ["nodes[0].tolerate INVALID_VALUE", map({ nodes: [set("b")] }, { tolerate: "101%" })],
    ["nodes[0].tolerate INVALID_VALUE", map({ nodes: [set("b")] }, { tolerate: -1 })],
    ["nodes[0].minSuccessful INVALID_VALUE", map({ nodes: [set("b")] }, { minSuccessful: 0.5 })],
    ["nodes[0].rest INVALID_VALUE", map({ nodes: [set("b")] }, { rest: "wait" })],
    ["nodes[0].distributed NOT_SUPPORTED", map({ nodes: [set("b")] }, { distributed: true })],
    ["nodes[0].distributed INVALID_TYPE", map({ nodes: [set("b")] }, { distributed: 1 })],
  ])("is told to have %s", (fault, document) => {
    expect(faults(document)).toContain(fault);
  });
});
