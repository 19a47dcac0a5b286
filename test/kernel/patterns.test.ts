import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { chain } from "../support/given.ts";
import { type NodeSketch, type Sketch } from "../support/given-sketch.ts";
import { story } from "./story.ts";

const set = (id: string, more: JsonObject = {}) => ({ id, type: "set", with: id, ...more });
const call = (id: string, more: JsonObject = {}) => ({ id, type: "tool", tool: "charge", ...more });
const hold = (id: string, more: JsonObject = {}) => ({
  id,
  type: "wait",
  event: { name: id },
  ...more,
});

/** go, which splits into the branches, which meet. */
function diamond(join: unknown, branches: readonly NodeSketch[], after: JsonObject = {}): Sketch {
  const ids = branches.map(({ id }) => id);
  return {
    nodes: [
      set("go", { split: "all" }),
      ...branches,
      set("meet", { join: join as never, ...after }),
    ],
    edges: [...ids.map((id) => ["go", id] as const), ...ids.map((id) => [id, "meet"] as const)],
  };
}

const visitsOf = (tale: { steps(): readonly string[] }, node: string) =>
  tale.steps().filter((step) => step.startsWith(`${node}.`)).length;

describe("the workflow patterns, by van der Aalst's numbers", () => {
  test("1, sequence: one after the other", async () => {
    const tale = await story(chain(set("a"), call("b"), set("c")));
    await tale.works("b");

    expect(tale.steps()).toEqual(["a.1", "b.1", "c.1"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("2, parallel split: all branches go on at once", async () => {
    const tale = await story(diamond("all", [call("a"), call("b"), call("c")]));

    expect(tale.calling()).toEqual(["a", "b", "c"]);
  });

  test("3, synchronization: goes on once, when all have come", async () => {
    const tale = await story(diamond("all", [call("a"), call("b"), call("c")]));
    await tale.works("b");
    await tale.works("c");
    expect(visitsOf(tale, "meet")).toBe(0);
    await tale.works("a");

    expect(visitsOf(tale, "meet")).toBe(1);
    expect(tale.run.status).toBe("succeeded");
  });

  test("3, synchronization of 200 branches that finish together", async () => {
    const branches = Array.from({ length: 200 }, (_, n) => call(`b${n}`));
    const tale = await story(diamond("all", branches), { effectsMax: 200 });
    expect(tale.calling()).toHaveLength(200);

    await tale.settle(...branches.map(({ id }) => tale.startAt(id)));

    expect(visitsOf(tale, "meet")).toBe(1);
    expect(tale.run.status).toBe("succeeded");
  });

  test("4, exclusive choice: one of the branches, and none is an error", async () => {
    const sketch: Sketch = {
      nodes: [set("go"), set("a"), set("b")],
      edges: [
        ["go", "a", { when: "{% $input = 'a' %}" }],
        ["go", "b", { when: "{% $input = 'b' %}" }],
      ],
    };

    expect((await story(sketch, { input: "b" })).steps()).toEqual(["go.1", "b.1"]);
    expect((await story(sketch, { input: "c" })).run.error).toMatchObject({ code: "NO_EDGE" });
  });

  test("5, simple merge: paths that exclude each other go on as one", async () => {
    const tale = await story({
      nodes: [set("go"), set("a"), set("b"), set("after")],
      edges: [
        ["go", "a", { when: "{% $input %}" }],
        ["go", "b"],
        ["a", "after"],
        ["b", "after"],
      ],
    });

    expect(tale.steps()).toEqual(["go.1", "b.1", "after.1"]);
  });

  test.each([
    [["a"], 1],
    [["a", "c"], 2],
    [["a", "b", "c"], 3],
  ])("6 and 7, multi-choice and synchronizing merge: %j come, and meet once", async (input) => {
    const ids = ["a", "b", "c"];
    const tale = await story(
      {
        nodes: [
          set("go", { split: "all" }),
          ...ids.map((id) => call(id)),
          set("meet", { join: "all" }),
        ],
        edges: [
          ...ids.map((id) => ["go", id, { when: `{% '${id}' in $input %}` }] as const),
          ...ids.map((id) => [id, "meet"] as const),
        ],
      },
      { input },
    );
    expect(tale.calling()).toEqual(input);
    for (const id of input) {
      expect(visitsOf(tale, "meet")).toBe(0);
      await tale.works(id);
    }

    expect(visitsOf(tale, "meet")).toBe(1);
  });

  test("8, multi-merge: each that comes goes on by itself", async () => {
    const tale = await story(diamond("any", [call("a"), call("b")]));
    await tale.works("b");
    await tale.works("a");

    expect(tale.steps()).toEqual(["go.1", "a.1", "b.1", "meet.1", "meet.2"]);
  });

  test("9, structured discriminator: the first goes on, the rest is swallowed", async () => {
    const join = { atLeast: 1, rest: "ignore" };
    const tale = await story(diamond(join, [call("a"), call("b"), call("c")]));
    await tale.works("b", "first");
    expect(visitsOf(tale, "meet")).toBe(1);
    expect(tale.calling()).toEqual(["a", "c"]);
    await tale.works("a");
    await tale.works("c");

    expect(visitsOf(tale, "meet")).toBe(1);
    expect(tale.run).toMatchObject({ status: "succeeded" });
  });

  test("9, in a loop: the discriminator is new each time round", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("meet", { join: { atLeast: 1, rest: "ignore" } }),
        { id: "end", type: "end" },
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "meet"],
        ["b", "meet"],
        ["meet", "go", { when: "{% $steps.meet.visits < 3 %}" }],
        ["meet", "end"],
      ],
    });
    await tale.works("a");
    await tale.works("a");
    await tale.works("b");
    await tale.works("b");
    await tale.works("b");
    await tale.works("a");

    expect(visitsOf(tale, "meet")).toBe(3);
    expect(tale.run.status).toBe("succeeded");
  });

  test("10, arbitrary cycles: a loop with two ways in and two ways out", async () => {
    const tale = await story(
      {
        nodes: [
          set("go"),
          call("a"),
          call("b"),
          { id: "out1", type: "end" },
          { id: "out2", type: "end" },
        ],
        edges: [
          ["go", "a", { when: "{% $input %}" }],
          ["go", "b"],
          ["a", "out1", { when: "{% $steps.a.visits = 3 %}" }],
          ["a", "b"],
          ["b", "out2", { when: "{% $steps.b.visits = 3 %}" }],
          ["b", "a"],
        ],
      },
      { input: false },
    );
    for (const id of ["b", "a", "b", "a", "b"]) await tale.works(id);

    expect(tale.steps().at(-1)).toBe("out2.1");
    expect(tale.run.status).toBe("succeeded");
  });

  test("10, a loop that runs away is stopped, and named", async () => {
    const tale = await story({
      nodes: [set("a"), { id: "end", type: "end" }],
      edges: [
        ["a", "a", { when: "{% true %}" }],
        ["a", "end"],
      ],
      limits: { maxVisits: 120 },
    });

    expect(tale.run.error).toMatchObject({ code: "MAX_VISITS", node: "a" });
    expect(tale.run.visits["a"]).toBe(120);
  });

  test("11, implicit termination: the run ends when nothing is left to do", async () => {
    const tale = await story({
      nodes: [set("go", { split: "all" }), call("a"), call("b")],
      edges: [
        ["go", "a"],
        ["go", "b"],
      ],
    });
    await tale.works("a");
    expect(tale.run.status).toBe("running");
    await tale.works("b", "last");

    expect(tale.run).toMatchObject({ status: "succeeded", output: "last" });
  });

  test.each([
    ["atLeast", [hold("paid"), { id: "late", type: "wait", for: "P1D" }], { atLeast: 1 }],
    [
      "cancels",
      [
        hold("paid", { cancels: ["late"] }),
        { id: "late", type: "wait", for: "P1D", cancels: ["paid"] },
      ],
      "any",
    ],
  ])("16, deferred choice: whatever comes first decides (by %s)", async (_, branches, join) => {
    const event = await story(diamond(join, branches));
    await event.signal("paid", "in time");
    const timer = await story(diamond(join, branches));
    await timer.passes(86_400_000);

    expect(event.run.status).toBe("succeeded");
    expect(event.of("step.cancelled").map(({ node }) => node)).toEqual(["late"]);
    expect(timer.run.status).toBe("succeeded");
    expect(timer.of("step.cancelled").map(({ node }) => node)).toEqual(["paid"]);
    for (const tale of [event, timer]) expect(visitsOf(tale, "meet")).toBe(1);
  });

  test("19, cancel task: one task is withdrawn, and the rest goes on", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        hold("stop", { cancels: ["work"] }),
        call("work"),
        set("after"),
      ],
      edges: [
        ["go", "stop"],
        ["go", "work"],
        ["work", "after"],
      ],
    });
    await tale.signal("stop");

    expect(tale.of("step.cancelled")).toMatchObject([{ node: "work", code: "CANCELLED" }]);
    expect(visitsOf(tale, "after")).toBe(0);
    expect(tale.run.status).toBe("succeeded");
  });

  test("20, cancel case: the run is cancelled with all that it was doing", async () => {
    const approval = { id: "ok", type: "approval" };
    const tale = await story(diamond("all", [call("a"), hold("b"), approval]));
    await tale.cancels("enough");

    expect(tale.run).toMatchObject({ status: "cancelled", tokens: {}, tasks: {} });
    expect(tale.of("step.cancelled").map(({ node }) => node)).toEqual(["a", "b", "ok"]);
    expect(tale.of("task.cancelled")).toHaveLength(1);
    expect(tale.of("run.cancelled")).toEqual([{ type: "run.cancelled", reason: "enough" }]);
  });

  test("21, structured loop: while before, and repeat after", async () => {
    const during: Sketch = {
      nodes: [
        set("test"),
        set("body", { assign: { n: "{% $vars.n + 1 %}" } }),
        { id: "end", type: "end", output: "{% $vars.n %}" },
      ],
      edges: [
        ["test", "body", { when: "{% $vars.n < $input %}" }],
        ["test", "end"],
        ["body", "test"],
      ],
      vars: { n: 0 },
    };

    expect((await story(during, { input: 3 })).run.output).toBe(3);
    expect((await story(during, { input: 0 })).run.output).toBe(0);
  });

  test("24, persistent trigger: an event is kept until somebody waits for it", async () => {
    const tale = await story(chain(call("first"), hold("paid")));
    await tale.signal("paid", "early");
    await tale.works("first");

    expect(tale.run).toMatchObject({ status: "succeeded", output: "early" });
  });

  test("25, cancel region: several nodes are withdrawn together, wherever their tokens are", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        hold("stop", { cancels: ["a", "b", "c", "meet"] }),
        call("a"),
        set("x", { split: "all" }),
        call("b"),
        { id: "c", type: "wait", for: "PT1H" },
        set("meet", { join: "all" }),
        set("other"),
      ],
      edges: [
        ["go", "stop"],
        ["go", "a"],
        ["go", "x"],
        ["x", "b"],
        ["x", "c"],
        ["a", "meet"],
        ["b", "meet"],
        ["c", "meet"],
        ["stop", "other"],
      ],
    });
    await tale.works("a");
    await tale.signal("stop");

    expect(tale.of("step.cancelled").map(({ node }) => node)).toEqual(["b", "c"]);
    expect(visitsOf(tale, "meet")).toBe(0);
    expect(tale.steps().at(-1)).toBe("other.1");
    expect(tale.run.status).toBe("succeeded");
  });

  test("29, cancelling discriminator: the first goes on, the rest is cancelled", async () => {
    const tale = await story(diamond({ atLeast: 1 }, [call("a"), hold("b"), call("c")]));
    await tale.works("c");

    expect(tale.of("step.cancelled").map(({ node }) => node)).toEqual(["a", "b"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("30, structured partial join: goes on after n of m, the rest is swallowed", async () => {
    const branches = ["a", "b", "c", "d"].map((id) => call(id));
    const tale = await story(diamond({ atLeast: 2, rest: "ignore" }, branches));
    await tale.works("d");
    expect(visitsOf(tale, "meet")).toBe(0);
    await tale.works("b");
    expect(visitsOf(tale, "meet")).toBe(1);
    await tale.works("a");
    await tale.works("c");

    expect(visitsOf(tale, "meet")).toBe(1);
    expect(tale.run.status).toBe("succeeded");
  });

  test("32, cancelling partial join: goes on after n of m, the rest is cancelled", async () => {
    const branches = ["a", "b", "c", "d"].map((id) => call(id));
    const tale = await story(diamond({ atLeast: 3, rest: "cancel" }, branches));
    for (const id of ["d", "a", "c"]) await tale.works(id);

    expect(tale.of("step.cancelled").map(({ node }) => node)).toEqual(["b"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("43, explicit termination: one path ends the run, and the rest is cancelled", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        hold("b"),
        { id: "end", type: "end", terminate: true, output: "done" },
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["b", "end"],
      ],
    });
    await tale.signal("b");

    expect(tale.run).toMatchObject({ status: "succeeded", output: "done", tokens: {} });
    expect(tale.of("step.cancelled").map(({ node }) => node)).toEqual(["a"]);
  });

  test("43, an end that failed ends the run as failed, with its error", async () => {
    const tale = await story(
      {
        nodes: [
          set("go", { split: "all" }),
          call("a"),
          {
            id: "bad",
            type: "end",
            status: "failed",
            error: { code: "NO_STOCK", message: "{% $input %} is gone" },
          },
        ],
        edges: [
          ["go", "a"],
          ["go", "bad"],
        ],
      },
      { input: "tea" },
    );

    expect(tale.run).toMatchObject({
      status: "failed",
      error: { code: "NO_STOCK", message: "tea is gone", node: "bad" },
    });
  });
});
