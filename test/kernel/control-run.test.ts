import { describe, expect, test } from "vitest";
import { chain } from "../support/given.ts";
import { outcomeOf, story } from "./story.ts";

const call = (id: string, more = {}) => ({
  id,
  type: "tool",
  tool: "charge",
  with: { id },
  ...more,
});
const timer = { id: "t", type: "wait", for: "PT10M" };
const event = { id: "w", type: "wait", event: { name: "paid" } };
const ask = { id: "p", type: "approval", approvers: ["ada@example.com"] };

describe("a run that is paused", () => {
  test("lets the call under way end, and starts nothing more until it is resumed", async () => {
    const tale = await story(chain(call("a"), call("b")));
    await tale.pauses();
    await tale.works("a", 1);

    expect(tale.run).toMatchObject({ status: "paused", visits: { a: 1 } });
    expect(tale.steps()).toEqual(["a.1"]);
    await tale.resumes();

    expect(tale.calling()).toEqual(["b"]);
    await tale.works("b", 2);
    expect(tale.run).toMatchObject({ status: "succeeded", output: 2 });
  });

  test("fires no timer, however late, and fires it when it is resumed", async () => {
    const tale = await story(chain(timer, call("a")));
    await tale.pauses();
    await tale.passes(3_600_000);
    expect(tale.of("timer.fired")).toEqual([]);

    await tale.resumes();

    expect(tale.of("timer.fired")).toHaveLength(1);
    expect(tale.calling()).toEqual(["a"]);
  });

  test("makes no retry that came due, and has no deadline that passes", async () => {
    const retry = { maxAttempts: 2, backoff: { initial: "PT1S", jitter: "none" } };
    const tale = await story({ ...chain(call("a", { retry })), limits: { deadline: "PT1H" } });
    await tale.pauses();
    await tale.breaks("a");
    await tale.passes(1_800_000);
    await tale.drive();
    expect(tale.run.status).toBe("paused");
    expect(tale.of("step.started")).toHaveLength(1);

    await tale.resumes();

    expect(tale.calling()).toEqual(["a"]);
  });

  test("takes signals and decisions, and goes on with them when it is resumed", async () => {
    const tale = await story(chain(event, ask, call("a")));
    await tale.pauses();
    await tale.signal("paid", 7);
    expect(tale.run.results["w"]).toMatchObject([{ output: 7 }]);
    expect(Object.keys(tale.run.tasks)).toEqual([]);

    await tale.resumes();
    await tale.pauses();
    await tale.decides("approved", "ada@example.com");
    expect(tale.run.status).toBe("paused");
    expect(tale.calling()).toEqual([]);
    await tale.resumes();

    expect(tale.calling()).toEqual(["a"]);
  });

  test("ends when it is resumed, if the last step ended meanwhile", async () => {
    const tale = await story(chain(call("a")));
    await tale.pauses();
    await tale.works("a", 1);
    expect(tale.run.status).toBe("paused");

    await tale.resumes();

    expect(tale.run).toMatchObject({ status: "succeeded", output: 1 });
  });

  test("takes over a call whose worker was lost only when it is resumed", async () => {
    const tale = await story(chain(call("a")));
    await tale.pauses();
    await tale.crashes();
    expect(tale.of("step.started")).toHaveLength(1);

    await tale.resumes();

    expect(tale.of("step.started")).toMatchObject([{ attempt: 1 }, { attempt: 2, recovery: 1 }]);
  });

  test("waits as before when it is resumed, and stays as it is when nothing is to be done", async () => {
    const tale = await story(chain(event));
    await tale.pauses();
    const { seq } = tale.run;
    await tale.pauses();
    expect(tale.run.seq).toBe(seq);

    await tale.resumes();
    expect(tale.run.status).toBe("waiting");
    const again = tale.run.seq;
    await tale.resumes();

    expect(tale.run.seq).toBe(again);
  });

  test("can be cancelled, and can fail", async () => {
    const cancelled = await story(chain(ask));
    await cancelled.pauses();
    await cancelled.cancels();
    expect(cancelled.run.status).toBe("cancelled");

    const failed = await story(chain(call("a", { retry: { maxAttempts: 1 } })));
    await failed.pauses();
    await failed.breaks("a");
    expect(failed.run.status).toBe("failed");
  });
});

describe("a step that is skipped", () => {
  test("has the output that it is given, is never called again, and goes on", async () => {
    const tale = await story(chain(call("a", { assign: { n: "{% $output %}" } }), call("b")));
    const late = outcomeOf(tale.tokenAt("a", "running"), "late");

    await tale.skips("a.1", 7);

    expect(tale.run.vars).toEqual({ n: 7 });
    expect(tale.run.results["a"]).toMatchObject([{ status: "skipped", output: 7 }]);
    expect(tale.calling()).toEqual(["b"]);
    await tale.settle(late);
    expect(tale.of("tool.returned")).toMatchObject([{ step: "a.1", ignored: true }]);
    expect(tale.calling()).toEqual(["b"]);
  });

  test("is one that waits for a time, an event or its next attempt", async () => {
    for (const node of [timer, event, call("r")]) {
      const tale = await story(chain(node, call("z")));
      if (node.id === "r") await tale.breaks("r");
      await tale.skips(`${node.id}.1`, "skipped");
      expect(tale.calling(), node.id).toEqual(["z"]);
    }
  });

  test("is no approval, neither of a node nor before a call", async () => {
    const approval = { approvers: ["ada@example.com"] };
    const tools = { charge: { hash: "h", approval } };
    const told = { type: "rejected", reason: "answer_is_approval" };

    expect(await (await story(chain(ask))).skips("p.1", 1)).toEqual(told);
    expect(await (await story(chain(call("a")), { tools })).skips("a.1", 1)).toEqual(told);
  });

  test("is one that is under way: no other is known", async () => {
    const tale = await story(chain(call("a"), call("b")));
    await tale.works("a");

    for (const step of ["a.1", "b.2", "c.1", ""]) {
      expect(await tale.skips(step, 1)).toEqual({ type: "rejected", reason: "step_not_open" });
    }
  });
});

describe("a step that is cancelled by hand", () => {
  test("goes by its error edge, if there is one", async () => {
    const tale = await story({
      nodes: [call("a"), call("b"), call("c")],
      edges: [
        ["a", "b"],
        ["a", "c", { on: "error", errors: ["CANCELLED"] }],
      ],
    });

    await tale.cancelsStep("a.1");

    expect(tale.calling()).toEqual(["c"]);
    expect(tale.of("step.cancelled")).toMatchObject([{ step: "a.1", code: "CANCELLED" }]);
  });

  test("ends its path without one; its join goes on without it, and its task is closed", async () => {
    const tale = await story({
      nodes: [{ id: "go", type: "set", split: "all" }, call("a"), ask, call("z", { join: "all" })],
      edges: [
        ["go", "a"],
        ["go", "p"],
        ["a", "z"],
        ["p", "z"],
      ],
    });
    await tale.works("a");

    await tale.cancelsStep("p.1");

    expect(tale.of("task.cancelled")).toHaveLength(1);
    expect(tale.run.tasks).toEqual({});
    expect(tale.calling()).toEqual(["z"]);
  });

  test("takes the items of a map with it", async () => {
    const body = { nodes: [call("work")], edges: [] };
    const tale = await story(chain({ id: "each", type: "map", items: [1, 2], body }));

    await tale.cancelsStep("each.1");

    expect(tale.run).toMatchObject({ status: "succeeded", output: null });
    expect(tale.of("step.cancelled").map(({ step }) => step)).toEqual([
      "each.1",
      "each.1:0.work.1",
      "each.1:1.work.1",
    ]);
  });
});

describe("variables that are patched", () => {
  test("are set, and all others stay", async () => {
    const tale = await story({ ...chain(call("a"), call("b")), vars: { x: 1, y: 2 } });

    await tale.patches({ y: 3, z: 4 });

    expect(tale.run.vars).toEqual({ x: 1, y: 3, z: 4 });
    expect(tale.calling()).toEqual(["a"]);
  });

  test("let a failed run go on by another edge when it is retried", async () => {
    const tale = await story({
      nodes: [call("a"), call("b")],
      edges: [["a", "b", { when: "{% $vars.open %}" }]],
      vars: { open: false },
    });
    await tale.works("a");
    expect(tale.run.error?.code).toBe("NO_EDGE");

    await tale.patches({ open: true });
    expect(tale.run.status).toBe("failed");
    await tale.retries();

    expect(tale.calling()).toEqual(["b"]);
    expect(tale.steps()).toEqual(["a.1", "b.1"]);
  });

  test("are refused when they grow too large, and when the run is over", async () => {
    const tale = await story(chain(call("a")));
    const large = { text: "x".repeat(13_000_000) };
    expect(await tale.patches(large)).toEqual({ type: "rejected", reason: "vars_too_large" });
    await tale.works("a");
    expect(await tale.patches({})).toEqual({ type: "rejected", reason: "run_ended" });
  });
});

describe("what a call came to after its run had ended", () => {
  test("is recorded as ignored, and changes nothing", async () => {
    const tale = await story(chain(call("a"), call("b")));
    const late = outcomeOf(tale.tokenAt("a", "running"), "late");
    await tale.cancels();

    await tale.settle(late);

    expect(tale.run).toMatchObject({ status: "cancelled" });
    expect(tale.of("tool.returned")).toMatchObject([
      { step: "a.1", ignored: true, output: "late" },
    ]);
    expect(tale.events().at(-2)?.type).toBe("run.cancelled");
  });
});
