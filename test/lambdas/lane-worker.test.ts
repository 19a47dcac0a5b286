import type { SQSRecord } from "aws-lambda";
import { describe, expect, test } from "vitest";
import type { RunKey } from "../../core/ports/queue.ts";
import { HOPS_MAX, type LaneWorkerDeps, workLane } from "../../lambdas/lane-worker.ts";

type Sent = Readonly<{ run: string; hop?: number; received?: number; body?: string }>;

/** A batch, as Lambda gives it: several of one group may be in it. */
function batch(...sent: readonly Sent[]): readonly SQSRecord[] {
  return sent.map(({ run, hop = 0, received = 1, body }, index) => ({
    messageId: `m${index}`,
    receiptHandle: `h${index}`,
    body: body ?? JSON.stringify({ tenant: "ten_1", run, hop, again: 0 }),
    attributes: {
      ApproximateReceiveCount: String(received),
      SentTimestamp: "0",
      SenderId: "x",
      ApproximateFirstReceiveTimestamp: "0",
      MessageGroupId: `ten_1.${run}`,
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-central-1:000000000000:lane.fifo",
    awsRegion: "eu-central-1",
  }));
}

/** Drives that end when they are told to, and what is noticed of them. */
function worker(changes: Partial<LaneWorkerDeps> = {}) {
  const noticed: string[] = [];
  const held = new Map<string, (why: string) => void>();
  const ends = new Map<string, (error?: Error) => void>();
  const deps: LaneWorkerDeps = {
    hold(records, onLost) {
      const run = String(records[0]?.attributes.MessageGroupId).slice("ten_1.".length);
      held.set(run, onLost);
      return {
        done: async () => void noticed.push(`removed ${run} x${records.length}`),
        release: () => void noticed.push(`released ${run}`),
      };
    },
    drive({ runId }: RunKey) {
      noticed.push(`drive ${runId}`);
      const done = new Promise<void>((resolve, reject) => {
        ends.set(runId, (error) => (error ? reject(error) : resolve()));
      });
      const lose = () => {
        noticed.push(`lose ${runId}`);
        ends.get(runId)?.();
      };
      return { poke: () => undefined, lose, done };
    },
    isOwed: async () => false,
    wake: async ({ runId }, { hop }) => void noticed.push(`wake ${runId} hop ${hop}`),
    hasTime: () => true,
    leaveInMs: 600_000,
    chance: () => 0.5,
    log: { info: () => undefined, error: () => undefined },
    ...changes,
  };
  const end = async (run: string, error?: Error) => {
    await expect.poll(() => ends.has(run)).toBe(true);
    ends.get(run)?.(error);
  };
  return { noticed, deps, end, lose: (run: string) => held.get(run)?.("gone") };
}

describe("a batch of wake-ups", () => {
  test("drives its runs at once, and frees each as soon as it rests", async () => {
    const { deps, noticed, end } = worker();

    const working = workLane(deps, batch({ run: "a" }, { run: "b" }));
    await end("b");
    await expect.poll(() => noticed).toEqual(["drive a", "drive b", "removed b x1"]);
    await end("a");

    expect(await working).toEqual({ batchItemFailures: [] });
    expect(noticed.at(-1)).toBe("removed a x1");
  });

  test("leaves it to Lambda to remove the records of the only run there is", async () => {
    const { deps, noticed, end } = worker();

    const working = workLane(deps, batch({ run: "a" }, { run: "a" }));
    await end("a");

    expect(await working).toEqual({ batchItemFailures: [] });
    expect(noticed).toEqual(["drive a", "released a"]);
  });

  test("drives a run once for all of its records, which succeed and fail together", async () => {
    const { deps, noticed, end } = worker();

    const working = workLane(deps, batch({ run: "a" }, { run: "b" }, { run: "a" }, { run: "a" }));
    await end("a", new Error("the table is away"));
    await end("b");

    expect(await working).toEqual({
      batchItemFailures: ["m0", "m2", "m3"].map((itemIdentifier) => ({ itemIdentifier })),
    });
    expect(noticed.filter((one) => one.startsWith("drive"))).toEqual(["drive a", "drive b"]);
    expect(noticed).toContain("removed b x1");
    expect(noticed).not.toContain("removed a x3");
  });

  test("drives what was received before alone, after the others", async () => {
    const { deps, noticed, end } = worker();

    const working = workLane(
      deps,
      batch({ run: "s1", received: 2 }, { run: "a" }, { run: "s2", received: 3 }),
    );
    await end("a");
    await end("s1");
    await end("s2");

    await working;
    expect(noticed).toEqual([
      "drive a",
      "removed a x1",
      "drive s1",
      "removed s1 x1",
      "drive s2",
      "removed s2 x1",
    ]);
  });

  test("leaves to chance which of these comes first", async () => {
    const chances = [0.9, 0.1];
    const { deps, noticed, end } = worker({ chance: () => chances.shift() ?? 0 });

    const working = workLane(deps, batch({ run: "s1", received: 2 }, { run: "s2", received: 2 }));
    await end("s2");
    await end("s1");

    await working;
    expect(noticed.filter((one) => one.startsWith("drive"))).toEqual(["drive s2", "drive s1"]);
  });

  test("gives back what it cannot read, and works on the rest", async () => {
    const { deps, end } = worker();

    const working = workLane(deps, batch({ run: "x", body: "{" }, { run: "a" }));
    await end("a");

    expect(await working).toEqual({ batchItemFailures: [{ itemIdentifier: "m0" }] });
  });
});

describe("a run that is still owed something when the time is over", () => {
  const late = { hasTime: () => false, isOwed: async () => true };

  test("is sent on before its message is removed", async () => {
    const { deps, noticed, end } = worker(late);

    const working = workLane(deps, batch({ run: "a", hop: 4 }, { run: "a", hop: 2 }));
    await end("a");
    await working;

    expect(noticed).toEqual(["drive a", "wake a hop 5", "released a"]);
  });

  test("is not sent on for ever: the sweep wakes it later", async () => {
    const { deps, noticed, end } = worker(late);

    const working = workLane(deps, batch({ run: "a", hop: HOPS_MAX }));
    await end("a");

    expect(await working).toEqual({ batchItemFailures: [] });
    expect(noticed).toEqual(["drive a", "released a"]);
  });

  test("is left as it is when the function is about to end", async () => {
    const { deps, noticed } = worker({ ...late, leaveInMs: 5 });

    const working = await workLane(deps, batch({ run: "a" }));

    expect(working).toEqual({ batchItemFailures: [{ itemIdentifier: "m0" }] });
    expect(noticed).toEqual(["drive a", "lose a", "released a"]);
  });
});

describe("a lease that is lost", () => {
  test("ends its own drive, whose records come again, and no other", async () => {
    const { deps, noticed, end, lose } = worker();

    const working = workLane(deps, batch({ run: "a" }, { run: "b" }));
    await expect.poll(() => noticed).toContain("drive a");
    lose("a");
    await end("b");

    expect(await working).toEqual({ batchItemFailures: [{ itemIdentifier: "m0" }] });
    expect(noticed).not.toContain("lose b");
    expect(noticed).toContain("released a");
  });
});
