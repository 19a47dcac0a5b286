import { describe, expect, test } from "vitest";
import { type Simulated, simulate } from "../support/simulation.ts";

/** Histories that are told each time; `npm run simulate` tells any others. */
const SEEDS = Array.from({ length: 300 }, (_, index) => index + 1);
const TOGETHER = 20;

/** What a failure shows: enough to tell the same history again, by `npm run simulate -- --seed`. */
async function wrongIn(seed: number): Promise<readonly string[]> {
  const { violations } = await simulate(seed);
  return violations.map((violation) => `seed ${seed}: ${violation}`);
}

/** A test tells many histories, and a machine that does other work takes its time for them. */
const PATIENCE_MS = 180_000;

describe("a history in which everything goes wrong that can", { timeout: PATIENCE_MS }, () => {
  const groups = SEEDS.filter((_, index) => index % TOGETHER === 0);

  test.each(groups)("breaks no promise, and ends every run, from seed %i on", async (first) => {
    const wrong: string[] = [];
    for (let seed = first; seed < first + TOGETHER; seed++) wrong.push(...(await wrongIn(seed)));

    expect(wrong).toEqual([]);
  });

  test("is the same again from the same seed, and another one from another", async () => {
    const first = await simulate(7);

    expect(await simulate(7)).toEqual(first);
    expect((await simulate(8)).digest).not.toBe(first.digest);
  });

  test("is worth telling: processes die, calls are repeated, runs end in every way", async () => {
    const told: Simulated[] = [];
    for (const seed of SEEDS.slice(0, 60)) told.push(await simulate(seed));
    const sum = (count: (one: Simulated) => number) =>
      told.reduce((total, one) => total + count(one), 0);

    expect(sum(({ crashes }) => crashes)).toBeGreaterThan(100);
    expect(sum(({ calls }) => calls)).toBeGreaterThan(sum(({ effects }) => effects));
    expect(sum(({ retries }) => retries)).toBeGreaterThan(10);
    for (const status of ["succeeded", "failed", "cancelled"]) {
      expect(
        sum(({ statuses }) => statuses[status] ?? 0),
        status,
      ).toBeGreaterThan(2);
    }
  });
});
