import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type NodeSketch, type Sketch } from "../support/given-sketch.ts";
import { story } from "./story.ts";

const set = (id: string, more: JsonObject = {}) => ({ id, type: "set", with: id, ...more });
const call = (id: string, more: JsonObject = {}) => ({
  id,
  type: "tool",
  tool: "charge",
  retry: { maxAttempts: 1 },
  ...more,
});
const visitsOf = (tale: { steps(): readonly string[] }, node: string) =>
  tale.steps().filter((step) => step.startsWith(`${node}.`)).length;

describe('join: "all"', () => {
  test("does not wait for a branch that went elsewhere", async () => {
    const sketch: Sketch = {
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("meet", { join: "all" }),
        set("away"),
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "meet"],
        ["b", "meet", { when: "{% $steps.b.output = 'meet' %}" }],
        ["b", "away"],
      ],
    };
    const tale = await story(sketch);
    await tale.works("a");
    expect(visitsOf(tale, "meet")).toBe(0);
    await tale.works("b", "away");

    expect(visitsOf(tale, "meet")).toBe(1);
    expect(tale.run.status).toBe("succeeded");
  });

  test("does not wait for a branch that failed and was caught, and fails with one that was not", async () => {
    const sketch: Sketch = {
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("meet", { join: "all" }),
        set("mend"),
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "meet"],
        ["b", "meet"],
        ["b", "mend", { on: "error" }],
      ],
    };
    const caught = await story(sketch);
    await caught.works("a");
    await caught.breaks("b");
    const failed = await story(sketch);
    await failed.works("b");
    await failed.breaks("a");

    expect(visitsOf(caught, "meet")).toBe(1);
    expect(caught.run.status).toBe("succeeded");
    expect(visitsOf(failed, "meet")).toBe(0);
    expect(failed.run).toMatchObject({ status: "failed", error: { node: "a" } });
  });

  test("waits for a path by any port: an error that is handled may still come", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        call("mend"),
        set("meet", { join: "all" }),
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "meet"],
        ["b", "meet"],
        ["b", "mend", { on: "error" }],
        ["mend", "meet"],
      ],
    });
    await tale.works("a");
    await tale.breaks("b");
    expect(visitsOf(tale, "meet")).toBe(0);
    await tale.works("mend");

    expect(visitsOf(tale, "meet")).toBe(1);
  });

  test("waits for a branch that loops before it comes", async () => {
    const tale = await story({
      nodes: [set("go", { split: "all" }), call("a"), call("b"), set("meet", { join: "all" })],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "a", { when: "{% $steps.a.visits < 3 %}" }],
        ["a", "meet"],
        ["b", "meet"],
      ],
    });
    await tale.works("b");
    await tale.works("a");
    await tale.works("a");
    expect(visitsOf(tale, "meet")).toBe(0);
    await tale.works("a");

    expect(visitsOf(tale, "meet")).toBe(1);
    expect(tale.run.status).toBe("succeeded");
  });

  test("fires once each time round a loop", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("meet", { join: "all" }),
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
    for (let round = 0; round < 3; round++) {
      await tale.works("b");
      await tale.works("a");
    }

    expect(visitsOf(tale, "meet")).toBe(3);
    expect(tale.run.status).toBe("succeeded");
  });

  test("is a join of each level in nested diamonds", async () => {
    const tale = await story({
      nodes: [
        set("outer", { split: "all" }),
        set("left", { split: "all" }),
        set("right", { split: "all" }),
        ...["l1", "l2", "r1", "r2"].map((id) => call(id)),
        set("lmeet", { join: "all" }),
        set("rmeet", { join: "all" }),
        set("meet", { join: "all" }),
      ],
      edges: [
        ["outer", "left"],
        ["outer", "right"],
        ["left", "l1"],
        ["left", "l2"],
        ["right", "r1"],
        ["right", "r2"],
        ["l1", "lmeet"],
        ["l2", "lmeet"],
        ["r1", "rmeet"],
        ["r2", "rmeet"],
        ["lmeet", "meet"],
        ["rmeet", "meet"],
      ],
    });
    for (const id of ["l1", "r2", "l2"]) await tale.works(id);
    expect(tale.steps().slice(-1)).toEqual(["lmeet.1"]);
    await tale.works("r1");

    expect(tale.steps().slice(-2)).toEqual(["rmeet.1", "meet.1"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("lets a join upstream go first when both could fire", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("first", { join: "all" }),
        set("second", { join: "all" }),
      ],
      edges: [
        ["go", "second"],
        ["go", "a"],
        ["go", "b"],
        ["a", "first"],
        ["b", "first"],
        ["first", "second"],
      ],
    });
    await tale.works("a");
    await tale.works("b");

    expect(tale.steps().slice(-2)).toEqual(["first.1", "second.1"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("merges two edges of one split that lead straight to it", async () => {
    const tale = await story({
      nodes: [set("go", { split: "all" }), set("meet", { join: "all" })],
      edges: [
        ["go", "meet"],
        ["go", "meet"],
      ],
    });

    expect(tale.steps()).toEqual(["go.1", "meet.1"]);
  });

  test("of one token is no wait: a node with one way in runs at once", async () => {
    const tale = await story({
      nodes: [set("a"), set("b", { join: "all" }), set("c", { join: "all" })],
      edges: [
        ["a", "b"],
        ["b", "c"],
      ],
    });

    expect(tale.steps()).toEqual(["a.1", "b.1", "c.1"]);
  });

  test("on the start runs at once", async () => {
    const tale = await story({ nodes: [set("a", { join: "all" })] });

    expect(tale.run.status).toBe("succeeded");
  });

  test("that waits for another, which waits for it, lets the earliest arrival go", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("x", { join: "all" }),
        set("y", { join: "all" }),
        { id: "end", type: "end" },
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "x"],
        ["b", "y"],
        ["x", "y", { when: "{% $steps.x.visits < 2 %}" }],
        ["x", "end"],
        ["y", "x"],
      ],
    });
    await tale.works("b");
    await tale.works("a");

    expect(tale.steps().slice(3)).toEqual(["y.1", "x.1", "y.2", "x.2", "end.1"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("is judged again when a token is cancelled that it waited for", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        { id: "stop", type: "wait", event: { name: "stop" }, cancels: ["b"] },
        set("meet", { join: "all" }),
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["go", "stop"],
        ["a", "meet"],
        ["b", "meet"],
      ],
    });
    await tale.works("a");
    await tale.signal("stop");

    expect(visitsOf(tale, "meet")).toBe(1);
    expect(tale.run.status).toBe("succeeded");
  });
});

describe("cancels", () => {
  const stopping = (edges: Sketch["edges"] = [], more: readonly NodeSketch[] = []): Sketch => ({
    nodes: [
      set("go", { split: "all" }),
      call("work"),
      { id: "stop", type: "wait", event: { name: "stop" }, cancels: ["work"] },
      ...more,
    ],
    edges: [["go", "work"], ["go", "stop"], ...edges],
  });

  test("goes by the cancelled node's error port, as CANCELLED", async () => {
    const tale = await story(
      stopping([["work", "mend", { on: "error", errors: ["CANCELLED"] }]], [set("mend")]),
    );
    await tale.signal("stop");

    expect(tale.steps().slice(-1)).toEqual(["mend.1"]);
    expect(tale.of("step.cancelled")).toMatchObject([{ step: "work.1" }]);
  });

  test("leaves the late outcome of what it cancelled on record as ignored", async () => {
    const tale = await story(
      stopping([["stop", "more"]], [{ id: "more", type: "wait", event: { name: "more" } }]),
    );
    const late = tale.startAt("work");
    await tale.signal("stop");
    await tale.settle(late);

    expect(tale.of("tool.returned")).toMatchObject([{ step: "work.1", ignored: true }]);
    expect(tale.run.status).toBe("waiting");
  });

  test("reaches a step that waits for a person, a time or its next attempt", async () => {
    const targets = [
      { id: "work", type: "approval" },
      { id: "work", type: "wait", for: "P1D" },
      { id: "work", type: "wait", event: { name: "never" } },
    ];
    for (const target of targets) {
      const { nodes, edges } = stopping();
      const tale = await story({
        nodes: nodes.map((one) => (one.id === "work" ? target : one)),
        edges: edges ?? [],
      });
      await tale.signal("stop");
      expect(tale.run).toMatchObject({ status: "succeeded", tokens: {}, tasks: {} });
    }
    const retrying = await story({
      ...stopping(),
      nodes: stopping().nodes.map((one) =>
        one.id === "work" ? { ...one, retry: { maxAttempts: 3 } } : one,
      ),
    });
    await retrying.breaks("work");
    await retrying.signal("stop");

    expect(retrying.run.status).toBe("succeeded");
    expect(retrying.of("step.cancelled")).toHaveLength(1);
  });

  test("cancels nothing when the node fails, and nothing that is not there", async () => {
    const failing = await story({
      nodes: [
        set("go", { split: "all" }),
        call("bad", { cancels: ["work"] }),
        call("work"),
        set("mend"),
      ],
      edges: [
        ["go", "bad"],
        ["go", "work"],
        ["bad", "mend", { on: "error" }],
      ],
    });
    await failing.breaks("bad");
    const alone = await story({
      nodes: [set("a", { cancels: ["b"] }), set("b")],
      edges: [["a", "b"]],
    });

    expect(failing.calling()).toEqual(["work"]);
    expect(alone.steps()).toEqual(["a.1", "b.1"]);
    expect(alone.run.status).toBe("succeeded");
  });
});
