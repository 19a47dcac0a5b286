import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryArtifacts } from "../support/memory-artifacts.ts";
import { memoryTable } from "../support/memory-table.ts";

const KIB = 1024;
const LARGE = "x".repeat(300 * KIB);
const REFERENCE = { $artifact: expect.stringMatching(/^[0-9a-f]{32}$/) as string };

/** Runs a workflow by tools that answer what `answers` has for them, else their input. */
async function ran(
  document: JsonObject & { name: string },
  input: Json = {},
  answers: Readonly<Record<string, Json>> = {},
) {
  const table = memoryTable();
  const artifacts = memoryArtifacts();
  const call = ({ tool, input: given }: { tool: { name: string }; input: Json }) =>
    answers[tool.name] ?? given;
  const home = house({ table, artifacts, call });
  for (const name of ["give", "take"]) {
    await home.engine.tools.put(ADMIN, name, { kind: "http", config: { url: "http://x.test" } });
  }
  await home.publish(document);
  const key = await home.start(document.name, { input });
  await home.drive(key);
  return { home, table, artifacts, key, run: await home.read(key) };
}

function give(more: JsonObject = {}): JsonObject {
  return { id: "give", type: "tool", tool: "give", ...more };
}

describe("a step's output of 2 MB", () => {
  const output = { text: "y".repeat(2 * KIB * KIB), kind: "report" };

  test("is a reference in the run, and itself for expressions, the next step and tools", async () => {
    const { home, run, key } = await ran(
      {
        name: "report",
        nodes: [
          give({ assign: { kept: "{% $output.text %}", is: "{% $uppercase($output.kind) %}" } }),
          { id: "pass", type: "set", with: "{% $steps.give.output %}" },
          {
            id: "take",
            type: "tool",
            tool: "take",
            with: { text: "{% $vars.kept %}", told: "is a {% $steps.pass.output.kind %}" },
          },
        ],
        edges: [
          { from: "give", to: "pass", when: "{% $steps.give.output.kind = 'report' %}" },
          { from: "pass", to: "take" },
        ],
        output: { again: "{% $steps.pass.output %}", is: "{% $vars.is %}" },
      },
      {},
      { give: output, take: "taken" },
    );

    expect(run.status, JSON.stringify(run.error)).toBe("succeeded");
    expect(home.calls[1]?.input).toEqual({ text: output.text, told: "is a report" });
    expect(run.vars).toEqual({ kept: REFERENCE, is: "REPORT" });
    expect(run.output).toEqual({ again: REFERENCE, is: "REPORT" });
    const outputs = run.steps.map((step) => step.output);
    expect(outputs).toEqual([REFERENCE, outputs[0], "taken"]);
    expect(JSON.stringify(run).length).toBeLessThan(10 * KIB);
    expect(await home.deps.contents.whole(key, run.output)).toEqual({
      again: output,
      is: "REPORT",
    });
  });

  test("is the same in every process, and proved by the run's chain", async () => {
    const nodes = [
      give(),
      { id: "take", type: "tool", tool: "take", with: "{% $steps.give.output %}" },
    ];
    const edges = [{ from: "give", to: "take" }];
    const { home, table, artifacts, key, run } = await ran(
      { name: "same", nodes, edges },
      {},
      {
        give: output,
        take: "taken",
      },
    );

    expect(await house({ table, artifacts }).read(key)).toEqual(run);
    const verified = await home.engine.runs.verify(ADMIN, key.runId);
    expect(verified).toMatchObject({ ok: true, value: { ok: true, errors: [] } });
  });

  test("is given to an attempt that another process takes over", async () => {
    const nodes = [
      give(),
      { id: "take", type: "tool", tool: "take", with: "{% $steps.give.output %}" },
    ];
    const edges = [{ from: "give", to: "take" }];
    const died = { take: new Promise<Json>(() => undefined) as unknown as Json };
    const table = memoryTable();
    const artifacts = memoryArtifacts();
    const first = house({
      table,
      artifacts,
      call: ({ tool }) => ({ give: output, ...died })[tool.name] ?? null,
    });
    for (const name of ["give", "take"]) {
      await first.engine.tools.put(ADMIN, name, { kind: "http", config: { url: "http://x.test" } });
    }
    await first.publish({ name: "taken", nodes, edges });
    const key = await first.start("taken");
    void first.drive(key);
    await expect.poll(() => first.calls.length).toBe(2);

    const second = house({ table, artifacts, call: () => "done" });
    await second.drive(key);

    expect(second.calls).toMatchObject([
      { input: output, idempotencyKey: first.calls[1]?.idempotencyKey },
    ]);
    expect(await second.read(key)).toMatchObject({ status: "succeeded", output: "done" });
  });
});

describe("a value that comes from outside", () => {
  const nodes = [{ id: "take", type: "tool", tool: "take", with: "{% $input.doc %}" }];

  test("is a reference in the answer when it is large: an input, a variable", async () => {
    const { home, run } = await ran(
      { name: "in", nodes, vars: { doc: "{% $input.doc %}", size: "{% $count($input.doc) %}" } },
      { doc: [LARGE] },
    );

    expect(run.input).toEqual(REFERENCE);
    expect(run.vars).toEqual({ doc: REFERENCE, size: 1 });
    expect(home.calls).toMatchObject([{ input: [LARGE] }]);
    const listed = await home.engine.runs.events(ADMIN, run.id, { after: 0, limit: 100 });
    expect(JSON.stringify(listed).length).toBeLessThan(10 * KIB);
  });

  test("that only looks like a reference is data like any other", async () => {
    const doc = { $artifact: "0".repeat(32) };

    const { home, run } = await ran({ name: "fake", nodes }, { doc });

    expect(home.calls).toMatchObject([{ input: doc }]);
    expect(run.input).toEqual({ doc });
  });

  test("that refers to an artifact of another tenant is data like any other", async () => {
    const { home, key } = await ran({ name: "mine", nodes }, { doc: LARGE });
    const doc = (await home.read(key)).input;
    const other = { ...ADMIN, tenant: "ten_other" };
    await home.engine.tools.put(other, "take", { kind: "http", config: { url: "http://x.test" } });
    await home.engine.workflows.publish(other, { name: "theirs", nodes });

    const started = await home.engine.runs.start(other, { workflow: "theirs", input: { doc } });
    if (!started.ok) throw new Error(started.refusal.code);
    await home.drive({ tenant: "ten_other", runId: started.value.run.id });

    expect(doc).toEqual(REFERENCE);
    expect(home.calls.at(-1)).toMatchObject({ tenant: "ten_other", input: doc });
  });

  test("may refer to what another run of the tenant has, and has it from then on", async () => {
    const { home, key, artifacts } = await ran({ name: "first", nodes }, { doc: LARGE });
    const { input } = await home.read(key);
    const id = (input as { $artifact: string }).$artifact;
    const next = await home.start("first", { input: { doc: input } });
    await artifacts.remove(key.tenant, key.runId, [id]);

    await home.drive(next);

    expect(home.calls.at(-1)?.input).toEqual({ doc: LARGE });
  });

  test("as a signal's payload is what the wait comes to", async () => {
    const wait = { id: "w", type: "wait", event: { name: "go" } };
    const edges = [{ from: "w", to: "take" }];
    const takes = { id: "take", type: "tool", tool: "take", with: "{% $steps.w.output %}" };
    const { home, key } = await ran({ name: "waits", nodes: [wait, takes], edges });

    await home.engine.runs.signal(ADMIN, key.runId, { name: "go", payload: { doc: LARGE } });
    await home.drive(key);

    expect(home.calls).toMatchObject([{ input: { doc: LARGE } }]);
    expect((await home.read(key)).steps[0]?.output).toEqual(REFERENCE);
  });
});

describe("a map", () => {
  test("has large items, and items together that are large, and gives large results", async () => {
    const items = [LARGE, "small", LARGE.replace("x", "y")];
    const body = { nodes: [{ id: "take", type: "tool", tool: "take", with: "{% $item %}" }] };
    const { home, run, key } = await ran(
      {
        name: "each",
        nodes: [{ id: "each", type: "map", items: "{% $input.list %}", body }],
        output: { results: "{% $steps.each.output %}" },
      },
      { list: items },
    );

    expect(run.status, JSON.stringify(run.error)).toBe("succeeded");
    expect(new Set(home.calls.map(({ input }) => input))).toEqual(new Set(items));
    expect(run.output).toEqual({ results: [REFERENCE, "small", REFERENCE] });
    expect(await home.deps.contents.whole(key, run.output)).toEqual({ results: items });
  });

  test("over a large object gives its results by name", async () => {
    const items = { a: LARGE, b: 2 };
    const body = { nodes: [{ id: "s", type: "set", with: ["{% $key %}", "{% $index %}"] }] };
    const { run } = await ran(
      { name: "keyed", nodes: [{ id: "each", type: "map", items: "{% $input %}", body }] },
      items,
    );

    expect(run.output).toEqual({ a: ["a", 0], b: ["b", 1] });
  });
});

test("what crosses to a child and back is large on both sides", async () => {
  const table = memoryTable();
  const artifacts = memoryArtifacts();
  const home = house({ table, artifacts });
  await home.publish({
    name: "child",
    nodes: [{ id: "s", type: "set", with: ["{% $input.doc %}", "{% $input.doc %}"] }],
  });
  await home.publish({
    name: "parent",
    nodes: [{ id: "sub", type: "subflow", workflow: "child", with: { doc: "{% $input.doc %}" } }],
  });
  const key = await home.start("parent", { input: { doc: LARGE } });
  await home.drive(key);

  const run = await home.read(key);

  expect(run.status, JSON.stringify(run.error)).toBe("succeeded");
  expect(await home.deps.contents.whole(key, run.output)).toEqual([LARGE, LARGE]);
});

test("a value beyond what any may be fails its step", async () => {
  const { run } = await ran(
    { name: "huge", nodes: [give()] },
    {},
    { give: "z".repeat(13_000_000) },
  );

  expect(run.error).toMatchObject({ code: "OUTPUT_TOO_LARGE", node: "give" });
});

test("contents that refer to each other are opened as far as memory allows, and no further", async () => {
  const big = "w".repeat(5 * KIB * KIB);
  const doc = Array.from({ length: 6 }, () => "{% $vars.big %}");
  const { run } = await ran(
    {
      name: "bomb",
      nodes: [
        give({ assign: { big: "{% $output %}" } }),
        { id: "many", type: "set", with: doc },
        { id: "look", type: "set", with: "{% $count($steps.many.output) %}" },
      ],
      edges: [
        { from: "give", to: "many" },
        { from: "many", to: "look" },
      ],
    },
    {},
    { give: big },
  );

  expect(run.error).toMatchObject({ code: "EXPRESSION_LIMIT", node: "look" });
});
