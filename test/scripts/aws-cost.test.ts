import { expect, test } from "vitest";
import { awsCost } from "../../scripts/bench/aws-cost.ts";

test("ten steps cost at most 2.4 write units and two dollars a million, on a busy lane", async () => {
  const { writeUnitsPerStep, usdPerMillionSteps, ...cost } = await awsCost(10, 10);

  expect(writeUnitsPerStep).toBeLessThanOrEqual(2.4);
  expect(usdPerMillionSteps).toBeLessThanOrEqual(2);
  expect(cost.middleWriteUnitsMax).toBe(1);
});

test("a step costs no more in a run of 100 or of 1,000 steps than in one of ten", async () => {
  const ten = await awsCost(10, 1);

  for (const steps of [100, 1_000]) {
    const long = await awsCost(steps, 1);
    expect(long.usdPerMillionSteps, `${steps} steps`).toBeLessThanOrEqual(ten.usdPerMillionSteps);
    expect(long.writeUnitsPerStep, `${steps} steps`).toBeLessThanOrEqual(ten.writeUnitsPerStep);
    expect(long.middleWriteUnitsMax, `${steps} steps`).toBe(1);
  }
});
