import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { waitingOn } from "../../core/kernel/waiting-on.ts";
import { failureOf, outcomeOf, type Story, story } from "./story.ts";

const ONCE = { delivery: "at-most-once" } as const;
const pay = (more: JsonObject) => ({ id: "pay", type: "tool", tool: "charge", ...more });
const taskIn = (tale: Story) => Object.keys(tale.run.tasks)[0] ?? "none";
const answer = (tale: Story, data: Json) =>
  tale.tell({ type: "task.complete", task: taskIn(tale), by: "ada", data });

describe("a call of which nobody knows, and of which a person is asked", () => {
  const inDoubt = async (how: "crash" | "timeout" = "crash") => {
    const tale = await story({ nodes: [pay({ ...ONCE, onUnknown: "ask" })] });
    if (how === "crash") await tale.crashes();
    else await tale.settle(failureOf(tale.tokenAt("pay", "running"), "TIMEOUT", { lost: true }));
    return tale;
  };

  test.each(["crash", "timeout"] as const)("waits for the answer after a %s", async (how) => {
    const tale = await inDoubt(how);

    expect(tale.run.status).toBe("waiting");
    expect(waitingOn(tale.run)).toMatchObject([{ kind: "form", node: "pay" }]);
    expect(tale.of("task.created")).toMatchObject([
      { kind: "form", title: "Did pay.1 happen?", preview: { step: "pay.1", attempt: 1 } },
    ]);
    expect(tale.calling()).toEqual([]);
  });

  test("has the output that the person tells, and is called no more", async () => {
    const tale = await inDoubt();
    await answer(tale, { decision: "happened", output: { paid: true } });

    expect(tale.run).toMatchObject({ status: "succeeded", output: { paid: true } });
    expect(tale.of("step.started")).toHaveLength(1);
    expect(tale.of("task.completed")).toMatchObject([{ vote: { by: "ada" } }]);
  });

  test("is made again under its key when the person says that it was not", async () => {
    const tale = await story({ nodes: [pay({ ...ONCE, onUnknown: "ask" })] });
    const { key } = tale.tokenAt("pay", "running");
    await tale.crashes();
    await answer(tale, { decision: "retry" });

    expect(tale.tokenAt("pay", "running")).toMatchObject({ attempt: 2, key });
    await tale.works("pay", "done");
    expect(tale.run.output).toBe("done");
  });

  test("fails as unknown when the person knows no better", async () => {
    const tale = await inDoubt();
    await answer(tale, { decision: "fail" });

    expect(tale.run.error).toMatchObject({ code: "OUTCOME_UNKNOWN", node: "pay" });
  });

  test("ignores the answer that comes after all while the person is asked", async () => {
    const tale = await story({ nodes: [pay({ ...ONCE, onUnknown: "ask" })] });
    const zombie = outcomeOf(tale.tokenAt("pay", "running"), "late");
    await tale.crashes();
    await tale.settle(zombie);

    expect(tale.of("tool.returned")).toMatchObject([{ ignored: true, output: "late" }]);
    expect(tale.run.status).toBe("waiting");
  });

  test("is asked about anew, and not called, when the run failed elsewhere and is retried", async () => {
    const tale = await story({
      nodes: [
        { id: "both", type: "set", split: "all" },
        pay({ ...ONCE, onUnknown: "ask" }),
        { id: "other", type: "tool", tool: "flaky", retry: { maxAttempts: 1 } },
      ],
      edges: [
        ["both", "pay"],
        ["both", "other"],
      ],
    });
    await tale.settle(failureOf(tale.tokenAt("pay", "running"), "TIMEOUT", { lost: true }));
    const [first] = Object.keys(tale.run.tasks);
    await tale.breaks("other");
    expect(tale.run.status).toBe("failed");
    await tale.retries();

    expect(tale.calling()).toEqual(["other"]);
    expect(Object.keys(tale.run.tasks)).toHaveLength(1);
    expect(taskIn(tale)).not.toBe(first);
    await answer(tale, { decision: "happened", output: 1 });
    await tale.works("other");
    expect(tale.run.status).toBe("succeeded");
  });

  test("is told of as not undone when the run is undone before anybody answers", async () => {
    const tale = await story({
      nodes: [
        { id: "both", type: "set", split: "all" },
        pay({ ...ONCE, onUnknown: "ask", compensate: "refund" }),
        { id: "ship", type: "tool", tool: "ship", compensate: "refund" },
        { id: "hold", type: "wait", for: "P1D" },
        { id: "refund", type: "tool", tool: "flaky" },
      ],
      edges: [
        ["both", "pay"],
        ["both", "ship"],
        ["ship", "hold"],
      ],
    });
    await tale.works("ship");
    await tale.settle(failureOf(tale.tokenAt("pay", "running"), "TIMEOUT", { lost: true }));
    await tale.undoes("enough");

    expect(tale.of("step.failed")).toMatchObject([
      { node: "pay", error: { code: "OUTCOME_UNKNOWN" } },
    ]);
    expect(tale.run.tasks).toEqual({});
    await tale.works("refund");
    expect(tale.run.status).toBe("cancelled");
  });
});

describe("a call of which nobody knows, and of which a tool is asked", () => {
  const asking = () => story({ nodes: [pay({ ...ONCE, onUnknown: { reconcile: "ship" } })] });

  test("is asked about under the attempt in doubt, by a start that is on record first", async () => {
    const tale = await asking();
    await tale.crashes();

    expect(tale.of("step.unknown")).toMatchObject([{ attempt: 1, reconcile: true }]);
    expect(tale.of("step.started").at(-1)).toMatchObject({
      attempt: 2,
      reconciles: 1,
      tool: "ship",
    });
    expect(tale.tokenAt("pay", "running").reconciling).toEqual({ attempt: 1, tries: 1 });
  });

  test("has the output that the tool tells", async () => {
    const tale = await asking();
    await tale.crashes();
    await tale.works("pay", { status: "succeeded", output: "paid" });

    expect(tale.run).toMatchObject({ status: "succeeded", output: "paid" });
    expect(tale.of("tool.returned")).toMatchObject([{ reconciled: "succeeded" }]);
  });

  test("fails as the tool tells", async () => {
    const tale = await asking();
    await tale.crashes();
    const error = { code: "DECLINED", message: "no money" };
    await tale.works("pay", { status: "failed", error });

    expect(tale.run).toMatchObject({ status: "failed", error });
  });

  test("is made again, and uses up no attempt, when it was absent", async () => {
    const tale = await story({
      nodes: [pay({ ...ONCE, onUnknown: { reconcile: "ship" }, retry: { maxAttempts: 1 } })],
    });
    const { key } = tale.tokenAt("pay", "running");
    await tale.crashes();
    await tale.works("pay", { status: "absent" });

    expect(tale.tokenAt("pay", "running")).toMatchObject({ key, recoveries: 1, call: 1 });
    await tale.works("pay", "done");
    expect(tale.run.output).toBe("done");
  });

  test("is not made without end, however often it is absent", async () => {
    const tale = await asking();
    for (let n = 0; n < 11; n++) {
      await tale.crashes();
      await tale.works("pay", { status: "absent" });
      if (tale.run.status === "waiting") await tale.passes(60_000);
    }

    expect(tale.run).toMatchObject({ status: "failed", error: { code: "WORKER_LOST" } });
  });

  test("is asked about again when the worker that asked is lost", async () => {
    const tale = await asking();
    await tale.crashes();
    await tale.crashes();
    expect(tale.tokenAt("pay", "running").reconciling).toEqual({ attempt: 1, tries: 2 });
    await tale.crashes();
    expect(waitingOn(tale.run)).toMatchObject([{ kind: "retry" }]);
    await tale.passes(60_000);
    await tale.works("pay", { status: "succeeded", output: 7 });

    expect(tale.run.output).toBe(7);
    expect(tale.of("step.unknown")).toHaveLength(1);
  });

  test("stays unknown when the tool cannot tell, and is asked about again by a retry", async () => {
    const tale = await asking();
    await tale.crashes();
    await tale.works("pay", { status: "perhaps" });
    expect(tale.run.error).toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await tale.retries();
    await tale.works("pay", { status: "succeeded", output: "paid" });

    expect(tale.run.output).toBe("paid");
    expect(
      tale.of("step.started").filter(({ reconciles }) => reconciles === undefined).length,
    ).toBe(1);
  });

  test("stays unknown when the tool fails for good, or ten times", async () => {
    const once = await asking();
    await once.crashes();
    await once.breaks("pay", "HTTP_404", { retryable: false });
    const often = await asking();
    await often.crashes();
    for (let n = 0; n < 10; n++) {
      await often.breaks("pay", "HTTP_503");
      if (often.run.status === "waiting") await often.passes(60_000);
    }

    for (const { run } of [once, often]) {
      expect(run.error).toMatchObject({ code: "OUTCOME_UNKNOWN" });
    }
    expect(often.of("step.started")).toHaveLength(11);
  });
});

describe("a call that has no attempt left", () => {
  const retry = { maxAttempts: 1, backoff: { initial: "PT0S" } };

  test("pauses the run where the author says so, and has all attempts again by a resume", async () => {
    const tale = await story({ nodes: [pay({ retry: { ...retry, exhausted: "pause" } })] });
    await tale.breaks("pay");

    expect(tale.run.status).toBe("paused");
    expect(tale.of("run.paused")[0]?.reason).toContain("HTTP_503");
    await tale.resumes();
    expect(tale.tokenAt("pay", "running").attempt).toBe(2);
    await tale.breaks("pay");
    expect(tale.run.status).toBe("paused");
    await tale.skips("pay.1", "by hand");
    await tale.resumes();
    expect(tale.run).toMatchObject({ status: "succeeded", output: "by hand" });
  });

  test("asks somebody where the author says so: again, instead, or not at all", async () => {
    const tale = await story({
      nodes: [
        pay({ retry: { ...retry, exhausted: "ask" } }),
        { id: "mend", type: "set", with: "{% $steps.pay.error.code %}" },
      ],
      edges: [["pay", "mend", { on: "error" }]],
    });
    await tale.breaks("pay");
    await answer(tale, { decision: "retry" });
    expect(tale.tokenAt("pay", "running").attempt).toBe(2);
    await tale.breaks("pay");
    await answer(tale, { decision: "fail" });

    expect(tale.run).toMatchObject({ status: "succeeded", output: "HTTP_503" });
    const other = await story({ nodes: [pay({ retry: { ...retry, exhausted: "ask" } })] });
    await other.breaks("pay");
    await answer(other, { decision: "skip", output: 3, comment: "paid by hand" });
    expect(other.of("step.skipped")).toMatchObject([{ output: 3, reason: "paid by hand" }]);
  });

  test("asks nobody about an error that is not retried, nor while the run is undone", async () => {
    const fatal = await story({ nodes: [pay({ retry: { ...retry, exhausted: "ask" } })] });
    await fatal.breaks("pay", "HTTP_400", { retryable: false });
    const undone = await story({
      nodes: [
        { id: "ship", type: "tool", tool: "ship", compensate: "pay" },
        { id: "hold", type: "wait", for: "P1D" },
        pay({ retry: { ...retry, exhausted: "ask" } }),
      ],
      edges: [["ship", "hold"]],
    });
    await undone.works("ship");
    await undone.undoes();
    await undone.breaks("pay");

    expect(fatal.run).toMatchObject({ status: "failed", error: { code: "HTTP_400" } });
    expect(undone.run.status).toBe("cancelled");
  });
});
