import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rateRefusal, startRate } from "../../core/engine/start-rate.ts";
import { memoryTable } from "../support/memory-table.ts";

const MINUTE = 60_000;
const T0 = 1_000 * MINUTE;

/** Starts as fast as it may, and says when each was let through. */
function starter(limit: number) {
  const table = memoryTable();
  const times: number[] = [];
  return {
    times,
    start: async (now: number): Promise<boolean> => {
      const { take, rate } = await startRate(table, "ten_1", limit, now);
      const { ok } = await table.write([take]);
      expect(ok).toBe(rate.remaining > 0);
      if (ok) times.push(now);
      return ok;
    },
    rate: async (now: number) => (await startRate(table, "ten_1", limit, now)).rate,
  };
}

describe("startsPerMinute", () => {
  test("lets as many through in a minute as it says, and the next when it says", async () => {
    const { start, rate } = starter(5);

    const answers: boolean[] = [];
    for (let n = 0; n < 6; n++) answers.push(await start(T0 + n * 100));

    expect(answers).toEqual([true, true, true, true, true, false]);
    const { resetMs } = await rate(T0 + 600);
    expect(await start(T0 + 600 + resetMs - 1_000)).toBe(false);
    expect(await start(T0 + 600 + resetMs)).toBe(true);
  });

  test("does not let twice as many through where two minutes meet", async () => {
    const { start, times } = starter(10);
    for (let n = 0; n < 20; n++) await start(T0 + 59_000 + n);

    for (let n = 0; n < 20; n++) await start(T0 + 60_000 + n);

    expect(times).toHaveLength(10);
  });

  test("is never passed by processes that look at the same instant", async () => {
    const table = memoryTable();
    const looks = await Promise.all(
      Array.from({ length: 40 }, () => startRate(table, "ten_1", 7, T0)),
    );

    const written = await Promise.all(looks.map(({ take }) => table.write([take])));

    expect(written.filter(({ ok }) => ok)).toHaveLength(7);
  });

  test("is a window of its own for each tenant", async () => {
    const table = memoryTable();
    const ours = await startRate(table, "ten_1", 1, T0);
    await table.write([ours.take]);

    expect((await startRate(table, "ten_1", 1, T0)).rate.remaining).toBe(0);
    expect((await startRate(table, "ten_2", 1, T0)).rate.remaining).toBe(1);
  });

  test("that is zero lets none through, and says to come again in a minute", async () => {
    const { rate, start } = starter(0);

    expect(await start(T0)).toBe(false);
    expect(rateRefusal(await rate(T0)).refusal).toMatchObject({ retryAfterMs: MINUTE });
  });

  test("with even starts, is kept in every minute; and who waits as told gets through", async () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), gaps, async (limit, steps) => {
        const { start, rate } = starter(limit);
        let now = T0;
        for (const step of steps) {
          now += step;
          if (await start(now)) continue;
          now += (await rate(now)).resetMs;
          expect(await start(now)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});
