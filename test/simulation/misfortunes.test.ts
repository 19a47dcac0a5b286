import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { NODE_FIELDS } from "../../core/kernel/node-fields.ts";
import { chain } from "../support/given.ts";
import type { Sketch } from "../support/given-sketch.ts";
import { misfortuneAt } from "../support/simulation.ts";
import { call, FLOWS } from "../support/simulation-node-flows.ts";

test("Each type of node is in a flow that is tried", () => {
  const types = new Set(Object.values(FLOWS).flatMap(({ nodes }) => nodes.map(({ type }) => type)));

  // An end that does nothing is in the loop, and one that terminates has a flow of its own.
  expect(Object.keys(NODE_FIELDS).filter((type) => !types.has(type))).toEqual([]);
});

describe("a process that dies before or after any of its writes", () => {
  test.each(Object.entries(FLOWS))(
    "leaves a run that is finished as if nothing had been, with each effect once: %s",
    async (_, flow) => {
      const whole = await misfortuneAt(flow, 0, "throttle");
      expect(whole).toMatchObject({ violations: [], crashes: 0 });
      expect(Object.keys(whole.statuses)).toEqual(["succeeded"]);
      expect(whole.writes).toBeGreaterThan(0);
      const wrong: unknown[] = [];
      for (let write = 1; write <= whole.writes; write++) {
        for (const when of ["die before", "die after"] as const) {
          const { violations, crashes, statuses, effects } = await misfortuneAt(flow, write, when);
          const same =
            isDeepStrictEqual(statuses, whole.statuses) &&
            crashes === 1 &&
            effects === whole.effects;
          if (!same || violations.length > 0) {
            wrong.push({ write, when, violations, crashes, statuses, effects });
          }
        }
      }

      expect(wrong).toEqual([]);
    },
  );

  test("leaves a call that may happen at most once either done once or unknown", async () => {
    const flow = chain(call("a"), call("b", "once"), call("c"));
    const whole = await misfortuneAt(flow, 0, "throttle");
    const codes = new Set<string>();
    for (let write = 1; write <= whole.writes; write++) {
      for (const when of ["die before", "die after"] as const) {
        const told = await misfortuneAt(flow, write, when);
        expect(told.violations).toEqual([]);
        for (const code of told.codes) codes.add(code);
      }
    }

    expect([...codes]).toEqual(["OUTCOME_UNKNOWN"]);
  });
});

describe("a write that is throttled, or whose answer is lost,", () => {
  test.each(Object.entries(FLOWS))(
    "is made again and counts once: nothing is done twice, and nothing is taken over: %s",
    async (_, flow) => {
      const whole = await misfortuneAt(flow, 0, "throttle");
      const wrong: unknown[] = [];
      for (let write = 1; write <= whole.writes; write++) {
        for (const fate of ["throttle", "lose answer"] as const) {
          const told = await misfortuneAt(flow, write, fate);
          const { violations, calls, effects, recoveries, statuses } = told;
          const isCalm = mayBeTakenOver(flow) || (calls === effects && recoveries === 0);
          const same =
            isCalm && isDeepStrictEqual(statuses, whole.statuses) && effects === whole.effects;
          if (!same || violations.length > 0) wrong.push({ write, fate, ...told });
        }
      }

      expect(wrong).toEqual([]);
    },
  );
});

/**
 * A driver ends whose write to a row between a run and its child fails, and so does the call that
 * it has under way: the next one makes it again, under its key.
 */
function mayBeTakenOver({ nodes }: Sketch): boolean {
  return nodes.some(({ type }) => type === "subflow");
}
