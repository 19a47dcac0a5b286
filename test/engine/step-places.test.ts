import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stepsOfWorker, workersOf } from "../../core/engine/people/worker-share.ts";
import { stepPlaces } from "../../core/engine/step-places.ts";
import { stepShare } from "../../core/engine/step-share.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("places for steps", () => {
  test("go to whoever has waited longest, and to no one who has just come", async () => {
    const places = stepPlaces();
    const order: string[] = [];
    expect(places.take("ten_1", 5, 2)).toBe(2);
    for (const name of ["a", "b", "c"]) {
      void places.wait("ten_1", 2).granted.then(() => order.push(name));
    }

    places.give("ten_1", 1);
    await turn();
    const late = places.take("ten_1", 1, 2);
    places.give("ten_1", 1);
    await turn();

    expect([order, late]).toEqual([["a", "b"], 0]);
  });

  test("that were granted to one who left go to the next", async () => {
    const places = stepPlaces();
    places.take("ten_1", 1, 1);
    const first = places.wait("ten_1", 1);
    const second = places.wait("ten_1", 1);
    places.give("ten_1", 1);
    await first.granted;

    first.leave();

    await second.granted;
    expect(places.take("ten_1", 1, 1)).toBe(0);
    second.leave();
    expect(places.take("ten_1", 1, 1)).toBe(1);
  });

  test("that were given back between the look and the wait are not missed", async () => {
    const places = stepPlaces();
    places.take("ten_1", 2, 2);
    places.give("ten_1", 2);

    await places.wait("ten_1", 2).granted;

    expect(places.take("ten_1", 2, 2)).toBe(1);
  });

  test("of one tenant are no other's", () => {
    const places = stepPlaces();
    places.take("ten_1", 3, 3);

    expect(places.take("ten_2", 3, 3)).toBe(3);
  });

  test("are never more than there are, whatever drives come and go", async () => {
    const steps = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), steps, async (max, drives) => {
        const places = stepPlaces();
        let inFlight = 0;
        let most = 0;
        const drive = async (todo: number) => {
          const share = stepShare({ places, stepsMaxOf: async () => max }, "ten_1");
          let calls = 0;
          for (let left = todo; left > 0; ) {
            const may = await share.most(calls, 64);
            const begun = Math.min(left, may - calls);
            calls += begun;
            inFlight += begun;
            most = Math.max(most, inFlight);
            share.settle(calls);
            if (begun === 0) await share.freed();
            await turn();
            left -= begun;
            inFlight -= begun;
            calls -= begun;
          }
          share.end();
        };

        await Promise.all(drives.map(drive));

        expect(most).toBeLessThanOrEqual(max);
        expect(places.take("ten_1", max, max)).toBe(max);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the workers of a tenant's own lane", () => {
  test.each([2, 3, 10, 19, 20, 100, 5_000, 20_000])(
    "together carry out at most %d steps",
    (max) => {
      const together = workersOf(max) * stepsOfWorker(max, "dedicated");

      expect(together).toBeLessThanOrEqual(max);
      expect(together).toBeGreaterThan(max / 2 - 1);
    },
  );

  test("are two at least, so that a limit of one is kept as two", () => {
    expect(workersOf(1) * stepsOfWorker(1, "dedicated")).toBe(2);
    expect(stepsOfWorker(0, "dedicated")).toBe(0);
  });
});
