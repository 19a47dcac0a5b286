import { describe, expect, test } from "vitest";
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
const undo = (id: string, of: string, more = {}) =>
  call(id, { with: `{% $steps.${of}.output %}`, ...more });

/** Two steps that can be undone, and one that cannot. */
const TRIP: Sketch = {
  nodes: [
    call("hotel", { compensate: "leave" }),
    call("flight", { compensate: "refund" }),
    call("pay"),
    undo("leave", "hotel"),
    undo("refund", "flight"),
  ],
  edges: [
    ["hotel", "flight"],
    ["flight", "pay"],
  ],
};

async function atPay() {
  const tale = await story(TRIP);
  await tale.works("hotel", "H-1");
  await tale.works("flight", "F-1");
  return tale;
}

describe("a run that fails", () => {
  test("undoes the steps that succeeded, the last one first, and then has failed", async () => {
    const tale = await atPay();
    await tale.breaks("pay", "HTTP_402");

    expect(tale.run).toMatchObject({ status: "running", undoing: { error: { code: "HTTP_402" } } });
    expect(tale.calling()).toEqual(["refund"]);
    expect(tale.tokenAt("refund", "running")).toMatchObject({ input: "F-1", undoes: "flight.1" });
    await tale.works("refund");
    expect(tale.calling()).toEqual(["leave"]);
    expect(tale.tokenAt("leave", "running").input).toBe("H-1");
    await tale.works("leave");

    expect(tale.run).toMatchObject({ status: "failed", error: { code: "HTTP_402", node: "pay" } });
    expect(await tale.retries()).toEqual({ type: "rejected", reason: "run_undone" });
  });

  test("with nothing to undo fails at once, and can be retried", async () => {
    const tale = await story(TRIP);
    await tale.breaks("hotel");

    expect(tale.run.status).toBe("failed");
    await tale.retries();
    await tale.works("hotel", "H-1");
    await tale.breaks("flight");
    expect(tale.calling()).toEqual(["leave"]);
  });

  test("tries to undo again as its node says, and goes on when that is no use", async () => {
    const retry = { maxAttempts: 2, backoff: { initial: "PT1S", jitter: "none" } };
    const [hotel, flight, pay, leave, refund] = TRIP.nodes as never[];
    const again = Object.assign({}, refund, { retry });
    const tale = await story({ ...TRIP, nodes: [hotel, flight, pay, leave, again] as never });
    await tale.works("hotel");
    await tale.works("flight");
    await tale.breaks("pay");
    await tale.breaks("refund");
    expect(tale.run.status).toBe("waiting");
    await tale.passes(1_000);
    await tale.drive();
    await tale.breaks("refund");

    expect(tale.of("step.failed").at(-1)).toMatchObject({ node: "refund", undoes: "flight.1" });
    expect(tale.calling()).toEqual(["leave"]);
    await tale.works("leave");
    expect(tale.run).toMatchObject({ status: "failed", error: { node: "pay" } });
  });

  test("undoes each visit of a loop with what that visit came to", async () => {
    const tale = await story({
      nodes: [call("a", { compensate: "u" }), call("z"), undo("u", "a")],
      edges: [
        ["a", "a", { when: "{% $steps.a.visits < 3 %}" }],
        ["a", "z"],
      ],
    });
    for (const output of [1, 2, 3]) await tale.works("a", output);
    await tale.breaks("z");
    const inputs: unknown[] = [];
    while (tale.calling().includes("u")) {
      inputs.push(tale.tokenAt("u", "running").input);
      await tale.works("u");
    }

    expect(inputs).toEqual([3, 2, 1]);
    expect(tale.run.status).toBe("failed");
  });

  test("awaits a call in flight that could be undone, and undoes it if it succeeds", async () => {
    const sketch: Sketch = {
      nodes: [
        { id: "go", type: "set", split: "all" },
        call("a", { compensate: "ua" }),
        call("b"),
        call("c"),
        undo("ua", "a"),
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["go", "c"],
      ],
    };
    const tale = await story(sketch);
    await tale.breaks("b");

    expect(tale.calling()).toEqual(["a"]);
    expect(tale.of("step.cancelled")).toMatchObject([{ node: "c" }]);
    await tale.works("a", "late");
    expect(tale.tokenAt("ua", "running").input).toBe("late");
    await tale.works("ua");
    expect(tale.run.status).toBe("failed");

    const other = await story(sketch);
    await other.breaks("b");
    await other.breaks("a", "HTTP_400");
    expect(other.run).toMatchObject({ status: "failed", error: { node: "b" } });

    const lost = await story(sketch);
    await lost.breaks("b");
    await lost.breaks("a", "TIMEOUT", { lost: true });
    expect(lost.of("step.unknown")).toHaveLength(1);
    expect(lost.of("step.failed").at(-1)?.error.code).toBe("OUTCOME_UNKNOWN");
    expect(lost.run.status).toBe("failed");
  });
});

describe("a run that is cancelled", () => {
  test("with compensate undoes what it did, and is cancelled then, never failed", async () => {
    const tale = await atPay();
    await tale.undoes("ordered twice");
    expect(tale.calling()).toEqual(["refund"]);
    const { seq } = tale.run;
    await tale.cancels();
    expect(tale.run.seq).toBe(seq);

    await tale.breaks("refund");
    await tale.works("leave");

    expect(tale.run.status).toBe("cancelled");
    expect(tale.events().at(-1)).toEqual({ type: "run.cancelled", reason: "ordered twice" });
  });

  test("without it starts nothing any more", async () => {
    const tale = await atPay();
    await tale.cancels();

    expect(tale.run.status).toBe("cancelled");
    expect(tale.of("step.started").filter(({ undoes }) => undoes)).toEqual([]);
  });

  test("with compensate and nothing done is cancelled at once", async () => {
    const tale = await story({ nodes: [{ id: "w", type: "wait", for: "P1D" }] });
    await tale.undoes();
    expect(tale.run.status).toBe("cancelled");
  });

  test("goes on undoing when a worker is lost, and waits while it is paused", async () => {
    const tale = await atPay();
    await tale.undoes();
    await tale.crashes();
    expect(tale.tokenAt("refund", "running")).toMatchObject({ attempt: 2, recoveries: 1 });
    await tale.pauses();
    await tale.works("refund");
    expect(tale.calling()).toEqual([]);
    await tale.resumes();
    expect(tale.calling()).toEqual(["leave"]);
    await tale.works("leave");
    expect(tale.run.status).toBe("cancelled");
  });
});
