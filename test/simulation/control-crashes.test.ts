import { describe, expect, test } from "vitest";
import { misfortuneAt } from "../support/simulation.ts";
import { FLOWS } from "../support/simulation-node-flows.ts";
import { CONTROLS } from "../support/simulation-operators.ts";

describe.each(CONTROLS)(
  "a process that dies at any write while an operator gives: %s",
  (control) => {
    test.each(Object.entries(FLOWS))("breaks no promise, and the run ends: %s", async (_, flow) => {
      const whole = await misfortuneAt(flow, 0, "throttle", control);
      expect(whole).toMatchObject({ violations: [], crashes: 0 });
      const wrong: unknown[] = [];
      for (let write = 1; write <= whole.writes; write++) {
        for (const fate of ["die before", "die after"] as const) {
          const { violations } = await misfortuneAt(flow, write, fate, control);
          if (violations.length > 0) wrong.push({ write, fate, violations });
        }
      }

      expect(wrong).toEqual([]);
    });
  },
);
