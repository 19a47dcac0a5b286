import { describe, expect, test } from "vitest";
import { percentile, stopwatch, summary } from "../../scripts/support/stats.ts";

describe("a summary of samples", () => {
  test("gives the median, the 99th percentile and the greatest, in any order", () => {
    const samples = Array.from({ length: 100 }, (_, i) => 100 - i);

    expect(summary(samples)).toEqual({ count: 100, mean: 50.5, p50: 50, p99: 99, max: 100 });
    expect(percentile([3, 1, 2], 1)).toBe(3);
  });

  test("of nothing is zero, not an error", () => {
    expect(summary([])).toEqual({ count: 0, mean: 0, p50: 0, p99: 0, max: 0 });
  });
});

describe("a stopwatch", () => {
  test("hands through what the work gives, and counts it only when it succeeds", async () => {
    const watch = stopwatch();

    expect(await watch.time(async () => 7)).toBe(7);
    await expect(watch.time(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");

    expect(watch.samples()).toHaveLength(1);
  });
});
