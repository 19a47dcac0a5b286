import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { tokensOf } from "../../core/kernel/run.ts";
import type { NodeSketch, Sketch } from "../support/given-sketch.ts";
import { alone, body, call, each, set, under, works } from "./map-story.ts";
import { failureOf, outcomeOf, story } from "./story.ts";

describe("a map", () => {
  test("comes to a list in the order of its items, whoever is done first", async () => {
    const tale = await story(alone(each(body(call("work")))), { input: ["a", "b", "c"] });
    await works(tale, 2, "C");
    await works(tale, 0, "A");
    await works(tale, 1, "B");

    expect(tale.run.output).toEqual(["A", "B", "C"]);
  });

  test("comes to an object of the same names for an object", async () => {
    const said = { is: "{% $item %}", key: "{% $key %}", index: "{% $index %}" };
    const tale = await story(alone(each(body(set("say", { with: said })))), {
      input: { x: 1, y: 2 },
    });

    expect(tale.run.output).toEqual({
      x: { is: 1, key: "x", index: 0 },
      y: { is: 2, key: "y", index: 1 },
    });
  });

  test("has no more items under way than it may, and begins the next when one is over", async () => {
    const node = each(body(call("work")), { concurrency: 2 });
    const tale = await story(alone(node), { input: [10, 20, 30, 40] });
    expect(under(tale)).toEqual([0, 1]);
    await works(tale, 1);
    expect(under(tale)).toEqual([0, 2]);
    await works(tale, 2);
    await works(tale, 0);
    await works(tale, 3);

    expect(tale.run.status).toBe("succeeded");
  });

  test.each([
    [[], []],
    [{}, {}],
  ])("of nothing, %j, comes to nothing at once", async (input, output) => {
    const tale = await story(alone(each(body(call("work")))), { input });

    expect(tale.run.output).toEqual(output);
  });

  test.each([["a text"], [7], [null]])("fails when its items are %j", async (input) => {
    const tale = await story(alone(each(body(call("work")))), { input });

    expect(tale.run.error).toMatchObject({ code: "INVALID_ITEMS", node: "each" });
  });

  test("gives each step of an item an id, and each call a key, of its own", async () => {
    const tale = await story(alone(each(body(set("a"), call("work")))), { input: [1, 2] });

    expect(tale.steps()).toEqual([
      "each.1",
      "each.1:0.a.1",
      "each.1:1.a.1",
      "each.1:0.work.1",
      "each.1:1.work.1",
    ]);
    const keys = tale.of("step.started").flatMap(({ key }) => key ?? []);
    expect(keys).toEqual(["seed-each.1:0-work-1", "seed-each.1:1-work-1"]);
  });

  test("remembers nothing of an item that is over but its result", async () => {
    const node = each(body(set("a"), call("work")), { concurrency: 1 });
    const tale = await story(alone(node), { input: [1, 2, 3] });
    await works(tale, 0, "one");

    expect(Object.keys(tale.run.scopes ?? {})).toEqual(["each.1:1"]);
    expect(tokensOf(tale.run).map(({ scope }) => scope)).toEqual([undefined, "each.1:1"]);
    expect(tale.run.maps?.["each.1"]?.results).toEqual({ 0: { 0: { output: "one" } } });
  });

  test("leaves nothing of itself in the run once it is over", async () => {
    const sketch: Sketch = {
      nodes: [each(body(set("a", { with: "{% $item %}" }))), call("after", { with: 1 })],
      edges: [["each", "after"]],
    };
    const tale = await story(sketch, { input: [1, 2, 3] });

    expect(tale.run.scopes).toEqual({});
    expect(tale.run.maps).toEqual({});
    expect(Object.keys(tale.run.results)).toEqual(["each"]);
  });

  test("may be visited again, with other items", async () => {
    const sketch: Sketch = {
      nodes: [each(body(set("a", { with: "{% $item * $steps.each.visits %}" }))), set("b")],
      edges: [
        ["each", "b"],
        ["b", "each", { when: "{% $steps.each.visits < 2 %}" }],
        ["b", "end"],
      ],
      output: "{% $steps.each.output %}",
    };
    const withEnd = { ...sketch, nodes: [...sketch.nodes, set("end")] };
    const tale = await story(withEnd, { input: [1, 2] });

    expect(tale.steps().filter((step) => step.endsWith("a.1"))).toEqual([
      "each.1:0.a.1",
      "each.1:1.a.1",
      "each.2:0.a.1",
      "each.2:1.a.1",
    ]);
    expect(tale.run.status).toBe("succeeded");
  });
});

describe("an item of a map", () => {
  test("sees its own steps, and those of the graph around it", async () => {
    const say = { with: "{% $steps.first.output & $steps.a.output & $string($item) %}" };
    const inner = body(set("a", { with: "{% 'a' & $string($index) & '-' %}" }), set("say", say));
    const sketch: Sketch = {
      nodes: [set("first", { with: "f-" }), each(inner)],
      edges: [["first", "each"]],
    };
    const tale = await story(sketch, { input: [7, 8] });

    expect(tale.run.output).toEqual(["f-a0-7", "f-a1-8"]);
  });

  test("does not see a step around it that has the name of one of its own", async () => {
    const inner = body(set("peek", { with: { saw: "{% $steps.a.output %}" } }), set("a"), {
      ...set("say", { with: "{% $steps.peek.output %}" }),
    });
    const sketch: Sketch = {
      nodes: [set("a", { with: "outer" }), each(inner)],
      edges: [["a", "each"]],
    };
    const tale = await story(sketch, { input: [1] });

    expect(tale.run.output).toEqual([{}]);
  });

  test("is not seen from outside once it is over", async () => {
    const sketch: Sketch = {
      nodes: [each(body(set("a", { with: 1 }))), set("after", { with: ["{% $steps.a.output %}"] })],
      edges: [["each", "after"]],
    };
    const tale = await story(sketch, { input: [1] });

    expect(tale.run.output).toEqual([null]);
  });

  test("assigns variables for itself alone", async () => {
    const inner = body(
      set("a", { with: "{% $item %}", assign: { mine: "{% $output %}" } }),
      call("work", { with: "{% $vars.mine + $vars.base %}" }),
    );
    const sketch: Sketch = {
      nodes: [each(inner), set("after", { with: "{% $vars %}" })],
      edges: [["each", "after"]],
      vars: { base: 100 },
    };
    const tale = await story(sketch, { input: [1, 2] });
    expect(tokensOf(tale.run).flatMap(({ input }) => input ?? [])).toEqual([101, 102]);
    await works(tale, 0);
    await works(tale, 1);

    expect(tale.run.output).toEqual({ base: 100 });
  });

  test("splits and joins its own tokens, and waits for no other item", async () => {
    const inner: JsonObject = {
      nodes: [
        set("go", { split: "all" }),
        call("l"),
        call("r"),
        set("meet", { join: "all", with: "{% [$steps.l.output, $steps.r.output] %}" }),
      ],
      edges: [
        { from: "go", to: "l" },
        { from: "go", to: "r" },
        { from: "l", to: "meet" },
        { from: "r", to: "meet" },
      ],
    };
    const tale = await story(alone(each(inner)), { input: [1, 2] });
    await tale.settle(
      ...tokensOf(tale.run)
        .filter(({ scope, status }) => scope === "each.1:1" && status === "running")
        .map((token) => outcomeOf(token, token.node)),
    );

    expect(tale.run.maps?.["each.1"]).toMatchObject({ succeeded: 1, open: 1 });
    await works(tale, 0, "l0");
    await works(tale, 0, "r0");
    expect(tale.run.output).toEqual([
      ["l0", "r0"],
      ["each/l", "each/r"],
    ]);
  });

  test("counts arrivals of its own at a join that counts", async () => {
    const inner: JsonObject = {
      nodes: [
        set("go", { split: "all" }),
        call("l"),
        call("r"),
        set("meet", { join: { atLeast: 1 } }),
      ],
      edges: [
        { from: "go", to: "l" },
        { from: "go", to: "r" },
        { from: "l", to: "meet" },
        { from: "r", to: "meet" },
      ],
    };
    const tale = await story(alone(each(inner)), { input: [1, 2] });
    await works(tale, 0);
    expect(under(tale)).toEqual([1, 1]);
    await works(tale, 1);

    expect(tale.run.status).toBe("succeeded");
    expect(tale.of("step.cancelled").map(({ step }) => step)).toEqual([
      "each.1:0.r.1",
      "each.1:1.r.1",
    ]);
  });

  test("has a limit of visits of its own, which ends it", async () => {
    const inner: JsonObject = {
      nodes: [set("a"), set("b")],
      edges: [
        { from: "a", to: "a", when: "{% $item = 'loop' %}" },
        { from: "a", to: "b" },
      ],
    };
    const sketch: Sketch = {
      nodes: [each(inner, { tolerate: 1 })],
      limits: { maxVisits: 3 },
    };
    const tale = await story(sketch, { input: ["loop", "ok", "ok", "ok", "ok"] });

    expect(tale.run.output).toMatchObject([
      { error: { code: "MAX_VISITS" } },
      null,
      null,
      null,
      null,
    ]);
  });

  test("is ended by an end that terminates, and no more than the item", async () => {
    const inner: JsonObject = {
      nodes: [
        set("go", { split: "all" }),
        call("slow"),
        { id: "stop", type: "end", terminate: true, output: "stopped" },
      ],
      edges: [
        { from: "go", to: "slow" },
        { from: "go", to: "stop" },
      ],
    };
    const tale = await story(alone(each(inner)), { input: [1, 2] });

    expect(tale.run.output).toEqual(["stopped", "stopped"]);
  });

  test("waits for its own event, and is told of apart", async () => {
    const hold: NodeSketch = {
      id: "hold",
      type: "wait",
      event: { name: "go", key: "{% $item %}" },
    };
    const tale = await story(alone(each(body(hold))), { input: ["x", "y"] });
    expect(tale.run.status).toBe("waiting");
    await tale.signal("go", "for y", { key: "y" });
    await tale.signal("go", "for x", { key: "x" });

    expect(tale.run.output).toEqual(["for x", "for y"]);
  });

  test("asks people with a task of its own", async () => {
    const ask: NodeSketch = { id: "ask", type: "approval", approvers: "ada@example.com" };
    const tale = await story(alone(each(body(ask))), { input: [1, 2] });
    expect(new Set(Object.keys(tale.run.tasks)).size).toBe(2);
    await tale.decides("approved", "ada@example.com");
    await tale.decides("approved", "ada@example.com");

    expect(tale.run.status).toBe("succeeded");
  });
});

describe("a map in a map", () => {
  const inner: NodeSketch = {
    id: "inner",
    type: "map",
    items: "{% $item %}",
    body: body(call("work", { with: "{% $item %}" })),
  };

  test("has items of its own within each item of the outer", async () => {
    const tale = await story(alone(each(body(inner))), { input: [["a", "b"], ["c"]] });
    const tokens = tokensOf(tale.run).filter(({ status }) => status === "running");
    expect(tokens.map(({ scope }) => scope)).toEqual([
      "each.1:0.inner.1:0",
      "each.1:0.inner.1:1",
      "each.1:1.inner.1:0",
    ]);
    await tale.settle(...tokens.map((token) => outcomeOf(token, token.input ?? null)));

    expect(tale.run.output).toEqual([["a", "b"], ["c"]]);
  });

  test("fails the item that it is in", async () => {
    const tale = await story(alone(each(body(inner), { tolerate: 1 })), {
      input: [["a", "b"], ["c"]],
    });
    const [first, , last] = tokensOf(tale.run).filter(({ status }) => status === "running");
    if (!first || !last) throw new Error("no calls are under way");
    await tale.settle(failureOf(first, "HTTP_404", { retryable: false }));
    await tale.settle(outcomeOf(last, "C"));

    expect(tale.run.output).toEqual([
      {
        error: {
          code: "HTTP_404",
          message: "item 0 of each/inner: each/inner/work said HTTP_404",
          node: "inner",
        },
      },
      ["C"],
    ]);
  });
});

describe("a map that is cancelled", () => {
  test("takes all of its items along", async () => {
    const hold: NodeSketch = { id: "hold", type: "wait", event: { name: "enough" } };
    const sketch: Sketch = {
      nodes: [
        set("go", { split: "all" }),
        each(body(call("work"))),
        { ...hold, cancels: ["each"] },
        set("after", { with: "after" }),
      ],
      edges: [
        ["go", "each"],
        ["go", "hold"],
        ["hold", "after"],
      ],
    };
    const tale = await story(sketch, { input: [1, 2] });
    await tale.signal("enough");

    expect(tale.run.status).toBe("succeeded");
    expect(tale.of("step.cancelled").map(({ step }) => step)).toEqual([
      "each.1",
      "each.1:0.work.1",
      "each.1:1.work.1",
    ]);
  });

  test("goes on by its error edge, by hand as well, and its items do not", async () => {
    const sketch: Sketch = {
      nodes: [each(body(call("work"))), set("after", { with: "after" })],
      edges: [
        ["each", "after"],
        ["each", "after", { on: "error", errors: ["CANCELLED"] }],
      ],
    };
    const tale = await story(sketch, { input: [1, 2] });
    await tale.cancelsStep("each.1");

    expect(tale.run).toMatchObject({ status: "succeeded", output: "after" });
    expect(tale.of("step.cancelled")).toHaveLength(3);
    expect(tale.steps().at(-1)).toBe("after.1");
  });

  test("with its run closes every step", async () => {
    const tale = await story(alone(each(body(call("work")))), { input: [1, 2] });
    await tale.cancels();

    expect(tale.of("step.cancelled")).toHaveLength(3);
    expect(tale.run.scopes).toBeUndefined();
  });
});

describe("a map of many items", () => {
  test("of large results is stopped when they are more than a run may keep", async () => {
    const node = each(body(set("a", { with: "{% $pad('', 96000, 'x') %}" })), { concurrency: 1 });
    const input = Array.from({ length: 150 }, (_, index) => index);
    const tale = await story(alone(node), { input });

    expect(tale.run.error?.code).toBe("OUTPUT_TOO_LARGE");
    expect(tale.steps().length).toBeLessThan(150);
  });

  test("grows its log by the same for each, and its state by no more than their results", async () => {
    const size = async (count: number) => {
      const node = each(body(set("a", { with: "{% $index %}" })), { concurrency: 10 });
      const input = Array.from({ length: count }, (_, index) => index);
      const tale = await story(alone(node), { input });
      expect(tale.run.output).toEqual(input);
      return JSON.stringify(tale.log).length;
    };
    const [one, two] = [await size(200), await size(400)];

    expect(two / one).toBeLessThan(2.2);
  });
});
