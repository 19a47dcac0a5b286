import { expect, test } from "vitest";
import { ratios } from "../../scripts/bench/report.ts";

test("a ratio of 1 holds the bar exactly, and more is better, whichever way the bar counts", () => {
  expect(ratios({ runsPerS: 1_000, signalToDoneMs: 2 })).toEqual({
    runsPerS: 1,
    signalToDoneMs: 1,
  });
  expect(ratios({ runsPerS: 500, signalToDoneMs: 1 })).toEqual({
    runsPerS: 0.5,
    signalToDoneMs: 2,
  });
});

test("a figure of nothing has no ratio to an upper bar", () => {
  expect(ratios({ diskBytesPerWaitingRun: 0 })).toEqual({ diskBytesPerWaitingRun: null });
});
