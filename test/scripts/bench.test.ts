import { beforeAll, describe, expect, test } from "vitest";
import { startNode } from "../../scripts/support/proc.ts";

type Line = Readonly<Record<string, number>> & Readonly<{ bench: string }>;
type Shape = Readonly<Record<string, unknown>>;

const QUICK_MS_MAX = 120_000;

let lines: readonly (Line & Shape)[] = [];
const of = (bench: string) => lines.filter((line) => line.bench === bench);

/** One short run of the whole bench; its times are never looked at, only its counts. */
beforeAll(async () => {
  const bench = startNode("scripts/bench.ts", ["--quick"]);
  const { code } = await bench.exited;
  if (code !== 0) throw new Error(bench.output());
  const printed = bench.output().split("\n");
  lines = printed.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Line);
}, QUICK_MS_MAX);

describe("the bench", () => {
  test("says what machine it ran on, and what its disk takes for one fsync", () => {
    expect(of("machine")).toEqual([
      expect.objectContaining({
        node: process.version,
        processors: expect.any(Number) as number,
        disk: {
          isMemory: expect.any(Boolean) as boolean,
          fsyncP50Ms: expect.any(Number) as number,
          fsyncP99Ms: expect.any(Number) as number,
        },
      }),
    ]);
  });

  test("runs ten steps with 1, 16 and 64 in flight, and all succeed", () => {
    const levels = of("ten-steps");

    expect(levels.map(({ inFlight }) => inFlight)).toEqual([1, 16, 64]);
    for (const { runs, errors, runsPerS, stepsPerS, cpuSPer1000Steps } of levels) {
      expect(errors).toBe(0);
      expect(runs).toBeGreaterThan(0);
      expect(stepsPerS).toBeGreaterThan(runsPerS ?? 0);
      expect(cpuSPer1000Steps).toBeGreaterThan(0);
    }
    expect(levels.at(-1)?.["ratio"]).toEqual({
      runsPerS: expect.any(Number) as number,
      cpuSPer1000Steps: expect.any(Number) as number,
    });
  });

  test("counts a write a step, one for the start and one for the end, and an fsync for each", () => {
    const [alone, some, many] = of("ten-steps");

    for (const level of [alone, some, many]) {
      // One more for the signature of its head, after its end. And once a second the server notes
      // how far it has told the world.
      // Twelve of the run, one of the signature of its head, one of the audit of its start.
      expect(level?.["writesPerRun"]).toBeLessThanOrEqual(14.2);
      expect(level?.["writesPerRun"]).toBeGreaterThanOrEqual(11);
      expect(level?.["transactionsPerRun"]).toBeLessThanOrEqual(2);
    }
    // Nobody else's write can share the fsync of a run that is alone.
    expect(alone?.["fsyncsPerWrite"]).toBeGreaterThan(0.9);
    expect(many?.["fsyncsPerWrite"]).toBeLessThan(0.5);
  });

  test("finds the commit of a step in the middle to be one write unit", () => {
    expect(of("ten-steps-stored")).toEqual([
      expect.objectContaining({ commitsPerRun: 12, middleCommitWriteUnits: 1 }),
    ]);
  });

  test("answers approvals and events one after the other", () => {
    const signals = of("signal-to-done");

    expect(signals.map(({ signal }) => signal)).toEqual(["approval", "event", "event-then-step"]);
    for (const { count, p50Ms, p99Ms } of signals) {
      expect(count).toBe(20);
      expect(p50Ms).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms ?? 0);
    }
  });

  test("finds that a run that waits takes less than 4 KB on disk", () => {
    const kinds = of("waiting");

    expect(kinds.map(({ waitsFor }) => waitsFor)).toEqual(["event", "approval"]);
    for (const { runs, diskBytesPerWaitingRun } of kinds) {
      expect(runs).toBe(100);
      expect(diskBytesPerWaitingRun).toBeLessThan(4096);
    }
  });

  test("finds every interrupted run again after SIGKILL, and each effect once", () => {
    const [recovery] = of("recovery");

    expect(recovery).toMatchObject({
      runs: 20,
      succeeded: 20,
      callingAgain: 20,
      callsRepeated: 20,
      effects: 200,
      effectsExpected: 200,
    });
    expect(recovery?.["effectsBefore"]).toBeLessThan(200);
  });
});
