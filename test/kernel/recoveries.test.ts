import { describe, expect, test } from "vitest";
import type { Event } from "../../core/kernel/event.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { contextOf, createdAt, DRIVER, driverOf, given, NOW } from "../support/given.ts";
import { failureOf, outcomeOf, story } from "./story.ts";

const pay = (more: JsonObject = {}) => ({ id: "pay", type: "tool", tool: "charge", ...more });
const ids = { step: "pay.1", node: "pay", visit: 1, token: 1 };
const start = (attempt: number, recovery?: number): Event => ({
  type: "step.started",
  ...ids,
  kind: "tool",
  attempt,
  ...(attempt === 1 && { call: 1, key: "seed-pay-1", input: null, timeoutMs: 30_000 }),
  ...(recovery !== undefined && { recovery }),
});
const running: Event = { type: "run.running" };

describe("a start that nobody is calling", () => {
  test("is taken over at once the first time, as a recovery, and only then called", async () => {
    await given(contextOf({ nodes: [pay()] }), createdAt("pay"), start(1), running)
      .when({ type: "run.advance", driver: DRIVER })
      .yields(start(2, 1));
  });

  test("is left alone by those who do not drive", async () => {
    await given(contextOf({ nodes: [pay()] }), createdAt("pay"), start(1), running)
      .when({ type: "run.advance" })
      .yields();
  });

  test("is not taken back by the driver that it was taken from", async () => {
    const driver = driverOf("1:pay.1:1");
    await given(contextOf({ nodes: [pay()] }), createdAt("pay"), start(1), running, start(2, 1))
      .when({ type: "run.advance", driver })
      .yields();
  });

  test("is taken over with a pause from the second time on", async () => {
    const at = NOW + 1_000;
    const message = "the worker of attempt 2 of pay was lost";
    const error = { code: "WORKER_LOST", message, retryable: true };
    await given(contextOf({ nodes: [pay()] }), createdAt("pay"), start(1), running, start(2, 1))
      .when({ type: "run.advance", driver: DRIVER })
      .yields(
        { type: "step.retrying", ...ids, attempt: 2, error, at, recovery: true },
        {
          type: "run.waiting",
          waitingOn: [
            {
              kind: "retry",
              attempt: 3,
              since: new Date(NOW).toISOString(),
              until: new Date(at).toISOString(),
              node: "pay",
              step: "pay.1",
            },
          ],
        },
      );
  });

  test("is given up as WORKER_LOST after ten recoveries, each later than the one before", async () => {
    const tale = await story({ nodes: [pay()] });
    const pauses: number[] = [];
    for (let crash = 1; crash <= 10; crash++) {
      await tale.crashes();
      const token = tale.run.tokens["1"];
      if (token?.status !== "retrying") continue;
      pauses.push((token.dueAt ?? 0) - tale.now);
      await tale.passes(60_000);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000));
    expect(tale.run.status).toBe("running");

    await tale.crashes();

    expect(tale.run).toMatchObject({ status: "failed", error: { code: "WORKER_LOST" } });
    expect(tale.of("step.started").map(({ recovery }) => recovery)).toEqual([
      undefined,
      ...Array.from({ length: 10 }, (_, index) => index + 1),
    ]);
  });

  test("keeps key, input and call, and uses up none of the attempts", async () => {
    const tale = await story(
      { nodes: [pay({ with: "{% $input %}", retry: { maxAttempts: 2 } })] },
      { input: { n: 1 } },
    );
    const before = tale.tokenAt("pay", "running");
    await tale.crashes();
    const after = tale.tokenAt("pay", "running");

    expect(after).toMatchObject({ attempt: 2, key: before.key, input: { n: 1 }, call: 1 });
    await tale.breaks("pay");
    expect(tale.run.status).toBe("waiting");
    await tale.passes(60_000);
    await tale.breaks("pay");
    expect(tale.run.error).toMatchObject({ code: "HTTP_503", attempt: 3 });
  });

  test("counts recoveries per visit: a later visit has its own", async () => {
    const tale = await story({
      nodes: [pay(), { id: "end", type: "end" }],
      edges: [
        ["pay", "pay", { when: "{% $steps.pay.visits < 2 %}" }],
        ["pay", "end"],
      ],
    });
    await tale.crashes();
    await tale.works("pay");
    await tale.crashes();

    expect(tale.tokenAt("pay", "running")).toMatchObject({ visit: 2, attempt: 2, recoveries: 1 });
  });

  test("that fails as WORKER_LOST can be caught like any error", async () => {
    const tale = await story({
      nodes: [pay(), { id: "call", type: "set", with: "somebody" }],
      edges: [["pay", "call", { on: "error", errors: ["WORKER_LOST"] }]],
    });
    for (let crash = 1; crash <= 11; crash++) {
      await tale.crashes();
      if (tale.run.status === "waiting") await tale.passes(60_000);
    }

    expect(tale.run).toMatchObject({ status: "succeeded", output: "somebody" });
  });

  test("may still be answered by the first worker, whose outcome is ignored", async () => {
    const tale = await story({ nodes: [pay()] });
    const zombie = outcomeOf(tale.tokenAt("pay", "running"), "from the dead");
    await tale.crashes();
    await tale.settle(zombie);
    await tale.works("pay", "from the living");

    expect(tale.run.output).toBe("from the living");
    expect(tale.of("tool.returned")).toMatchObject([{ attempt: 1, output: "from the dead" }]);
  });
});

describe("a call that may happen at most once", () => {
  const once = { delivery: "at-most-once" };
  const message = "nobody knows whether attempt 1 of pay happened";
  const error = { code: "OUTCOME_UNKNOWN", message, retryable: false, node: "pay", attempt: 1 };

  test("is unknown when its worker is lost, and is not repeated", async () => {
    await given(contextOf({ nodes: [pay(once)] }), createdAt("pay"), start(1), running)
      .when({ type: "run.advance", driver: DRIVER })
      .yields(
        { type: "step.unknown", ...ids, attempt: 1 },
        { type: "step.failed", ...ids, attempt: 1, error },
        { type: "run.failed", error },
      );
  });

  test("is unknown when its answer is lost, though attempts remain", async () => {
    const tale = await story({ nodes: [pay(once)] });
    await tale.settle(failureOf(tale.tokenAt("pay", "running"), "TIMEOUT", { lost: true }));

    expect(tale.of("step.unknown")).toHaveLength(1);
    expect(tale.of("step.retrying")).toHaveLength(0);
    expect(tale.run.error).toEqual(error);
  });

  test("is tried again after a failure that it is sure of", async () => {
    const tale = await story({ nodes: [pay(once)] });
    await tale.breaks("pay", "HTTP_503");

    expect(tale.run.status).toBe("waiting");
  });

  test("may be at most once by its tool, or at least once by its node", async () => {
    const careful = { charge: { hash: "h", delivery: "at-most-once" } } as const;
    const byTool = await story({ nodes: [pay()] }, { tools: careful });
    await byTool.crashes();
    const byNode = await story({ nodes: [pay({ delivery: "at-least-once" })] }, { tools: careful });
    await byNode.crashes();

    expect(byTool.run.error).toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(byNode.run.status).toBe("running");
  });

  test("can be left to an edge: OUTCOME_UNKNOWN is an error like others", async () => {
    const tale = await story({
      nodes: [pay(once), { id: "look", type: "set", with: "{% $steps.pay.error.code %}" }],
      edges: [["pay", "look", { on: "error", errors: ["OUTCOME_UNKNOWN"] }]],
    });
    await tale.crashes();

    expect(tale.run).toMatchObject({ status: "succeeded", output: "OUTCOME_UNKNOWN" });
  });

  test('is made again under the same key where the author says onUnknown: "retry"', async () => {
    const tale = await story({ nodes: [pay({ ...once, onUnknown: "retry" })] });
    const { key } = tale.tokenAt("pay", "running");
    await tale.crashes();

    expect(tale.of("step.unknown")).toHaveLength(1);
    expect(tale.tokenAt("pay", "running")).toMatchObject({ attempt: 2, key, recoveries: 1 });
    await tale.works("pay", "at last");
    expect(tale.run.output).toBe("at last");
  });

  test("is not repeated without end, even where the author says retry", async () => {
    const crashing = await story({ nodes: [pay({ ...once, onUnknown: "retry" })] });
    for (let crash = 1; crash <= 11; crash++) {
      await crashing.crashes();
      if (crashing.run.status === "waiting") await crashing.passes(60_000);
    }
    const timing = await story({ nodes: [pay({ ...once, onUnknown: "retry" })] });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await timing.breaks("pay", "TIMEOUT", { lost: true });
      expect(timing.run.status).toBe(attempt < 3 ? "waiting" : "failed");
      await timing.passes(60_000);
    }

    expect(crashing.run).toMatchObject({ status: "failed", error: { code: "WORKER_LOST" } });
    expect(timing.run).toMatchObject({ status: "failed", error: { code: "TIMEOUT", attempt: 3 } });
    expect(timing.of("step.unknown")).toHaveLength(3);
  });
});
