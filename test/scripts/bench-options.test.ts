import { describe, expect, test } from "vitest";
import { type Options, readOptions } from "../../scripts/bench/options.ts";

function options(...args: string[]): Options {
  const read = readOptions(args);
  if (!read.ok) throw new Error(read.fault);
  return read.options;
}

describe("the options of the bench", () => {
  test("are everything at full size when nothing is said", () => {
    expect(options()).toMatchObject({
      only: ["ten-steps", "signals", "waiting", "recovery", "long-run"],
      measureMs: 10_000,
      waitingRuns: 5_000,
      interruptedRuns: 200,
    });
  });

  test("can be small, one bench alone, and as long as one likes", () => {
    const given = options("--quick", "--only", "recovery", "--only", "signals", "--seconds", "0.5");

    expect(given).toMatchObject({ only: ["recovery", "signals"], measureMs: 500 });
    expect(given.waitingRuns).toBeLessThan(1_000);
    expect(options("--folder", "/somewhere").parentFolder).toBe("/somewhere");
  });

  test.each([
    [["--only", "nothing"], /no bench "nothing".*ten-steps/],
    [["--seconds", "soon"], /--seconds must be.*"soon"/],
    [["--seconds", "0"], /--seconds must be/],
    [["--fast"], /--fast/],
    [["ten-steps"], /ten-steps/],
  ])("are refused with a sentence: %j", (args, sentence) => {
    const read = readOptions(args);

    expect(read).toEqual({ ok: false, fault: expect.stringMatching(sentence) as string });
  });
});
