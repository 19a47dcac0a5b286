import { describe, expect, test } from "vitest";
import type { Event } from "../../core/kernel/event.ts";
import { chain, contextOf, createdAt, DRIVER, driverOf, given } from "../support/given.ts";
import { outcomeOf, story } from "./story.ts";

const sketch = chain(
  { id: "pay", type: "tool", tool: "charge", with: { amount: "{% $input.amount %}" } },
  { id: "done", type: "set", with: "{% $steps.pay.output %}" },
);
const ids = { step: "pay.1", node: "pay", visit: 1, token: 1, attempt: 1 };
const after = { step: "done.1", node: "done", visit: 1, token: 1, attempt: 1 };
const started: Event = {
  type: "step.started",
  ...ids,
  kind: "tool",
  key: "seed-pay-1",
  timeoutMs: 30_000,
  call: 1,
  input: { amount: 7 },
  tool: "charge",
  toolHash: "hash-of-tool",
};
const created = createdAt("pay", { input: { amount: 7 } });
const answered = { token: 1, node: "pay", visit: 1, attempt: 1, ok: true, output: "ok" } as const;

describe("a call", () => {
  test("is on record before it is made: input, key, timeout and what exactly is called", async () => {
    await given(contextOf(sketch), created)
      .when({ type: "run.advance", driver: DRIVER })
      .yields(started, { type: "run.running" });
  });

  test("that answers lets the run go on in the same commit", async () => {
    await given(contextOf(sketch), created, started, { type: "run.running" })
      .when({ type: "step.settle", outcomes: [answered], driver: driverOf("1:pay.1:1") })
      .yields(
        {
          type: "step.succeeded",
          ...ids,
          output: "ok",
          moves: [{ op: "go", token: 1, to: "done" }],
        },
        {
          type: "step.started",
          ...after,
          kind: "set",
        },
        {
          type: "step.succeeded",
          ...after,
          output: "ok",
          moves: [{ op: "end", tokens: [1] }],
        },
        { type: "run.succeeded", output: "ok" },
      );
  });

  test("is still one call while its own driver looks again", async () => {
    await given(contextOf(sketch), created, started, { type: "run.running" })
      .when({ type: "run.advance", driver: driverOf("1:pay.1:1") })
      .yields();
  });

  test("whose outcome comes twice counts once, and the second is recorded as ignored", async () => {
    const tale = await story(sketch, { input: { amount: 7 } });
    const outcome = outcomeOf(tale.tokenAt("pay", "running"), "first");

    await tale.settle(outcome, outcomeOf(tale.tokenAt("pay", "running"), "second"));

    expect(tale.run).toMatchObject({ status: "succeeded", output: "first" });
    expect(tale.of("tool.returned")).toMatchObject([{ ignored: true, output: "second" }]);
  });

  test("of an attempt that is no longer current is recorded as ignored, and changes nothing", async () => {
    const tale = await story(
      { nodes: [{ id: "pay", type: "tool", tool: "charge" }] },
      { undriven: true },
    );
    await tale.drive();
    const late = outcomeOf(tale.tokenAt("pay", "running"), "late");
    await tale.crashes();

    await tale.settle(late);

    expect(tale.of("tool.returned")).toEqual([
      { type: "tool.returned", ...ids, ignored: true, output: "late" },
    ]);
    expect(tale.run.tokens["1"]).toMatchObject({ status: "running", attempt: 2 });
    await tale.works("pay", "in time");
    expect(tale.run).toMatchObject({ status: "succeeded", output: "in time" });
  });

  test("that fails late is recorded as ignored too, with its error", async () => {
    const tale = await story({ nodes: [{ id: "pay", type: "tool", tool: "charge" }] });
    const late = tale.tokenAt("pay", "running");
    await tale.crashes();

    const { id, node, visit, attempt } = late;
    const failure = { ok: false, code: "HTTP_500", message: "oh", retryable: true } as const;
    await tale.settle({ token: id, node, visit, attempt, ...failure });

    expect(tale.of("tool.returned")).toMatchObject([
      { attempt: 1, ignored: true, error: { code: "HTTP_500", message: "oh" } },
    ]);
  });

  test("gets one key for all attempts of a visit, and another key for the next visit", async () => {
    const tale = await story({
      nodes: [
        { id: "pay", type: "tool", tool: "charge", retry: { backoff: { jitter: "none" } } },
        { id: "done", type: "end" },
      ],
      edges: [
        ["pay", "pay", { when: "{% $steps.pay.visits < 2 %}" }],
        ["pay", "done"],
      ],
    });
    const keys: unknown[] = [tale.tokenAt("pay", "running").key];
    await tale.breaks("pay");
    await tale.passes(1_000);
    keys.push(tale.tokenAt("pay", "running").key);
    await tale.works("pay");
    keys.push(tale.tokenAt("pay", "running").key);
    await tale.works("pay");

    expect(keys).toEqual(["seed-pay-1", "seed-pay-1", "seed-pay-2"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("is not made when too many are in flight, and then is", async () => {
    const nodes = ["a", "b", "c"].map((id) => ({ id, type: "tool", tool: "charge" }));
    const tale = await story(
      {
        nodes: [{ id: "go", type: "set", split: "all" }, ...nodes],
        edges: nodes.map(({ id }) => ["go", id] as const),
      },
      { effectsMax: 2 },
    );

    expect(tale.calling()).toEqual(["a", "b"]);
    await tale.works("a");
    expect(tale.calling()).toEqual(["b", "c"]);
    await tale.works("c");
    await tale.works("b");
    expect(tale.run.status).toBe("succeeded");
  });

  test("of a tool that is gone fails with UNKNOWN_TOOL, and an edge may take it", async () => {
    const gone = { id: "pay", type: "tool", tool: "gone" };
    const failed = await story({ nodes: [gone] }, { tools: {} });
    const caught = await story(
      {
        nodes: [gone, { id: "else", type: "set", with: "{% $steps.pay.error.code %}" }],
        edges: [["pay", "else", { on: "error", errors: ["UNKNOWN_*"] }]],
      },
      { tools: {} },
    );

    expect(failed.run.error).toMatchObject({ code: "UNKNOWN_TOOL", node: "pay" });
    expect(caught.run).toMatchObject({ status: "succeeded", output: "UNKNOWN_TOOL" });
  });

  test("whose input cannot be computed fails before anything is called", async () => {
    const tale = await story({
      nodes: [{ id: "pay", type: "tool", tool: "charge", with: "{% 1 + 'a' %}" }],
    });

    expect(tale.run.error).toMatchObject({ code: "EXPRESSION_ERROR", node: "pay" });
  });

  test("of a model has its whole request in the log", async () => {
    const tale = await story(
      {
        nodes: [
          {
            id: "ask",
            type: "llm",
            system: "be brief",
            prompt: "hello {% $input %}",
            schema: { type: "object" },
            temperature: 0,
            maxTokens: 10,
          },
        ],
      },
      { input: "Ada" },
    );

    expect(tale.of("step.started")[0]).toMatchObject({
      kind: "llm",
      timeoutMs: 120_000,
      input: {
        model: "mock/echo",
        system: "be brief",
        prompt: "hello Ada",
        schema: { type: "object" },
        temperature: 0,
        maxTokens: 10,
      },
    });
  });

  test("of a model adds its tokens and its cost to the run's", async () => {
    const tale = await story({
      nodes: [
        { id: "ask", type: "llm", prompt: "x" },
        { id: "again", type: "llm", prompt: "x" },
      ],
      edges: [["ask", "again"]],
    });
    const usage = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };
    for (const node of ["ask", "again"]) {
      const outcome = outcomeOf(tale.tokenAt(node, "running"), { text: "y" });
      await tale.settle({ ...outcome, usage, cost: 0.25 } as typeof outcome);
    }

    expect(tale.run.usage).toEqual({ inputTokens: 6, outputTokens: 8, totalTokens: 14 });
    expect(tale.run.cost).toBe(0.5);
  });
});

describe("what a commit can hold", () => {
  test.each([
    ["an output", { id: "n", type: "set", with: "x".repeat(13_000_000) }, "OUTPUT_TOO_LARGE"],
    [
      "what is assigned",
      { id: "n", type: "set", assign: { v: "y".repeat(13_000_000) } },
      "OUTPUT_TOO_LARGE",
    ],
    [
      "a call's input",
      { id: "n", type: "tool", tool: "charge", with: "x".repeat(13_000_000) },
      "INPUT_TOO_LARGE",
    ],
    ["a preview", { id: "n", type: "approval", preview: "x".repeat(70_000) }, "PREVIEW_TOO_LARGE"],
  ])("bounds %s: more is an error of the step", async (_, node, code) => {
    const tale = await story({ nodes: [node] });

    expect(tale.run.error).toMatchObject({ code, node: "n" });
  });

  test("bounds a tool's answer, which fails its step and not the commit", async () => {
    const tale = await story({ nodes: [{ id: "pay", type: "tool", tool: "charge" }] });
    await tale.works("pay", "é".repeat(6_300_000));

    expect(tale.run.error).toMatchObject({ code: "OUTPUT_TOO_LARGE", node: "pay" });
  });

  test("leaves the outcomes that do not fit to the next commit", async () => {
    const nodes = ["a", "b", "c"].map((id) => ({ id, type: "tool", tool: "charge" }));
    const tale = await story(
      {
        nodes: [{ id: "go", type: "set", split: "all" }, ...nodes],
        edges: nodes.map(({ id }) => ["go", id] as const),
      },
      { undriven: true },
    );
    await tale.drive();
    const large = "x".repeat(50_000);
    const outcomes = nodes.map(({ id }) => outcomeOf(tale.tokenAt(id, "running"), large));

    await tale.settle(...outcomes);
    expect(tale.calling()).toEqual(["c"]);
    await tale.settle(...outcomes.slice(2));
    expect(tale.run.status).toBe("succeeded");
  });
});
