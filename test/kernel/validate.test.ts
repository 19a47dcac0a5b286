import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileWorkflow } from "../../core/kernel/compile.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { type Known, validateWorkflow } from "../../core/kernel/validate.ts";
import { EVERYTHING } from "../support/given-sketch.ts";

const known: Known = {
  tool: (name) => name === "charge",
  workflow: (name, version) => name === "other" && (version ?? 1) === 1,
  model: (name) => name.startsWith("mock/"),
  schemaProblems: (schema) =>
    JSON.stringify(schema).includes("bad") ? [{ path: "type", code: "X", message: "is bad" }] : [],
};
const set = (id: string, more: JsonObject = {}): JsonObject => ({ id, type: "set", ...more });
const doc = (more: JsonObject = {}): JsonObject => ({ name: "flow", nodes: [set("a")], ...more });
const faults = (document: Json) =>
  validateWorkflow(document, known).errors.map(({ path, code }) => `${path} ${code}`);
const node = (more: JsonObject) => doc({ nodes: [{ id: "a", ...more }] });
const linked = (edge: JsonObject, more: JsonObject = {}) =>
  doc({ nodes: [set("a", more), set("b")], edges: [{ from: "a", to: "b" }, edge] });

describe("a document without a fault", () => {
  test.each<[string, JsonObject]>([
    ["of one node", doc()],
    [
      "with everything at the top",
      doc({
        title: "T",
        description: "D",
        vars: { a: 1 },
        start: "a",
        output: "{% 1 %}",
        input: { type: "object" },
        limits: { maxVisits: 5, deadline: "P1D" },
      }),
    ],
    ["with a loop", linked({ from: "a", to: "a", when: "{% false %}" })],
    [
      "of every node type",
      doc({
        nodes: [
          set("a"),
          { id: "b", type: "llm", prompt: "x", model: "mock/x" },
          { id: "c", type: "tool", tool: "charge" },
          { id: "d", type: "approval", approvers: ["a@b.c"] },
          { id: "e", type: "wait", for: "PT1S" },
          { id: "f", type: "end" },
        ],
        edges: ["ab", "bc", "cd", "de", "ef"].map(([from = "", to = ""]) => ({ from, to })),
      }),
    ],
  ])("%s has none", (_, document) => {
    expect(validateWorkflow(document, known)).toMatchObject({ errors: [], warnings: [] });
  });
});

describe("a fault is told by its path and code:", () => {
  test.each<[string, Json]>([
    [" INVALID_TYPE", "text"],
    [" INVALID_TYPE", null],
    [" INVALID_TYPE", []],
    ["name REQUIRED", { nodes: [set("a")] }],
    ["name INVALID_VALUE", doc({ name: "Has Spaces" })],
    ["name INVALID_VALUE", doc({ name: 5 })],
    ["name INVALID_VALUE", doc({ name: "a".repeat(64) })],
    ["nam UNKNOWN_FIELD", doc({ nam: "x" })],
    [
      "__proto__ UNKNOWN_FIELD",
      JSON.parse('{"name":"a","nodes":[{"id":"a","type":"set"}],"__proto__":1}'),
    ],
    ["title INVALID_TYPE", doc({ title: 5 })],
    ["nodes REQUIRED", doc({ nodes: [] })],
    ["nodes REQUIRED", { name: "flow" }],
    ["nodes INVALID_TYPE", doc({ nodes: {} })],
    ["nodes[0] INVALID_TYPE", doc({ nodes: ["a"] })],
    ["nodes[0].id REQUIRED", node({ id: undefined as never, type: "set" })],
    ["nodes[0].id INVALID_VALUE", node({ id: "1a", type: "set" })],
    ["nodes[0].id INVALID_VALUE", node({ id: "__proto__", type: "set" })],
    ["nodes[0].type REQUIRED", node({})],
    ["nodes[0].type UNKNOWN_NODE_TYPE", node({ type: "sett" })],
    ["nodes[0].type UNKNOWN_NODE_TYPE", node({ type: "constructor" })],
    ["nodes[0].type UNKNOWN_NODE_TYPE", node({ type: 5 })],
    ...["agent", "route"].map((type): [string, Json] => [
      "nodes[0].type NOT_SUPPORTED",
      node({ type }),
    ]),
    ["nodes[0].workflow REQUIRED", node({ type: "subflow" })],
    ["nodes[0].workflow UNKNOWN_WORKFLOW", node({ type: "subflow", workflow: "gone" })],
    [
      "nodes[0].workflow UNKNOWN_WORKFLOW",
      node({ type: "subflow", workflow: "other", version: 2 }),
    ],
    ["nodes[0].version INVALID_VALUE", node({ type: "subflow", workflow: "other", version: 0 })],
    ["nodes[0].mode INVALID_VALUE", node({ type: "subflow", workflow: "other", mode: "later" })],
    ["nodes[1].id DUPLICATE_ID", doc({ nodes: [set("a"), set("a")] })],
    ["nodes[0].wiht UNKNOWN_FIELD", node({ type: "set", wiht: 1 })],
    ["nodes[0].tool UNKNOWN_FIELD", node({ type: "set", tool: "charge" })],
    ["nodes[0].with INVALID_EXPRESSION", node({ type: "set", with: "{% 1 + %}" })],
    ["nodes[0].with.a[1] INVALID_EXPRESSION", node({ type: "set", with: { a: [1, "{% ( %}"] } })],
    ["nodes[0].with INVALID_EXPRESSION", node({ type: "set", with: "{% open" })],
    ["nodes[0].with INVALID_EXPRESSION", node({ type: "set", with: "{% $random() %}" })],
    ["nodes[0].with INVALID_EXPRESSION", node({ type: "set", with: "{% $eval('1') %}" })],
    ["nodes[0].with INVALID_EXPRESSION", node({ type: "set", with: "{% $shuffle([1]) %}" })],
    [
      "nodes[0].with INVALID_EXPRESSION",
      node({ type: "set", with: "{% $match('a', /(a)\\1/) %}" }),
    ],
    [
      "nodes[0].with INVALID_EXPRESSION",
      node({ type: "set", with: `{% '${"x".repeat(8_000)}' %}` }),
    ],
    ["nodes[0].assign INVALID_TYPE", node({ type: "set", assign: [] })],
    ["nodes[0].assign.x INVALID_EXPRESSION", node({ type: "set", assign: { x: "{% ) %}" } })],
    ["nodes[0].timeout INVALID_DURATION", node({ type: "set", timeout: "10s" })],
    ["nodes[0].split INVALID_VALUE", node({ type: "set", split: "some" })],
    ["nodes[0].join INVALID_VALUE", node({ type: "set", join: "most" })],
    ["nodes[0].join REQUIRED", node({ type: "set", join: {} })],
    ["nodes[0].join.atLeast INVALID_VALUE", node({ type: "set", join: { atLeast: 0 } })],
    ["nodes[0].join.rest INVALID_VALUE", node({ type: "set", join: { atLeast: 1, rest: "x" } })],
    ["nodes[0].join JOIN_WITHOUT_SPLIT", node({ type: "set", join: { atLeast: 1 } })],
    ["nodes[0].compensate UNKNOWN_NODE", node({ type: "set", compensate: "a" })],
    ["nodes[0].compensate UNKNOWN_NODE", node({ type: "set", compensate: "z" })],
    ["nodes[0].cancels[0] UNKNOWN_NODE", node({ type: "set", cancels: ["b"] })],
    ["nodes[0].cancels INVALID_TYPE", node({ type: "set", cancels: "b" })],
    ["nodes[0].delivery INVALID_VALUE", node({ type: "tool", tool: "charge", delivery: "once" })],
    [
      "nodes[0].onUnknown.reconcile UNKNOWN_TOOL",
      node({ type: "tool", tool: "charge", onUnknown: { reconcile: "x" } }),
    ],
    ["nodes[0].onUnknown REQUIRED", node({ type: "tool", tool: "charge", onUnknown: {} })],
    [
      "nodes[0].onUnknown INVALID_VALUE",
      node({ type: "tool", tool: "charge", onUnknown: "maybe" }),
    ],
    ["nodes[0].retry INVALID_TYPE", node({ type: "set", retry: 3 })],
    ["nodes[0].retry.maxAttempts INVALID_VALUE", node({ type: "set", retry: { maxAttempts: 0 } })],
    ["nodes[0].retry.tries UNKNOWN_FIELD", node({ type: "set", retry: { tries: 3 } })],
    ["nodes[0].retry.exhausted INVALID_VALUE", node({ type: "set", retry: { exhausted: "cry" } })],
    [
      "nodes[0].retry.backoff.initial INVALID_DURATION",
      node({ type: "set", retry: { backoff: { initial: 5 } } }),
    ],
    [
      "nodes[0].retry.backoff.factor INVALID_VALUE",
      node({ type: "set", retry: { backoff: { factor: 0.5 } } }),
    ],
    [
      "nodes[0].retry.backoff.jitter INVALID_VALUE",
      node({ type: "set", retry: { backoff: { jitter: "some" } } }),
    ],
    ["nodes[0].retry.on INVALID_TYPE", node({ type: "set", retry: { on: "*" } })],
    ["nodes[0].tool REQUIRED", node({ type: "tool" })],
    ["nodes[0].tool UNKNOWN_TOOL", node({ type: "tool", tool: "refund" })],
    ["nodes[0].tool INVALID_VALUE", node({ type: "tool", tool: "{% $input %}" })],
    ["nodes[0].prompt REQUIRED", node({ type: "llm" })],
    ["nodes[0].prompt INVALID_VALUE", node({ type: "llm", prompt: "x", messages: [] })],
    ["nodes[0].model UNKNOWN_MODEL", node({ type: "llm", prompt: "x", model: "gone/x" })],
    [
      "nodes[0].messages[0].role INVALID_VALUE",
      node({ type: "llm", messages: [{ role: "tool", content: "x" }] }),
    ],
    ["nodes[0].temperature INVALID_VALUE", node({ type: "llm", prompt: "x", temperature: 3 })],
    [
      "nodes[0].schema.type INVALID_SCHEMA",
      node({ type: "llm", prompt: "x", schema: { type: "bad" } }),
    ],
    ["input INVALID_SCHEMA", doc({ input: "object" })],
    ["input.type INVALID_SCHEMA", doc({ input: { type: "bad" } })],
    ["nodes[0] REQUIRED", node({ type: "wait" })],
    ["nodes[0] REQUIRED", node({ type: "wait", for: "PT1S", until: "2026-01-01" })],
    ["nodes[0].for INVALID_DURATION", node({ type: "wait", for: "soon" })],
    ["nodes[0].until INVALID_INSTANT", node({ type: "wait", until: "tomorrow" })],
    ["nodes[0].event.name REQUIRED", node({ type: "wait", event: {} })],
    ["nodes[0].any REQUIRED", node({ type: "wait", any: [] })],
    ["nodes[0].all INVALID_TYPE", node({ type: "wait", all: { for: "P1D" } })],
    ["nodes[0] REQUIRED", node({ type: "wait", for: "PT1S", any: [{ for: "P1D" }] })],
    ["nodes[0].any[1] REQUIRED", node({ type: "wait", any: [{ for: "P1D" }, {}] })],
    [
      "nodes[0].any[0] REQUIRED",
      node({ type: "wait", any: [{ for: "P1D", until: "2030-01-01" }] }),
    ],
    ["nodes[0].all[0].for INVALID_DURATION", node({ type: "wait", all: [{ for: "soon" }] })],
    ["nodes[0].all[0].event.name REQUIRED", node({ type: "wait", all: [{ event: {} }] })],
    ["nodes[0].all[0].timer UNKNOWN_FIELD", node({ type: "wait", all: [{ timer: 1 }] })],
    [
      "nodes[0].any LIMIT",
      node({ type: "wait", any: Array.from({ length: 21 }, () => ({ for: "P1D" })) }),
    ],
    ["nodes[0].prompt REQUIRED", node({ type: "ask" })],
    ["nodes[0].schema INVALID_TYPE", node({ type: "form", schema: "{% $input %}" })],
    ["nodes[0].email INVALID_TYPE", node({ type: "form", email: "yes" })],
    ["nodes[0].freeText INVALID_TYPE", node({ type: "ask", prompt: "?", freeText: "yes" })],
    ["nodes[0].options DUPLICATE_ID", node({ type: "approval", options: ["approved", "x", "x"] })],
    ["nodes[0].options REQUIRED", node({ type: "approval", options: ["yes"] })],
    ["nodes[0].options INVALID_VALUE", node({ type: "approval", options: ["approved", "error"] })],
    [
      "nodes[0].options[1].id INVALID_VALUE",
      node({ type: "approval", options: ["approved", { id: "a b" }] }),
    ],
    ["nodes[0].quorum INVALID_VALUE", node({ type: "approval", approvers: ["a@b.c"], quorum: 2 })],
    ["nodes[0].status INVALID_VALUE", node({ type: "end", status: "done" })],
    ["nodes[0].error.kode UNKNOWN_FIELD", node({ type: "end", error: { kode: "X" } })],
    ["edges INVALID_TYPE", doc({ edges: {} })],
    ["edges[0] INVALID_TYPE", doc({ edges: ["a"] })],
    ["edges[1].from DANGLING_EDGE", linked({ from: "x", to: "b" })],
    ["edges[1].to DANGLING_EDGE", linked({ from: "a", to: "x" })],
    ["edges[1].from REQUIRED", linked({ to: "b" })],
    ["edges[1].to REQUIRED", linked({ from: "a" })],
    ["edges[1].whan UNKNOWN_FIELD", linked({ from: "a", to: "b", whan: 1 })],
    ["edges[1].when INVALID_EXPRESSION", linked({ from: "a", to: "b", when: "$input" })],
    ["edges[1].when INVALID_EXPRESSION", linked({ from: "a", to: "b", when: "{% ( %}" })],
    ["edges[1].on UNKNOWN_PORT", linked({ from: "a", to: "b", on: "rejected" })],
    ["edges[1].on UNKNOWN_PORT", linked({ from: "a", to: "b", on: "timeout" })],
    ["edges[1].errors INVALID_VALUE", linked({ from: "a", to: "b", errors: ["X"] })],
    [
      "edges[1].from INVALID_VALUE",
      { ...linked({ from: "b", to: "a" }), nodes: [set("a"), { id: "b", type: "end" }] },
    ],
    ["start UNKNOWN_NODE", doc({ start: "x" })],
    ["nodes[1] UNREACHABLE_NODE", doc({ nodes: [set("a"), set("b")] })],
    ["nodes[1].join JOIN_UNREACHED", doc({ nodes: [set("a"), set("b", { join: "all" })] })],
    ["limits.maxVisits INVALID_VALUE", doc({ limits: { maxVisits: 0 } })],
    ["limits.deadline INVALID_DURATION", doc({ limits: { deadline: "soon" } })],
    ["limits.budget NOT_SUPPORTED", doc({ limits: { budget: { usd: 1 } } })],
    ["retention INVALID_DURATION", doc({ retention: "90 days" })],
    ["nodes LIMIT", doc({ nodes: Array.from({ length: 1_001 }, (_, n) => set(`n${n}`)) })],
    [
      "nodes[0].cancels LIMIT",
      node({ type: "set", cancels: Array.from({ length: 101 }, () => "a") }),
    ],
  ])("%s", (fault, document) => {
    expect(faults(document)).toContain(fault);
  });

  test("nodes without edges, of which many an author thinks that they follow each other", () => {
    const { errors } = validateWorkflow(doc({ nodes: [set("a"), set("b")] }), known);

    expect(errors.map(({ message }) => message)).toEqual([
      'nothing leads to "b" from the start: nodes have no order but that of their edges',
    ]);
  });

  test("nodes that have no way to an end, each of them", () => {
    const document = doc({
      nodes: [set("a"), set("b")],
      edges: [
        { from: "a", to: "b" },
        { from: "b", to: "a" },
      ],
    });

    expect(faults(document)).toEqual(["nodes[0] NO_WAY_TO_END", "nodes[1] NO_WAY_TO_END"]);
  });

  test("but not a node that leads to itself, which its limit of visits ends: that is a warning", () => {
    const document = doc({
      nodes: [set("a"), set("b")],
      edges: [
        { from: "a", to: "b" },
        { from: "b", to: "b" },
      ],
    });

    const { errors, warnings } = validateWorkflow(document, EVERYTHING);
    expect(errors).toEqual([]);
    expect(warnings.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "nodes[0] ENDLESS_LOOP",
      "nodes[1] ENDLESS_LOOP",
    ]);
  });

  test("a counting join that a path reaches around its split", () => {
    const document = doc({
      nodes: [set("a"), set("s", { split: "all" }), set("x"), set("j", { join: { atLeast: 1 } })],
      edges: [
        { from: "a", to: "s", when: "{% true %}" },
        { from: "a", to: "j" },
        { from: "s", to: "x" },
        { from: "s", to: "j" },
        { from: "x", to: "j" },
      ],
    });

    expect(faults(document)).toEqual(["nodes[3].join JOIN_WITHOUT_SPLIT"]);
  });
});

describe("validation", () => {
  test("tells all faults at once, so that an author who fixes them is done", () => {
    const document = {
      name: "Bad Name",
      nodes: [
        { id: "a", type: "tool", tool: "gone", with: "{% ( %}", retry: { maxAttempts: -1 } },
        { id: "a", type: "wait" },
        { id: "c", type: "agent" },
      ],
      edges: [{ from: "a", to: "nowhere" }],
      limits: { budget: {} },
    };

    expect(faults(document).toSorted()).toEqual([
      "edges[0].to DANGLING_EDGE",
      "limits.budget NOT_SUPPORTED",
      "name INVALID_VALUE",
      "nodes[0].retry.maxAttempts INVALID_VALUE",
      "nodes[0].tool UNKNOWN_TOOL",
      "nodes[0].with INVALID_EXPRESSION",
      "nodes[1] REQUIRED",
      "nodes[1].id DUPLICATE_ID",
      "nodes[2] UNREACHABLE_NODE",
      "nodes[2].type NOT_SUPPORTED",
    ]);
  });

  test("warns of what is allowed and yet surprising", () => {
    const document = doc({
      nodes: [set("a", { delivery: "at-most-once" }), { id: "b", type: "approval" }],
      edges: [{ from: "a", to: "b" }],
      retention: "P90D",
    });
    const { errors, warnings } = validateWorkflow(document, known);

    expect(errors).toEqual([]);
    expect(warnings.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "retention NOT_ENFORCED",
      "nodes[0].delivery NO_EFFECT",
      "nodes[1].approvers NO_APPROVERS",
    ]);
  });

  test.each([
    ["set", { with: 1, retry: { maxAttempts: 2 } }, ["retry"]],
    ["set", { with: 1, timeout: "PT1S" }, ["timeout"]],
    ["end", { timeout: "PT1S" }, ["timeout"]],
    ["wait", { for: "PT1S", timeout: "PT1S" }, ["timeout"]],
    ["wait", { for: "PT1S", with: 1 }, ["with"]],
    ["llm", { prompt: "hi", with: 1 }, ["with"]],
    ["wait", { event: { name: "e" }, timeout: "PT1S", retry: {} }, ["retry"]],
    ["approval", { approvers: "a@example.com", timeout: "PT1S" }, []],
    ["tool", { tool: "charge", timeout: "PT1S", retry: {}, delivery: "at-most-once" }, []],
  ])("warns of what a node of type %s does not look at: %j", (type, fields, unused) => {
    const document = doc({ nodes: [{ id: "a", type, ...fields }], edges: [] });
    const { errors, warnings } = validateWorkflow(document, known);

    expect(errors).toEqual([]);
    expect(warnings.map(({ path, code }) => `${path} ${code}`)).toEqual(
      unused.map((field) => `nodes[0].${field} NO_EFFECT`),
    );
  });

  test("never throws, whatever it is given", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        expect(Array.isArray(validateWorkflow(value as Json, EVERYTHING).errors)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("never throws where a good document has a wrong value somewhere, and what passes compiles", () => {
    const good = doc({
      nodes: [
        set("a", {
          split: "all",
          assign: { x: "{% 1 %}" },
          retry: { on: ["*"], backoff: { initial: "PT1S" } },
        }),
        { id: "b", type: "llm", messages: [{ role: "user", content: "x" }], schema: {} },
        {
          id: "c",
          type: "approval",
          approvers: ["x"],
          options: ["approved", { id: "no", label: "No" }],
        },
        { id: "d", type: "wait", event: { name: "x", key: "y" }, join: { atLeast: 1 } },
        { id: "e", type: "end", error: { code: "X" }, status: "failed" },
      ],
      edges: [
        { from: "a", to: "b", when: "{% true %}" },
        { from: "a", to: "c", on: "error", errors: ["X"] },
        { from: "b", to: "d" },
        { from: "c", to: "d", on: "no" },
        { from: "d", to: "e" },
      ],
      limits: { maxVisits: 3 },
      vars: { v: 1 },
    });
    const places = placesIn(good);
    const odd = fc.oneof(
      fc.constantFrom<Json>(null, true, "", "{%", "{% %}", 0, -1, 1e308, [], {}, [null], [[]]),
      fc.constant({ id: "a", type: "set" }),
      fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), odd, (place, value) => {
        const document = changed(good, place, value);
        const { errors } = validateWorkflow(document, EVERYTHING);
        if (errors.length === 0) compileWorkflow(document as JsonObject, { version: 1, hash: "h" });
      }),
      { numRuns: 2_000 },
    );
  });

  test("never throws on what is huge or deep", () => {
    let deep: Json = 1;
    for (let depth = 0; depth < 5_000; depth++) deep = { with: [deep] };
    const wide = Array.from({ length: 1_000 }, (_, n) => set(`n${n}`));
    const edges = Array.from({ length: 20_000 }, (_, n) => ({
      from: `n${n % 1_000}`,
      to: `n${(n * 7 + 1) % 1_000}`,
    }));

    expect(faults(node({ type: "set", with: deep }))).toContainEqual(
      expect.stringMatching(/INVALID_EXPRESSION$/),
    );
    expect(faults(doc({ nodes: wide, edges }))).toContain("edges LIMIT");
    expect(faults(doc({ nodes: [set("a".repeat(1_000_000))] }))).toContain(
      "nodes[0].id INVALID_VALUE",
    );
  });

  test("says no more of a huge value than is needed to find it", () => {
    const { errors } = validateWorkflow(node({ type: "x".repeat(100_000) }), known);

    expect(JSON.stringify(errors).length).toBeLessThan(2_000);
  });
});

type Place = readonly (string | number)[];

/** Every place in the value at which there is something, by its path. */
function placesIn(value: Json, at: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [at];
  const inside = Object.entries(value as JsonObject).flatMap(([name, member]) =>
    placesIn(member, [...at, name]),
  );
  return [at, ...inside];
}

function changed(value: Json, [name, ...rest]: Place, to: Json): Json {
  if (name === undefined) return to;
  if (Array.isArray(value)) {
    return value.map((entry: Json, index) =>
      index === Number(name) ? changed(entry, rest, to) : entry,
    );
  }
  const object = value as JsonObject;
  return { ...object, [name]: changed(object[name] ?? null, rest, to) };
}
