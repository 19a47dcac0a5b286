import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { tokensOf } from "../../core/kernel/run.ts";
import type { NodeSketch, Sketch } from "../support/given-sketch.ts";
import { alone, body, breaks, call, each, itemToken, set, under, works } from "./map-story.ts";
import { outcomeOf, type Story, story } from "./story.ts";

const timer = { id: "t", type: "wait", for: "PT1H" };
const event = { id: "w", type: "wait", event: { name: "go", key: "{% $string($item) %}" } };
const ask = { id: "p", type: "approval", approvers: ["ada@example.com"] };
const job = call("j", { tool: "work" });
const once = call("o", { tool: "once" });

const TOOLS = {
  charge: { hash: "h" },
  work: { hash: "w", kind: "worker" },
  once: { hash: "o", delivery: "at-most-once" },
} as const;

/** A map whose items each do something else, by their value; `call` is the one that fails. */
function mixed(more: JsonObject = {}): Sketch {
  const nodes: NodeSketch[] = [set("go"), call("work"), timer, event, ask, job, once];
  const edges = nodes.slice(1).map(({ id }) => ({
    from: "go",
    to: id,
    when: `{% $item = '${id}' %}`,
  }));
  return alone(each({ nodes, edges, start: "go" }, more));
}

const ITEMS = ["work", "t", "w", "p", "j", "o"];
const startsOf = (tale: Story, step: string) =>
  tale.of("step.started").filter((one) => one.step === step);
/** Two maps, one in the other. */
const nested = (...inside: NodeSketch[]) =>
  alone(each({ nodes: [{ ...each(body(...inside)), id: "inner", items: "{% $item %}" }] }));

describe("a run that failed in an item of a map, and is retried,", () => {
  test("goes on in that item where it failed, under its key, and does nothing again", async () => {
    const tale = await story(alone(each(body(call("a"), call("b")))), { input: [1, 2] });
    await works(tale, 0, "a0");
    await breaks(tale, 0);
    expect(tale.run).toMatchObject({ status: "failed", error: { node: "each" } });
    const [before] = startsOf(tale, "each.1:0.b.1");

    await tale.retries("b");

    expect(startsOf(tale, "each.1:0.a.1")).toHaveLength(1);
    const token = itemToken(tale, 0);
    expect(token).toMatchObject({ node: "each/b", visit: 1, attempt: 2, key: before?.key });
    expect(itemToken(tale, 1)).toMatchObject({ node: "each/a", attempt: 2, recoveries: 1 });
    await works(tale, 0, "b0");
    await works(tale, 1, "a1");
    await works(tale, 1, "b1");
    expect(tale.run).toMatchObject({ status: "succeeded", output: ["b0", "b1"] });
  });

  test("goes on in the items beside it: timers, events, tasks and jobs wait on", async () => {
    const tale = await story(mixed(), { input: ITEMS.slice(0, 5), tools: TOOLS });
    const [timerBefore] = tokensOf(tale.run).flatMap(({ wait }) =>
      wait?.kind === "timer" ? [wait] : [],
    );
    const [task] = Object.keys(tale.run.tasks);
    await breaks(tale, 0);
    expect(tale.of("task.cancelled").map((one) => one.task)).toEqual([task]);
    expect(tale.run.scopes).toBeUndefined();

    await tale.retries();

    const waits = tokensOf(tale.run).flatMap(({ wait }) => wait ?? []);
    expect(waits.map(({ kind }) => kind).toSorted()).toEqual(["approval", "event", "job", "timer"]);
    expect(waits).toContainEqual(timerBefore);
    expect(Object.keys(tale.run.tasks)).not.toContain(task);
  });

  test("does not make a call beside it again that may be made once only", async () => {
    const tale = await story(mixed(), { input: ["work", "o"], tools: TOOLS });
    await breaks(tale, 0);
    await tale.retries();

    // It was in flight: nobody knows whether it was made.
    expect(tale.of("step.unknown")).toMatchObject([{ node: "o" }]);
    expect(tale.run).toMatchObject({ status: "failed", error: { code: "OUTCOME_UNKNOWN" } });
    expect(startsOf(tale, "each.1:1.o.1")).toHaveLength(1);
  });

  test("comes to its end when everybody answers", async () => {
    const tale = await story(mixed(), { input: ITEMS.slice(0, 5), tools: TOOLS });
    await breaks(tale, 0);
    await tale.retries();
    await works(tale, 0, "worked");
    await tale.signal("go", "went", { key: "w" });
    await tale.decides("approved", "ada@example.com");
    const { wait, attempt } = tokensOf(tale.run).find((one) => one.wait?.kind === "job") ?? {};
    const jobId = wait?.kind === "job" ? wait.job : "";
    await tale.tell({
      type: "job.settle",
      job: jobId,
      attempt: attempt ?? 0,
      result: { ok: true, output: "done" },
    });
    await tale.passes(3_600_000);

    expect(tale.run.output).toMatchObject(["worked", {}, "went", {}, "done"]);
  });

  test("has all that is in a map within a map again", async () => {
    const tale = await story(nested(call("a"), call("b")), {
      input: [
        [1, 2],
        [3, 4],
      ],
    });
    const first = () => tokensOf(tale.run).find(({ scope }) => scope === "each.1:0.inner.1:0");
    const settle = async (output: string) => {
      const token = first();
      if (token) await tale.settle(outcomeOf(token, output));
    };
    await settle("a");
    expect(first()?.node).toBe("each/inner/b");
    const failing = first();
    if (!failing) throw new Error("nothing fails");
    await tale.settle({
      ...outcomeOf(failing, null),
      ok: false,
      code: "HTTP_404",
      message: "no",
      retryable: false,
    });
    expect(tale.run).toMatchObject({ status: "failed", error: { code: "HTTP_404" } });

    await tale.retries();

    expect(startsOf(tale, "each.1:0.inner.1:0.a.1")).toHaveLength(1);
    expect(startsOf(tale, "each.1:0.inner.1:0.b.1").map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(tale.calling().toSorted()).toEqual([
      "each/inner/a",
      "each/inner/a",
      "each/inner/a",
      "each/inner/b",
    ]);
    while (tale.calling().length > 0) await tale.settle(outcomeOf(running(tale), "x"));
    expect(tale.run).toMatchObject({
      status: "succeeded",
      output: [
        ["x", "x"],
        ["x", "x"],
      ],
    });
  });

  test("begins no more items at once than it may, and tries all again that failed", async () => {
    const node = each(body(call("work")), { concurrency: 1, tolerate: 1 });
    const tale = await story(alone(node), { input: [1, 2, 3] });
    await breaks(tale, 0);
    await breaks(tale, 1);
    expect(tale.run).toMatchObject({ status: "failed", error: { code: "MAP_FAILED" } });

    await tale.retries();
    for (const index of [0, 1, 2]) {
      expect(under(tale)).toEqual([index]);
      await works(tale, index, index);
    }

    expect(tale.run).toMatchObject({ status: "succeeded", output: [0, 1, 2] });
  });

  test("fails again when it fails again, and can be retried once more", async () => {
    const tale = await story(alone(each(body(call("a"), call("b")))), { input: [1, 2] });
    await works(tale, 1, "a1");
    for (const round of [1, 2, 3]) {
      await breaks(tale, 1);
      expect(tale.of("run.failed")).toHaveLength(round);
      await tale.retries();
    }
    await works(tale, 0, "a0");
    await works(tale, 0, "b0");
    await works(tale, 1, "b1");

    expect(tale.run).toMatchObject({ status: "succeeded", output: ["b0", "b1"] });
    expect(startsOf(tale, "each.1:1.a.1")).toHaveLength(1);
  });

  test("keeps what an item that was tolerated came to, when another path had failed", async () => {
    const node = each(body(call("work")), { tolerate: 1 });
    const go = set("go", { split: "all" });
    const tale = await story(
      {
        nodes: [go, node, call("beside", { with: 1 })],
        edges: [
          ["go", "each"],
          ["go", "beside"],
        ],
      },
      { input: [1, 2] },
    );
    await breaks(tale, 0, "GONE");
    await tale.breaks("beside", "HTTP_404", { retryable: false });
    expect(tale.run.status).toBe("failed");

    await tale.retries();
    await tale.works("beside");
    await works(tale, 1, "one");

    expect(tale.run.results["each"]?.[0]?.output).toMatchObject([
      { error: { code: "GONE" } },
      "one",
    ]);
  });

  test("lets go of what it kept once the map is over", async () => {
    const node = each(body(call("work")), { tolerate: 2 });
    const tale = await story(alone(node), { input: [1, 2, 3] });
    await breaks(tale, 0);
    expect(Object.keys(tale.run.maps?.["each.1"]?.kept?.tokens ?? {})).toHaveLength(1);
    await works(tale, 1);
    await works(tale, 2);

    expect(tale.run).toMatchObject({ status: "succeeded" });
  });

  test("keeps no more of tolerated items than there is room for", async () => {
    const big = { with: "{% $pad('', 20000, 'x') %}" };
    const node = each(body(set("big", big), call("work")), { tolerate: "100%", concurrency: 1 });
    const tale = await story(alone(node), { input: [1, 2, 3, 4, 5, 6] });
    for (const index of [0, 1, 2, 3, 4]) await breaks(tale, index);

    expect(tale.run.maps?.["each.1"]?.kept?.bytes).toBeLessThanOrEqual(64 * 1024);
    expect(Object.keys(tale.run.maps?.["each.1"]?.kept?.scopes ?? {})).toHaveLength(1);
  });
});

function running(tale: Story) {
  const token = tokensOf(tale.run).find(({ status }) => status === "running");
  if (!token) throw new Error("nothing runs");
  return token;
}

describe("a run that is paused while a map is under way", () => {
  test("begins no further item, and no further step, until it is resumed", async () => {
    const node = each(body(call("a"), call("b")), { concurrency: 1 });
    const tale = await story(alone(node), { input: [1, 2] });
    await tale.pauses();
    await works(tale, 0, "a0");
    expect(tale.calling()).toEqual([]);
    await tale.resumes();
    expect(tale.calling()).toEqual(["each/b"]);
    await tale.pauses();
    await works(tale, 0, "b0");
    expect(tale.run.status).toBe("paused");
    expect(startsOf(tale, "each.1:1.a.1")).toEqual([]);

    await tale.resumes();
    await works(tale, 1, "a1");
    await works(tale, 1, "b1");

    expect(tale.run.output).toEqual(["b0", "b1"]);
  });

  test("fires no timer of an item, and takes what people decide in one", async () => {
    const tale = await story(mixed(), { input: ["t", "p"], tools: TOOLS });
    await tale.pauses();
    await tale.passes(7_200_000);
    await tale.decides("approved", "ada@example.com");
    expect(tale.run).toMatchObject({ status: "paused", maps: { "each.1": { succeeded: 1 } } });

    await tale.resumes();

    expect(tale.run.status).toBe("succeeded");
  });

  test("fails when its last item does, and undoes nothing before it is resumed", async () => {
    const sketch: Sketch = {
      nodes: [
        call("book", { compensate: "leave", with: 1 }),
        each(body(call("work"))),
        call("leave", { with: 1 }),
      ],
      edges: [["book", "each"]],
    };
    const tale = await story(sketch, { input: [1] });
    await tale.works("book", "H-1");
    await tale.pauses();
    await breaks(tale, 0);
    expect(tale.run.status).toBe("paused");
    expect(tale.calling()).toEqual([]);

    await tale.resumes();

    expect(tale.run.undoing).toMatchObject({ error: { code: "HTTP_404" } });
    expect(tale.calling()).toEqual(["leave"]);
    await tale.works("leave");
    expect(tale.run.status).toBe("failed");
  });

  test("undoes nothing before it is resumed when a step beside fails", async () => {
    const go = set("go", { split: "all" });
    const sketch: Sketch = {
      nodes: [
        call("book", { compensate: "leave", with: 1 }),
        go,
        call("a", { with: 1 }),
        timer,
        call("leave", { with: 1 }),
      ],
      edges: [
        ["book", "go"],
        ["go", "a"],
        ["go", "t"],
      ],
    };
    const tale = await story(sketch);
    await tale.works("book", "H-1");
    await tale.pauses();
    await tale.breaks("a", "HTTP_404", { retryable: false });

    expect(tale.run).toMatchObject({ status: "paused", undoing: { error: { code: "HTTP_404" } } });
    expect(tale.calling()).toEqual([]);
    await tale.resumes();
    expect(tale.calling()).toEqual(["leave"]);
    await tale.works("leave");
    expect(tale.run.status).toBe("failed");
  });
});

describe("a step in an item of a map", () => {
  test("is skipped with an output, which its own item alone goes on with", async () => {
    const tale = await story(
      alone(each(body(call("a"), call("b", { with: "{% $steps.a.output %}" })))),
      {
        input: [1, 2],
      },
    );
    await tale.skips("each.1:0.a.1", "given");

    expect(itemToken(tale, 0)).toMatchObject({ node: "each/b", input: "given" });
    expect(itemToken(tale, 1).node).toBe("each/a");
  });

  test("is cancelled: its error edge takes that, and without one its item ends there", async () => {
    const caught: JsonObject = {
      nodes: [call("a"), set("mend", { with: "mended" })],
      edges: [{ from: "a", to: "mend", on: "error", errors: ["CANCELLED"] }],
    };
    const tale = await story(alone(each(caught)), { input: [1, 2] });
    await tale.cancelsStep("each.1:0.a.1");
    await works(tale, 1, "one");
    expect(tale.run.output).toEqual(["mended", "one"]);

    const bare = await story(alone(each(body(call("a")), { tolerate: 0 })), { input: [1, 2] });
    await bare.cancelsStep("each.1:0.a.1");
    await works(bare, 1, "one");
    expect(bare.run.output).toEqual([null, "one"]);
  });

  test("closes the task of its own item when it is cancelled", async () => {
    const tale = await story(mixed(), { input: ["p", "p"], tools: TOOLS });
    const [first, second] = Object.keys(tale.run.tasks);
    await tale.cancelsStep("each.1:0.p.1");

    expect(tale.of("task.cancelled").map(({ task }) => task)).toEqual([first]);
    expect(Object.keys(tale.run.tasks)).toEqual([second]);
  });

  test("in a map within a map is cancelled with the map that is around it", async () => {
    const tale = await story(nested(call("a")), { input: [[1, 2], [3]] });
    await tale.cancelsStep("each.1:0.inner.1");

    expect(
      tale
        .of("step.cancelled")
        .map(({ step }) => step)
        .toSorted(),
    ).toEqual(["each.1:0.inner.1", "each.1:0.inner.1:0.a.1", "each.1:0.inner.1:1.a.1"]);
    await tale.settle(outcomeOf(running(tale), "x"));
    expect(tale.run.output).toEqual([null, ["x"]]);
  });

  test("that a skip had given an output is not done when the run is retried", async () => {
    const inner: JsonObject = {
      nodes: [call("a"), set("z")],
      edges: [{ from: "a", to: "z", when: "{% $vars.open %}" }],
    };
    const { nodes } = alone(each(inner));
    const tale = await story({ nodes, vars: { open: false } }, { input: [1] });
    await tale.skips("each.1:0.a.1", "given");
    expect(tale.run.error?.code).toBe("NO_EDGE");
    await tale.patches({ open: true });
    await tale.retries();

    expect(startsOf(tale, "each.1:0.a.1")).toHaveLength(1);
    expect(tale.run.status).toBe("succeeded");
  });
});

describe("a run with a map under way", () => {
  test("that undoes what it did closes all steps of all items, and begins no other", async () => {
    const sketch: Sketch = {
      nodes: [
        call("book", { compensate: "leave", with: 1 }),
        each(body(call("a"), call("b"))),
        call("leave", { with: 1 }),
      ],
      edges: [["book", "each"]],
    };
    const tale = await story(sketch, { input: [1, 2] });
    await tale.works("book");
    await tale.undoes("enough");

    expect(tale.calling()).toEqual(["leave"]);
    expect(tale.of("step.cancelled").map(({ step }) => step)).toEqual([
      "each.1",
      "each.1:0.a.1",
      "each.1:1.a.1",
    ]);
    await tale.works("leave");
    expect(tale.run.status).toBe("cancelled");
  });

  test("fails when its deadline passes, and all items have as long again when it is retried", async () => {
    const tale = await story(
      { ...mixed(), limits: { deadline: "PT10M" } },
      {
        input: ["work", "w"],
        tools: TOOLS,
      },
    );
    await tale.passes(600_000);
    expect(tale.run).toMatchObject({ status: "failed", error: { code: "DEADLINE_EXCEEDED" } });

    await tale.retries();
    await works(tale, 0);
    await tale.signal("go", "went", { key: "w" });

    expect(tale.run.status).toBe("succeeded");
  });
});

describe("a step that had succeeded, and found no edge,", () => {
  test("sets its variables once, however often the run is retried", async () => {
    const tale = await story({
      nodes: [set("count", { with: 1, assign: { n: "{% $vars.n + 1 %}" } }), set("z")],
      edges: [["count", "z", { when: "{% $vars.open %}" }]],
      vars: { n: 0, open: false },
      output: "{% $vars.n %}",
    });
    await tale.retries();
    await tale.patches({ open: true });
    await tale.retries();

    expect(tale.run).toMatchObject({ status: "succeeded", output: 1 });
  });

  test("is not done after all when somebody had skipped it", async () => {
    const tale = await story({
      nodes: [call("a", { with: 1 }), set("z")],
      edges: [["a", "z", { when: "{% $vars.open %}" }]],
      vars: { open: false },
    });
    await tale.skips("a.1", "given");
    expect(tale.run.error?.code).toBe("NO_EDGE");
    await tale.patches({ open: true });
    await tale.retries();

    expect(tale.of("step.started").filter(({ node }) => node === "a")).toHaveLength(1);
    expect(tale.run.status).toBe("succeeded");
  });
});
