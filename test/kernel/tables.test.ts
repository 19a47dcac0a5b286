// oxlint-disable unicorn/no-thenable -- `then` is a word of the language
import { describe, expect, test } from "vitest";
import { feelRules } from "../../adapters/rules/feel-rules.ts";
import { decimalSum } from "../../core/kernel/decimal.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import type { Found, Need } from "../../core/kernel/needs.ts";
import { hitPolicyOf } from "../../core/kernel/table.ts";
import { story } from "./story.ts";

const feel = feelRules();

function found(need: Need): Found | undefined {
  if (need.kind !== "rules") return undefined;
  const matches = feel.match(need.cells, need.input);
  return matches.ok ? { ok: true, value: matches.matched as unknown as Json } : matches;
}

async function decided(table: JsonObject, input: Json) {
  const tale = await story(
    { nodes: [{ id: "r", type: "rules", with: "{% $input %}", table }] },
    { input, found },
  );
  return tale.run;
}

const RULES = [
  { when: ["> 10"], then: ["low", 1] },
  { when: ["> 20"], then: ["high", 2], annotation: "more than twenty" },
  { when: ["> 30"], then: ["high", 2] },
];
const table = (hitPolicy: string, more: JsonObject = {}): JsonObject => ({
  hitPolicy,
  inputs: ["x"],
  outputs: [{ name: "level", values: ["high", "low"] }, "n"],
  rules: RULES,
  ...more,
});
const sums = (aggregate: string, values: readonly Json[]): JsonObject => ({
  hitPolicy: "collect",
  aggregate,
  inputs: ["x"],
  outputs: ["n"],
  rules: values.map((value) => ({ when: ["> 0"], then: [value] })),
});

describe("hit policies", () => {
  test.each<[string, number, Json, readonly number[]]>([
    ["unique", 15, { level: "low", n: 1 }, [1]],
    ["unique", 5, null, []],
    ["first", 35, { level: "low", n: 1 }, [1]],
    ["priority", 25, { level: "high", n: 2 }, [2]],
    [
      "collect",
      25,
      [
        { level: "low", n: 1 },
        { level: "high", n: 2 },
      ],
      [1, 2],
    ],
    [
      "rule order",
      25,
      [
        { level: "low", n: 1 },
        { level: "high", n: 2 },
      ],
      [1, 2],
    ],
    [
      "output order",
      25,
      [
        { level: "high", n: 2 },
        { level: "low", n: 1 },
      ],
      [2, 1],
    ],
    ["collect", 5, [], []],
  ])("%s of %i", async (policy, x, outcome, rules) => {
    const { output } = await decided(table(policy), { x });

    expect(output).toMatchObject({ outcome, rules: rules.map((rule) => ({ rule })) });
  });

  test.each(["unique", "any"])(
    "%s: rules that must not match together are an error",
    async (policy) => {
      const { error } = await decided(table(policy), { x: 25 });

      expect(error).toMatchObject({ code: "RULES_CONFLICT", node: "r" });
      expect(error?.message).toContain("rules 1, 2");
    },
  );

  test("any: rules that agree are one outcome, and all are on record", async () => {
    const { output } = await decided(table("any", { rules: RULES.slice(1) }), { x: 40 });

    expect(output).toEqual({
      outcome: { level: "high", n: 2 },
      rules: [{ rule: 1, annotation: "more than twenty" }, { rule: 2 }],
    });
  });

  test.each<[string, readonly Json[], Json]>([
    ["sum", [0.1, 0.2, 0.3], 0.6],
    ["sum", [1, -2], -1],
    ["min", [3, 1, 2], 1],
    ["max", [3, 1, 2], 3],
    ["count", ["a", "b"], 2],
  ])("collect by %s of %j is %j", async (aggregate, values, n) => {
    const { output } = await decided(sums(aggregate, values), { x: 1 });

    expect(output).toMatchObject({ outcome: { n } });
  });

  test("collect by sum of nothing is null, by count 0, of a text an error", async () => {
    expect((await decided(sums("sum", [1]), { x: 0 })).output).toMatchObject({
      outcome: { n: null },
    });
    expect((await decided(sums("count", [1]), { x: 0 })).output).toMatchObject({
      outcome: { n: 0 },
    });
    expect((await decided(sums("sum", ["a"]), { x: 1 })).error).toMatchObject({
      code: "RULES_CONFLICT",
    });
  });

  test.each(["RULE_ORDER", "ruleOrder", "Rule Order", "rule-order"])("%s is rule order", (name) => {
    expect(hitPolicyOf(name)).toBe("rule order");
  });
});

test("What a table cannot work out in time is an error that an edge takes", async () => {
  const slow = { when: ["-"], then: [{ feel: "for i in 1..1000000000 return i" }] };
  const tale = await story(
    {
      nodes: [
        {
          id: "r",
          type: "rules",
          with: {},
          table: { inputs: ["x"], outputs: ["n"], rules: [slow] },
        },
        { id: "late", type: "set", with: "{% $steps.r.error.code %}" },
      ],
      edges: [["r", "late", { on: "error" }]],
    },
    { found },
  );

  expect(tale.run.output).toBe("TIMEOUT");
});

test.each<[readonly number[], number]>([
  [[], 0],
  [[0.1, 0.2], 0.3],
  [[1e21, 1], 1e21],
  [[-0.1, -0.2], -0.3],
  [[1e-7, 1], 1.0000001],
  [[0.5, -0.5], 0],
  [[5e-324, 1], 1],
])("The sum of %j is %d", (numbers, sum) => {
  expect(decimalSum(numbers)).toBe(sum);
});
