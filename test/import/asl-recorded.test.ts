import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { differenceOf, imported, recordedCases, run } from "./recorded-case.ts";

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
      expect(ended.status).toBe(STATUS[status]);
      expect(status === "SUCCEEDED" ? differenceOf(ended, recorded) : undefined).toBeUndefined();
      expect(typeof error === "string" ? ended.code : error).toBe(error);
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
    const lines = [...refused].map(([why, count]) => `  ${count} × ${why}`);
    const told = `${translated.length} of ${cases.length} recorded state machines import`;
    process.stdout.write(`${told} (${(share * 100).toFixed(1)} %)\n${lines.join("\n")}\n`);

    expect(share).toBeGreaterThan(0.8);
  });
});
