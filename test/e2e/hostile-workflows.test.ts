import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { ended, expectRefused, publish, read, start, typesOf } from "../support/runs.ts";
import { startServer, type Tenant, type TestServer } from "../support/server.ts";

let server: TestServer;
let neighbour: Tenant;

beforeAll(async () => {
  server = await startServer();
  neighbour = await server.tenant();
  const nodes = [
    { id: "one", type: "set", with: "{% $input.n + 1 %}" },
    { id: "two", type: "tool", tool: "summarize", with: { text: "One. Two. Three." } },
  ];
  await publish(neighbour.api, { name: "plain", nodes });
});

afterAll(() => server.close());

/** Each of them is quick for JSONata to say, and would be slow or large to do. */
const HOSTILE: readonly (readonly [what: string, source: string, code: string])[] = [
  ["recurses for ever", "($f := function($x) { $f($x + 1) }; $f(0))", "EXPRESSION_LIMIT"],
  ["recurses deeply", "($f := function($x) { 1 + $f($x + 1) }; $f(0))", "EXPRESSION_LIMIT"],
  ["pads to two billion", `$pad("x", 2000000000)`, "EXPRESSION_LIMIT"],
  ["doubles a text", `$reduce([1..40], function($a, $b) { $a & $a }, "ab")`, "EXPRESSION_LIMIT"],
  ["counts to ten million", "[1..10000000]", "EXPRESSION_LIMIT"],
  ["counts in counts", "[1..9000].[1..9000]", "EXPRESSION_LIMIT"],
  ["backtracks", `$count($match($input.text, /a(.*b)?/))`, "EXPRESSION_LIMIT"],
  [
    "sorts by a function",
    "$sort($input.numbers, function($a, $b) { $a < $b })",
    "EXPRESSION_LIMIT",
  ],
  [
    "compares all with all",
    "$map($input.numbers, function($n) { $sum($input.numbers) })",
    "EXPRESSION_LIMIT",
  ],
  ["is a function", "function($x) { $x }", "EXPRESSION_ERROR"],
  ["divides by nothing", "1 / 0", "EXPRESSION_ERROR"],
  ["calls what is not there", "$nothing()", "EXPRESSION_ERROR"],
  ["says a book", "$error($input.text)", "EXPRESSION_ERROR"],
  ["is too large", `[1..13].$pad("x", 990000)`, "EXPRESSION_LIMIT"],
];

const INPUT: Json = {
  text: "a".repeat(90_000),
  numbers: Array.from({ length: 10_000 }, (_, index) => index),
};

describe("runs of a hostile tenant", () => {
  test("end as failed, each with its code, while another tenant's runs go on (C12)", async () => {
    for (const [index, [, source]] of HOSTILE.entries()) {
      const nodes = [{ id: "hold", type: "set", with: `{% ${source} %}` }];
      await publish(server.api, { name: `hostile-${index}`, nodes });
    }
    const hostile = { goOn: true };
    const beside: string[] = [];
    const neighbourWorks = async () => {
      while (hostile.goOn) {
        const { status } = await start(neighbour.api, "plain", { n: beside.length });
        beside.push(status);
      }
    };

    const works = neighbourWorks();
    const runs = await Promise.all(
      HOSTILE.map((_, index) => start(server.api, `hostile-${index}`, INPUT)),
    );
    hostile.goOn = false;
    await works;

    const outcomes = runs.map(({ status, error }, index) => [
      HOSTILE[index]?.[0],
      status,
      error?.code,
    ]);
    expect(outcomes).toEqual(HOSTILE.map(([what, , code]) => [what, "failed", code]));
    for (const { error } of runs) {
      expect(error?.node).toBe("hold");
      expect(error?.message.length).toBeLessThan(2_000);
    }
    expect(beside.length).toBeGreaterThan(2);
    expect(new Set(beside)).toEqual(new Set(["succeeded"]));
  });

  test("fail the same in conditions, outputs, variables and inputs of tools", async () => {
    const forever = "{% ($f := function($x) { $f($x + 1) }; $f(0)) %}";
    const nodes = [{ id: "a", type: "set", with: 1 }];
    const tool = { id: "t", type: "tool", tool: "summarize", with: { text: forever } };
    const edge = { from: "a", to: "b", when: forever };
    const documents: Readonly<Record<string, JsonObject>> = {
      "in-when": { nodes: [...nodes, { id: "b", type: "end" }], edges: [edge] },
      "in-output": { nodes, output: forever },
      "in-vars": { nodes, vars: { x: forever } },
      "in-assign": { nodes: [{ id: "a", type: "set", with: 1, assign: { x: forever } }] },
      "in-tool": { nodes: [tool] },
      "in-approval": { nodes: [{ id: "p", type: "approval", preview: forever, approvers: [] }] },
      "in-wait": { nodes: [{ id: "w", type: "wait", for: forever }] },
      "in-end": { nodes: [{ id: "e", type: "end", output: forever }] },
    };
    for (const [name, document] of Object.entries(documents)) {
      await publish(server.api, { name, ...document });
    }

    const names = Object.keys(documents);
    const runs = await Promise.all(names.map((name) => start(server.api, name)));

    expect(runs.map(({ status, error }, index) => [names[index], status, error?.code])).toEqual(
      names.map((name) => [name, "failed", "EXPRESSION_LIMIT"]),
    );
  });

  test("are stopped by the limit on visits where a loop has no end in sight", async () => {
    await publish(server.api, {
      name: "loop",
      limits: { maxVisits: 100 },
      nodes: [
        { id: "again", type: "set", with: 1 },
        { id: "out", type: "end" },
      ],
      edges: [
        { from: "again", to: "out", when: "{% $steps.again.output = 2 %}" },
        { from: "again", to: "again" },
      ],
    });

    const run = await start(server.api, "loop");

    expect(run.status).toBe("failed");
    expect(run.error).toMatchObject({ code: "MAX_VISITS", node: "again" });
    expect(run.error?.message).toContain("100");
    const types = await typesOf(server.api, run.id);
    expect(types.filter((type) => type === "step.started")).toHaveLength(100);
    expect(types.at(-1)).toBe("run.failed");
  });

  test("are stopped at a thousand visits where nothing else is said", async () => {
    await publish(server.api, {
      name: "loop-default",
      nodes: [
        { id: "a", type: "set", with: 1 },
        { id: "b", type: "set", with: 1 },
        { id: "out", type: "end" },
      ],
      edges: [
        { from: "a", to: "b" },
        { from: "b", to: "out", when: false },
        { from: "b", to: "a" },
      ],
    });

    const run = await start(server.api, "loop-default");

    expect(run.error).toMatchObject({ code: "MAX_VISITS", node: "a" });
    const steps = await server.api.get(`/v1/runs/${run.id}/steps?limit=200`);
    expect(steps.body["nextCursor"]).not.toBeNull();
    expect((await read(server.api, run.id)).steps).toHaveLength(100);
    const verified = await server.api.get(`/v1/runs/${run.id}/ledger/verify`);
    expect(verified.body).toMatchObject({ ok: true, count: run.seq });
  });
});

describe("a workflow is refused at publishing", () => {
  test.each([
    ["$random()"],
    ["$eval('1')"],
    ["$shuffle([1, 2])"],
    ["$match('a', /(?=b)/)"],
    ["$match('a', /(a)\\1/)"],
    ["$match('a', /(a{1000}){1000}/)"],
    ["1 +"],
    ["("],
    ["x".repeat(8_001)],
  ])("when an expression is %s", async (source) => {
    const nodes = [{ id: "a", type: "set", with: { deep: [`{% ${source} %}`] } }];
    const answer = await server.api.post("/v1/workflows", { name: "refused", nodes });

    expectRefused(answer, 400, "INVALID_WORKFLOW");
    expect(answer.body["errors"]).toMatchObject([
      { path: "nodes[0].with.deep[0]", code: "INVALID_EXPRESSION" },
    ]);
  });

  test("when a loop has no way to an end", async () => {
    const nodes = [
      { id: "a", type: "set", with: 1 },
      { id: "b", type: "set", with: 1 },
    ];
    const self = await server.api.post("/v1/workflows", {
      name: "endless",
      nodes: nodes.slice(0, 1),
      edges: [{ from: "a", to: "a" }],
    });
    const pair = await server.api.post("/v1/workflows", {
      name: "endless",
      nodes,
      edges: [
        { from: "a", to: "b" },
        { from: "b", to: "a" },
      ],
    });

    expectRefused(pair, 400, "INVALID_WORKFLOW");
    expect(pair.text).toContain("nodes[0]");
    // A node that leads to itself is ended by the limit of visits, and publishing says so.
    expect(self.status).toBe(201);
    expect(self.body["warnings"]).toMatchObject([{ path: "nodes[0]", code: "ENDLESS_LOOP" }]);
    const { id } = await start(server.api, "endless");
    const run = await ended(server.api, id);
    expect(run).toMatchObject({ status: "failed", error: { code: "MAX_VISITS", node: "a" } });
  });

  test("with all of its faults at once, each with its path", async () => {
    const answer = await server.api.post("/v1/workflows", {
      name: "faults",
      nodes: [
        { id: "a", type: "set", with: "{% $$$( %}" },
        { id: "a", type: "set" },
        { id: "call", type: "tool", tool: "nothing-of-that-name" },
        { id: "odd", type: "sett" },
        { id: "wait", type: "wait", for: "two days" },
        { id: "alone", type: "set", colour: "red" },
      ],
      edges: [
        { from: "a", to: "call" },
        { from: "call", to: "odd" },
        { from: "odd", to: "wait" },
        { from: "wait", to: "nowhere" },
      ],
    });

    expectRefused(answer, 400, "INVALID_WORKFLOW");
    const errors = answer.body["errors"] as unknown as { path: string; code: string }[];
    const found = errors.map(({ path, code }) => `${path} ${code}`);
    for (const fault of [
      "nodes[0].with INVALID_EXPRESSION",
      "nodes[1].id DUPLICATE_ID",
      "nodes[2].tool UNKNOWN_TOOL",
      "nodes[3].type UNKNOWN_NODE_TYPE",
      "nodes[4].for INVALID_DURATION",
      "nodes[5].colour UNKNOWN_FIELD",
      "nodes[5] UNREACHABLE_NODE",
      "edges[3].to DANGLING_EDGE",
    ]) {
      expect(found).toContain(fault);
    }
    expect((await server.api.get("/v1/workflows/faults")).status).toBe(404);
    const checked = await server.api.post("/v1/workflows/validate", { name: "UPPER", nodes: [] });
    expect(checked.status).toBe(200);
    expect(checked.body).toMatchObject({ valid: false });
  });
});
