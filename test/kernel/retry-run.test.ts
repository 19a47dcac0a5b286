import { describe, expect, test } from "vitest";
import { chain } from "../support/given.ts";
import type { Sketch } from "../support/given-sketch.ts";
import { story } from "./story.ts";

const call = (id: string, more = {}) => ({
  id,
  type: "tool",
  tool: "charge",
  with: { id },
  retry: { maxAttempts: 1 },
  ...more,
});

/** Nodes that begin together; what follows them is the test's. */
function beside(...nodes: Sketch["nodes"]): Sketch {
  const go = { id: "go", type: "set", split: "all" };
  return { nodes: [go, ...nodes], edges: nodes.map(({ id }) => ["go", id] as const) };
}

describe("a failed run that is retried", () => {
  test("goes on at the step that failed, under its key, and repeats nothing that had finished", async () => {
    const tale = await story(chain(call("a"), call("b"), call("c")));
    await tale.works("a", 1);
    await tale.breaks("b");
    expect(tale.run).toMatchObject({ status: "failed", error: { code: "HTTP_503", node: "b" } });
    const key = tale.of("step.started").find(({ node }) => node === "b")?.key;

    await tale.retries();

    expect(tale.calling()).toEqual(["b"]);
    expect(tale.tokenAt("b", "running")).toMatchObject({
      key,
      visit: 1,
      attempt: 2,
      input: { id: "b" },
    });
    expect(tale.run.error).toBeUndefined();
    expect(tale.run.endedAt).toBeUndefined();
    await tale.works("b", 2);
    await tale.works("c", 3);
    expect(tale.run).toMatchObject({
      status: "succeeded",
      output: 3,
      visits: { a: 1, b: 1, c: 1 },
    });
    expect(tale.run.results["b"]).toEqual([
      { visit: 1, status: "succeeded", output: 2, attempts: 2 },
    ]);
  });

  test("has all its attempts again, and fails when they are used up", async () => {
    const retry = { maxAttempts: 2, backoff: { initial: "PT1S", jitter: "none" } };
    const tale = await story(chain(call("a", { retry })));
    for (const round of [1, 2, 3]) {
      await tale.breaks("a");
      expect(tale.run.status).toBe("waiting");
      await tale.passes(1_000);
      await tale.drive();
      await tale.breaks("a");
      expect(tale.run.status).toBe("failed");
      expect(tale.of("run.failed")).toHaveLength(round);
      await tale.retries();
    }
    expect(tale.tokenAt("a", "running").attempt).toBe(7);
  });

  test.each(["running", "waiting"])("is refused while it is %s", async (status) => {
    const tale = await story(chain(call("a"), { id: "w", type: "wait", for: "P1D" }));
    if (status === "waiting") await tale.works("a");
    expect(tale.run.status).toBe(status);

    expect(await tale.retries()).toEqual({ type: "rejected", reason: "run_not_failed" });
  });

  test.each(["cancelled", "succeeded"])("is refused when it has %s", async (status) => {
    const tale = await story(chain(call("a")));
    if (status === "cancelled") await tale.cancels();
    else await tale.works("a");

    expect(await tale.retries()).toEqual({ type: "rejected", reason: "run_not_failed" });
  });

  test("takes the name of a node at which the failure stopped something, and no other", async () => {
    const tale = await story(chain(call("a"), call("b")));
    await tale.works("a");
    await tale.breaks("b");

    expect(await tale.retries("a")).toEqual({
      type: "rejected",
      reason: "failed_elsewhere",
      data: { node: "b" },
    });
    await tale.retries("b");
    expect(tale.of("run.resumed")).toEqual([{ type: "run.resumed", reason: "retry", node: "b" }]);
  });

  test("takes over a call that the failure cancelled in flight, under its key", async () => {
    const tale = await story(beside(call("a"), call("b")));
    await tale.breaks("a");
    const [, key] = tale.of("step.started").flatMap((event) => event.key ?? []);

    await tale.retries();

    expect(tale.calling().toSorted()).toEqual(["a", "b"]);
    expect(tale.tokenAt("b", "running")).toMatchObject({ attempt: 2, recoveries: 1, key });
    await tale.works("a");
    await tale.works("b");
    expect(tale.run.status).toBe("succeeded");
  });

  test("does not repeat a call in flight that may be made once only: it is unknown", async () => {
    const once = call("b", { delivery: "at-most-once" });
    const tale = await story(beside(call("a"), once));
    await tale.breaks("a");

    await tale.retries();

    expect(tale.of("step.unknown")).toMatchObject([{ node: "b", attempt: 1 }]);
    expect(tale.run).toMatchObject({ status: "failed", error: { code: "OUTCOME_UNKNOWN" } });
    await tale.retries();
    expect(tale.tokenAt("b", "running")).toMatchObject({ attempt: 2, recoveries: 0 });
  });

  test("waits on for what it waited for, until when it did", async () => {
    const wait = { id: "w", type: "wait", event: { name: "paid" }, timeout: "PT10M" };
    const timer = { id: "t", type: "wait", for: "PT5M" };
    const tale = await story(beside(call("a"), wait, timer));
    const due = tale.tokenAt("w", "waiting").dueAt;
    await tale.breaks("a");
    tale.later(6 * 60_000);

    await tale.retries();
    await tale.works("a");

    expect(tale.tokenAt("w", "waiting")).toMatchObject({ dueAt: due, visit: 1, attempt: 1 });
    expect(tale.of("timer.fired")).toHaveLength(1);
    await tale.signal("paid", 1);
    expect(tale.run.status).toBe("succeeded");
  });

  test("keeps the signals that nothing had waited for", async () => {
    const wait = { id: "w", type: "wait", event: { name: "paid" } };
    const tale = await story(chain(call("a"), wait));
    await tale.signal("paid", 7);
    await tale.breaks("a");

    await tale.retries();
    await tale.works("a");

    expect(tale.run).toMatchObject({ status: "succeeded", output: 7 });
  });

  test("asks people anew: the closed task stays closed, and another is open", async () => {
    const ask = { id: "p", type: "approval", approvers: ["ada@example.com"] };
    const tale = await story(beside(call("a"), ask));
    const [before] = Object.keys(tale.run.tasks);
    await tale.breaks("a");

    await tale.retries();

    const [after, ...others] = Object.keys(tale.run.tasks);
    expect(others).toEqual([]);
    expect(after).not.toBe(before);
    expect(tale.of("task.created")).toMatchObject([
      { task: before, step: "p.1", attempt: 1 },
      { task: after, step: "p.1", attempt: 2 },
    ]);
    await tale.decides("approved", "ada@example.com");
    await tale.works("a");
    expect(tale.run.status).toBe("succeeded");
  });

  test("asks again when people rejected what nothing takes a rejection of", async () => {
    const ask = { id: "p", type: "approval", approvers: ["ada@example.com"] };
    const tale = await story(chain(ask, call("a")));
    await tale.decides("rejected", "ada@example.com");
    expect(tale.run.error?.code).toBe("REJECTED");

    await tale.retries();
    await tale.decides("approved", "ada@example.com");

    expect(tale.calling()).toEqual(["a"]);
    expect(tale.run.visits["p"]).toBe(1);
  });

  test("asks again before a call that people did not approve, and not before one that they did", async () => {
    const approval = { approvers: ["ada@example.com"] };
    const tools = { charge: { hash: "h", approval } };
    const tale = await story(chain(call("a")), { tools });
    await tale.decides("rejected", "ada@example.com");
    expect(tale.run.error?.code).toBe("REJECTED");

    await tale.retries();
    expect(tale.calling()).toEqual([]);
    await tale.decides("approved", "ada@example.com");
    await tale.breaks("a");
    await tale.retries();

    expect(tale.calling()).toEqual(["a"]);
    expect(tale.of("task.created")).toHaveLength(2);
  });

  test("looks for an edge again, when a step had succeeded and none of its edges held", async () => {
    const tale = await story({
      nodes: [call("a", { assign: { n: "{% $output %}" } }), call("b")],
      edges: [["a", "b", { when: "{% $vars.n > $run.tags.n %}" }]],
    });
    await tale.works("a", 1);
    expect(tale.run.error?.code).toBe("NO_EDGE");

    await tale.retries();

    expect(tale.run.error?.code).toBe("NO_EDGE");
    expect(tale.of("run.failed")).toHaveLength(2);
    expect(tale.of("step.started")).toHaveLength(1);
  });

  test("begins a step again that failed before it called anything", async () => {
    const tale = await story(chain({ id: "s", type: "set", with: "{% $number('x') %}" }));
    expect(tale.run.error?.code).toBe("EXPRESSION_ERROR");

    await tale.retries();

    expect(tale.of("step.started")).toMatchObject([
      { step: "s.1", attempt: 1 },
      { step: "s.1", attempt: 2 },
    ]);
    expect(tale.run.status).toBe("failed");
  });

  test("has the same time again when its deadline has passed", async () => {
    const sketch = { ...chain(call("a")), limits: { deadline: "PT1H" } };
    const tale = await story(sketch);
    await tale.passes(3_600_000);
    expect(tale.run.error?.code).toBe("DEADLINE_EXCEEDED");
    tale.later(60_000);

    await tale.retries();

    expect(tale.run.deadline).toBe(tale.now + 3_600_000);
    expect(tale.calling()).toEqual(["a"]);
  });

  test("ends as before when a loop has come to its limit", async () => {
    const tale = await story({
      nodes: [{ id: "s", type: "set" }],
      edges: [["s", "s"]],
      limits: { maxVisits: 3 },
    });
    expect(tale.run.error?.code).toBe("MAX_VISITS");

    await tale.retries();

    expect(tale.run.error?.code).toBe("MAX_VISITS");
    expect(tale.run.visits).toEqual({ s: 3 });
  });

  test("sets its first variables again, when they had failed", async () => {
    const tale = await story({ ...chain(call("a")), vars: { n: "{% $number('x') %}" } });
    expect(tale.run).toMatchObject({ status: "failed", visits: {} });

    await tale.retries();

    expect(tale.run).toMatchObject({ status: "failed", error: { code: "EXPRESSION_ERROR" } });
    expect(tale.of("step.started")).toEqual([]);
  });

  test("begins only those items of a map again that have no output", async () => {
    const body = { nodes: [call("work", { with: "{% $item %}" })], edges: [] };
    const each = { id: "each", type: "map", items: "{% $input %}", body, concurrency: 2 };
    const tale = await story(chain(each, call("z", { with: "{% $steps.each.output %}" })), {
      input: ["a", "b", "c", "d"],
    });
    const keyOf = (step: string) => tale.of("step.started").find((one) => one.step === step)?.key;
    await tale.works("each/work", "A");
    await tale.breaks("each/work");
    expect(tale.run).toMatchObject({ status: "failed", error: { code: "HTTP_503" } });
    const key = keyOf("each.1:1.work.1");

    await tale.retries("each");
    while (tale.calling().includes("each/work")) {
      await tale.works("each/work", tale.tokenAt("each/work", "running").input ?? null);
    }

    expect(tale.tokenAt("z", "running").input).toEqual(["A", "b", "c", "d"]);
    expect(tale.of("step.started").filter(({ step }) => step === "each.1:0.work.1")).toHaveLength(
      1,
    );
    expect(keyOf("each.1:1.work.1")).toBe(key);
  });

  test("begins a map again whose items could not be told", async () => {
    const body = { nodes: [call("work")], edges: [] };
    const each = { id: "each", type: "map", items: "{% $input %}", body };
    const tale = await story(chain(each), { input: 7 });
    expect(tale.run.error?.code).toBe("INVALID_ITEMS");

    await tale.retries();

    expect(tale.run.error?.code).toBe("INVALID_ITEMS");
    expect(tale.of("step.started")).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
  });

  test("goes on in the items of a map that another path's failure had stopped", async () => {
    const body = { nodes: [call("work")], edges: [] };
    const each = { id: "each", type: "map", items: [1, 2, 3], body };
    const tale = await story(beside(call("a"), each));
    await tale.works("each/work", "first");
    await tale.breaks("a");

    await tale.retries();
    await tale.works("a");
    await tale.works("each/work", "second");
    await tale.works("each/work", "third");

    expect(tale.run).toMatchObject({ status: "succeeded" });
    expect(tale.run.results["each"]?.[0]?.output).toEqual(["first", "second", "third"]);
  });

  test("joins paths that were parked when it failed", async () => {
    const { nodes, edges = [] } = beside(call("a"), call("b"));
    const join = { id: "j", type: "set", join: "all" };
    const tale = await story({
      nodes: [...nodes, join],
      edges: [...edges, ["a", "j"], ["b", "j"]],
    });
    await tale.works("a");
    await tale.breaks("b");

    await tale.retries();
    await tale.works("b");

    expect(tale.run).toMatchObject({ status: "succeeded", visits: { j: 1, a: 1, b: 1 } });
  });
});
