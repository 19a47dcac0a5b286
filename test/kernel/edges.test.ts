import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Sketch } from "../support/given-sketch.ts";
import { story } from "./story.ts";

const set = (id: string, more: JsonObject = {}) => ({ id, type: "set", with: id, ...more });
const fork = (split: string, ...conditions: readonly (string | boolean | undefined)[]): Sketch => ({
  nodes: [set("go", { with: "{% $input %}", split }), ...conditions.map((_, n) => set(`n${n}`))],
  edges: conditions.map((when, n) => ["go", `n${n}`, when === undefined ? {} : { when }] as const),
});
const taken = async (sketch: Sketch, input: JsonObject = {}) =>
  (await story(sketch, { input })).steps().slice(1);

describe('split: "first"', () => {
  test("takes the first edge that holds, in the order in which they are written", async () => {
    const sketch = fork("first", "{% $input.n > 5 %}", "{% $input.n > 3 %}", undefined);

    expect(await taken(sketch, { n: 9 })).toEqual(["n0.1"]);
    expect(await taken(sketch, { n: 4 })).toEqual(["n1.1"]);
    expect(await taken(sketch, { n: 1 })).toEqual(["n2.1"]);
  });

  test("takes an edge without a condition wherever it stands: it always holds", async () => {
    expect(await taken(fork("first", undefined, "{% true %}"))).toEqual(["n0.1"]);
  });

  test("does not look at the conditions after the one that holds", async () => {
    expect(await taken(fork("first", "{% true %}", "{% 'a' * 2 %}"))).toEqual(["n0.1"]);
  });
});

describe('split: "all"', () => {
  test("takes every edge that holds", async () => {
    const sketch = fork("all", "{% $input.n > 5 %}", false, "{% $input.n > 3 %}", undefined);

    expect(await taken(sketch, { n: 9 })).toEqual(["n0.1", "n2.1", "n3.1"]);
    expect(await taken(sketch, { n: 4 })).toEqual(["n2.1", "n3.1"]);
  });

  test("of one edge that holds goes on as one path", async () => {
    const tale = await story({ ...fork("all", "{% false %}", undefined), start: "go" });

    expect(tale.steps()).toEqual(["go.1", "n1.1"]);
    expect(tale.run.status).toBe("succeeded");
  });
});

describe("a node whose edges all fail to hold", () => {
  test.each(["first", "all"])("is error NO_EDGE, and names the node, split: %s", async (split) => {
    const tale = await story(fork(split, "{% false %}", false));

    expect(tale.run.error).toEqual({
      code: "NO_EDGE",
      message: "none of the edges of go holds",
      node: "go",
    });
  });

  test("may be caught by its own error port", async () => {
    const sketch = fork("first", false);
    const tale = await story({
      nodes: [...sketch.nodes, set("else", { with: "{% $steps.go.output %}" })],
      edges: [...(sketch.edges ?? []), ["go", "else", { on: "error", errors: ["NO_EDGE"] }]],
    });

    expect(tale.steps()).toEqual(["go.1", "else.1"]);
  });

  test("and an error port whose conditions do not hold either is still NO_EDGE", async () => {
    const sketch = fork("first", false);
    const tale = await story({
      nodes: [...sketch.nodes, set("else")],
      edges: [...(sketch.edges ?? []), ["go", "else", { on: "error", when: false }]],
    });

    expect(tale.run.error).toMatchObject({ code: "NO_EDGE", node: "go" });
  });
});

describe("a condition", () => {
  test.each([
    ["{% $input.absent = 1 %}", false],
    ["{% $input.absent != 1 %}", false],
    ["{% $input.absent > 1 %}", false],
    ["{% $input.absent %}", false],
    ["{% $steps.never.output.x < 2 %}", false],
    ["{% $steps.go.output.n = 3 %}", true],
    ["{% $input.n %}", true],
    ["{% $input.zero %}", false],
    ["{% $input.text %}", false],
    ["{% $input.list %}", false],
    ["{% $input.nothing = null %}", true],
    ["{% [0, 0] %}", false],
    ["{% [0, 1] %}", true],
    ["{% $not($input.absent) %}", false],
    ["{% $exists($input.absent) %}", false],
    ["{% $steps.go.status = 'succeeded' %}", true],
    ["{% $vars.none or true %}", true],
  ])("%s holds: %s", async (when, holds) => {
    const input = { n: 3, zero: 0, text: "", list: [], nothing: null };

    expect(await taken(fork("first", when, undefined), input)).toEqual([holds ? "n0.1" : "n1.1"]);
  });

  test("that cannot be evaluated is an error of the node that it leaves", async () => {
    const tale = await story(fork("first", "{% $input.n + 1 > 'a' %}", undefined), {
      input: { n: 1 },
    });

    expect(tale.run.error).toMatchObject({ code: "EXPRESSION_ERROR", node: "go" });
    expect(tale.run.error?.message).toContain("the edge from go to n0");
  });

  test("that compares a number with a text is an error, not a guess", async () => {
    const tale = await story(fork("first", "{% $input.n > 1 %}", undefined), { input: { n: "2" } });

    expect(tale.run.error).toMatchObject({ code: "EXPRESSION_ERROR", node: "go" });
  });
});

describe("an error port", () => {
  const broken: Sketch = {
    nodes: [
      { id: "pay", type: "tool", tool: "charge", retry: { maxAttempts: 1 } },
      set("funds"),
      set("down"),
      set("any"),
    ],
    edges: [
      ["pay", "funds", { on: "error", errors: ["HTTP_402", "NO_FUNDS"] }],
      ["pay", "down", { on: "error", errors: ["HTTP_5*"] }],
      ["pay", "any", { on: "error", when: "{% $steps.pay.error.retryable %}" }],
    ],
  };

  test.each([
    ["HTTP_402", false, "funds.1"],
    ["NO_FUNDS", true, "funds.1"],
    ["HTTP_503", true, "down.1"],
    ["HTTP_429", true, "any.1"],
  ])(
    "is chosen by its codes, then its condition: %s, retryable %s",
    async (code, retryable, to) => {
      const tale = await story(broken);
      await tale.breaks("pay", code, { retryable });

      expect(tale.steps()).toEqual(["pay.1", to]);
      expect(tale.run.status).toBe("succeeded");
    },
  );

  test("that takes nothing of the kind leaves the error to the run", async () => {
    const tale = await story(broken);
    await tale.breaks("pay", "HTTP_404", { retryable: false });

    expect(tale.run.error).toMatchObject({ code: "HTTP_404", node: "pay" });
  });

  test("shows the error to those after it", async () => {
    const tale = await story({
      nodes: [
        { id: "pay", type: "tool", tool: "charge", retry: { maxAttempts: 1 } },
        set("else", { with: { e: "{% $steps.pay.error %}", s: "{% $steps.pay.status %}" } }),
      ],
      edges: [["pay", "else", { on: "error" }]],
    });
    await tale.breaks("pay", "HTTP_500", { message: "oh" });

    expect(tale.run.output).toEqual({
      s: "failed",
      e: { code: "HTTP_500", message: "oh", node: "pay", attempt: 1, retryable: true },
    });
  });

  test("splits like a success does", async () => {
    const tale = await story({
      nodes: [
        { id: "pay", type: "tool", tool: "charge", retry: { maxAttempts: 1 }, split: "all" },
        set("a"),
        set("b"),
      ],
      edges: [
        ["pay", "a", { on: "error" }],
        ["pay", "b", { on: "error" }],
      ],
    });
    await tale.breaks("pay");

    expect(tale.steps()).toEqual(["pay.1", "a.1", "b.1"]);
  });

  test("does not take a success", async () => {
    const tale = await story({
      nodes: [set("go"), set("bad")],
      edges: [["go", "bad", { on: "error" }]],
    });

    expect(tale.steps()).toEqual(["go.1"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("catches what an assignment breaks, and then nothing is assigned", async () => {
    const tale = await story({
      nodes: [
        set("go", { assign: { good: 1, bad: "{% 'a' * 2 %}" } }),
        set("else", { with: "{% $vars %}" }),
      ],
      edges: [["go", "else", { on: "error", errors: ["EXPRESSION_ERROR"] }]],
      vars: { old: true },
    });

    expect(tale.run.output).toEqual({ old: true });
  });

  test("may lead back: an error handled by trying again is a loop like any", async () => {
    const tale = await story({
      nodes: [
        { id: "pay", type: "tool", tool: "charge", retry: { maxAttempts: 1 } },
        { id: "pause", type: "wait", for: "PT1M" },
      ],
      edges: [
        ["pay", "pause", { on: "error" }],
        ["pause", "pay"],
      ],
      limits: { maxVisits: 3 },
    });
    for (let visit = 1; visit <= 3; visit++) {
      await tale.breaks("pay");
      await tale.passes(60_000);
    }

    expect(tale.run.error).toMatchObject({ code: "MAX_VISITS", node: "pay" });
  });
});

describe("a node without outgoing edges", () => {
  test("ends its token, and the run when it was the last", async () => {
    const tale = await story({ nodes: [set("only", { with: { n: 1 } })] });

    expect(tale.run).toMatchObject({ status: "succeeded", output: { n: 1 } });
  });
});
