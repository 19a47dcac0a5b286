import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { difference, imported, outputOf, recordedCases, run } from "./recorded-case.ts";

const cases = recordedCases();
const translated = cases.flatMap((recorded) => {
  const document = imported(recorded);
  return Array.isArray(document) ? [] : [{ recorded, document: document as JsonObject }];
});

const STATUS: Readonly<Record<string, string>> = {
  SUCCEEDED: "succeeded",
  FAILED: "failed",
  ABORTED: "cancelled",
};

describe("a state machine that AWS has run", () => {
  test.each(translated.map(({ recorded, document }) => [recorded.id, recorded, document] as const))(
    "ends here as it did there: %s",
    async (_, recorded, document) => {
      const ended = await run(recorded, document);

      const { status, error } = recorded.expect;
      expect(ended).toMatchObject({ status: STATUS[status] });
      if (status === "SUCCEEDED")
        expect(difference(ended.output, outputOf(recorded))).toBeUndefined();
      if (typeof error === "string") expect(ended.code).toBe(error);
    },
  );

  test("is imported in most cases, and otherwise refused by name", () => {
    const refused = new Map<string, number>();
    for (const recorded of cases) {
      const found = imported(recorded);
      if (!Array.isArray(found)) continue;
      const [first] = found as { code: string; message: string; path: string }[];
      const why = `${first?.code} ${first?.path.split(".").at(-1)}: ${first?.message}`;
      refused.set(why, (refused.get(why) ?? 0) + 1);
    }
    const share = translated.length / cases.length;
    console.info(
      `${translated.length} of ${cases.length} recorded state machines import (${(share * 100).toFixed(1)} %)`,
    );
    for (const [why, count] of refused) console.info(`  ${count} × ${why}`);

    expect(share).toBeGreaterThan(0.8);
  });
});
