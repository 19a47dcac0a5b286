import { describe, expect, test } from "vitest";
import { settleJoins } from "../../core/kernel/join.ts";
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

describe("join: atLeast", () => {
  const three = ["a", "b", "c"].map((id) => call(id));
  const quorum = (
    join: JsonObject,
    edges: Sketch["edges"] = [],
    more: readonly NodeSketch[] = [],
  ): Sketch => ({
    nodes: [set("go", { split: "all" }), ...three, set("meet", { join }), ...more],
    edges: [
      ...three.map(({ id }) => ["go", id] as const),
      ...three.map(({ id }) => [id, "meet"] as const),
      ...edges,
    ],
  });
  const away = three.map(({ id }) => [id, "away", { on: "error" }] as const);

  test("fails as JOIN_UNSATISFIED when too few can still come", async () => {
    const tale = await story(quorum({ atLeast: 2 }, away, [set("away")]));
    await tale.works("a");
    await tale.breaks("b");
    expect(tale.run.status).toBe("running");
    await tale.breaks("c");

    expect(tale.run).toMatchObject({
      status: "failed",
      error: { code: "JOIN_UNSATISFIED", node: "meet" },
    });
    expect(visitsOf(tale, "meet")).toBe(0);
  });

  test("takes its failure by its error port", async () => {
    const edges = [...away, ["meet", "few", { on: "error" }] as const];
    const tale = await story(quorum({ atLeast: 3 }, edges, [set("away"), set("few")]));
    await tale.works("a");
    await tale.works("b");
    await tale.breaks("c");

    expect(visitsOf(tale, "few")).toBe(1);
    expect(tale.run.status).toBe("succeeded");
  });

  test("of more than can ever come is never satisfied", async () => {
    const tale = await story(quorum({ atLeast: 4 }));
    for (const { id } of three) await tale.works(id);

    expect(tale.run.error).toMatchObject({ code: "JOIN_UNSATISFIED" });
  });

  test("to which nothing came is no failure", async () => {
    const tale = await story(quorum({ atLeast: 1 }, away, [set("away")]));
    for (const { id } of three) await tale.breaks(id);

    expect(tale.run.status).toBe("succeeded");
    expect(visitsOf(tale, "meet")).toBe(0);
  });

  test("goes on once when more come in the same commit than it needs", async () => {
    for (const rest of ["cancel", "ignore"]) {
      const tale = await story(quorum({ atLeast: 2, rest }));
      await tale.settle(...three.map(({ id }) => tale.startAt(id)));

      expect(visitsOf(tale, "meet")).toBe(1);
      expect(tale.run.status).toBe("succeeded");
    }
  });

  test("cancels only siblings that can still come to it", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        ...three,
        call("free"),
        set("meet", { join: { atLeast: 1 } }),
      ],
      edges: [
        ...three.map(({ id }) => ["go", id] as const),
        ["go", "free"],
        ...three.map(({ id }) => [id, "meet"] as const),
      ],
    });
    await tale.works("a");

    expect(tale.calling()).toEqual(["free"]);
    expect(tale.of("step.cancelled").map(({ node }) => node)).toEqual(["b", "c"]);
  });

  test("counts each instance of its split by itself, though they run side by side", async () => {
    const tale = await story({
      nodes: [
        set("top", { split: "all" }),
        call("p"),
        call("q"),
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("meet", { join: { atLeast: 1 } }),
      ],
      edges: [
        ["top", "p"],
        ["top", "q"],
        ["p", "go"],
        ["q", "go"],
        ["go", "a"],
        ["go", "b"],
        ["a", "meet"],
        ["b", "meet"],
      ],
    });
    await tale.works("p");
    await tale.works("q");
    expect(tale.calling()).toEqual(["a", "b", "a", "b"]);
    await tale.works("a");
    expect(visitsOf(tale, "meet")).toBe(1);
    expect(tale.calling()).toEqual(["a", "b"]);
    await tale.works("b");

    expect(visitsOf(tale, "meet")).toBe(2);
    expect(tale.run.status).toBe("succeeded");
  });

  test("counts an arrival each, though one path came twice by a loop of its own", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a", { split: "all" }),
        call("b"),
        set("meet", { join: { atLeast: 2 } }),
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "meet"],
        ["a", "a", { when: "{% $steps.a.visits < 2 %}" }],
        ["b", "meet"],
      ],
    });
    await tale.works("a");
    expect(visitsOf(tale, "meet")).toBe(0);
    await tale.works("a");

    expect(visitsOf(tale, "meet")).toBe(1);
  });

  test("within a branch of another counts on its own level", async () => {
    const tale = await story({
      nodes: [
        set("outer", { split: "all" }),
        set("inner", { split: "all" }),
        call("i1"),
        call("i2"),
        set("imeet", { join: { atLeast: 2 } }),
        call("o1"),
        set("omeet", { join: { atLeast: 2 } }),
      ],
      edges: [
        ["outer", "inner"],
        ["outer", "o1"],
        ["inner", "i1"],
        ["inner", "i2"],
        ["i1", "imeet"],
        ["i2", "imeet"],
        ["imeet", "omeet"],
        ["o1", "omeet"],
      ],
    });
    for (const id of ["i2", "o1", "i1"]) await tale.works(id);

    expect(tale.steps().slice(-2)).toEqual(["imeet.1", "omeet.1"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("is judged again when a sibling is cancelled", async () => {
    const stop = { id: "stop", type: "wait", event: { name: "stop" }, cancels: ["b", "c"] };
    const tale = await story(quorum({ atLeast: 2 }, [["go", "stop"]], [stop]));
    await tale.works("a");
    await tale.signal("stop");

    expect(tale.run.error).toMatchObject({ code: "JOIN_UNSATISFIED" });
  });

  test("waits for a sibling that an all join upstream holds", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        ...three,
        set("both", { join: "all" }),
        set("meet", { join: { atLeast: 2 } }),
      ],
      edges: [
        ...three.map(({ id }) => ["go", id] as const),
        ["a", "meet"],
        ["b", "both"],
        ["c", "both"],
        ["both", "meet"],
      ],
    });
    for (const id of ["a", "c", "b"]) await tale.works(id);

    expect(tale.steps().slice(-2)).toEqual(["both.1", "meet.1"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("that waits for another, which waits for it, is unsatisfied and never stuck", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("x", { join: { atLeast: 2 } }),
        set("y", { join: { atLeast: 2 } }),
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
    await tale.works("a");
    await tale.works("b");

    expect(tale.run).toMatchObject({ status: "failed", error: { code: "JOIN_UNSATISFIED" } });
  });

  test("that fails more than once starts a new instance of its own split each time", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("meet", { join: { atLeast: 2 }, split: "all" }),
        call("x"),
        call("y"),
        set("again", { join: { atLeast: 2 } }),
        set("away"),
        { id: "end", type: "end" },
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "meet"],
        ["b", "away", { on: "error" }],
        ["b", "meet"],
        ["meet", "end"],
        ["meet", "x", { on: "error" }],
        ["meet", "y", { on: "error" }],
        ["x", "again"],
        ["y", "again"],
        ["again", "go", { when: "{% $steps.again.visits < 3 %}" }],
        ["again", "end"],
      ],
    });
    for (let round = 0; round < 3; round++) {
      await tale.works("a");
      await tale.breaks("b");
      await tale.works("x");
      await tale.works("y");
    }

    expect(visitsOf(tale, "again")).toBe(3);
    expect(tale.steps().slice(-1)).toEqual(["end.1"]);
    expect(tale.run.status).toBe("succeeded");
  });

  test("and an all join that wait for each other: the all join goes, the quorum stays one", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        call("a"),
        call("b"),
        set("x", { join: { atLeast: 2 } }),
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
    await tale.works("a");
    await tale.works("b");

    expect(tale.steps()).toContain("x.1");
    expect(["succeeded", "failed"]).toContain(tale.run.status);
  });
});

test.each(["all", { atLeast: 200 }])(
  "A join of 200 branches (%j) looks at each a few times, however many have come",
  async (join) => {
    const branches = Array.from({ length: 200 }, (_, n) => call(`b${n}`));
    const tale = await story(
      {
        nodes: [set("go", { split: "all" }), ...branches, set("meet", { join })],
        edges: branches.flatMap(({ id }) => [["go", id] as const, [id, "meet"] as const]),
      },
      { effectsMax: 200 },
    );
    await tale.settle(...branches.slice(0, 150).map(({ id }) => tale.startAt(id)));
    const { workflow } = tale.context;
    let looks = 0;
    const reaches = (from: string, to: string) => {
      looks++;
      return workflow.reaches(from, to);
    };

    expect(settleJoins({ ...workflow, reaches }, tale.run, undefined)).toEqual([]);
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThan(1_000);
  },
);
