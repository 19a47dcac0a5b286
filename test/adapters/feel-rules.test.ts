import { describe, expect, test } from "vitest";
import { feelRules } from "../../adapters/rules/feel-rules.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";

const rules = feelRules();

function holds(cell: string, value: Json, more: JsonObject = {}): boolean {
  const cells = { inputs: ["x"], firstOnly: false, rules: [{ when: [cell], values: [] }] };
  const matches = rules.match(cells, { x: value, ...more });
  if (!matches.ok) throw new Error(matches.message);
  return matches.matched.length === 1;
}

function valueOf(feel: string, input: JsonObject = {}) {
  const cells = { inputs: [], firstOnly: false, rules: [{ when: [], values: [{ feel }] }] };
  const matches = rules.match(cells, input);
  return matches.ok ? matches.matched[0]?.values[0] : matches;
}

describe("a cell of an input", () => {
  test.each<[string, Json, boolean]>([
    ["-", null, true],
    ["> 5", 6, true],
    ["> 5", 5, false],
    ["[1..5]", 5, true],
    ["[1..5)", 5, false],
    ['"gold", "silver"', "silver", true],
    ['not("gold")', "gold", false],
    ["true", true, true],
    ["null", null, true],
    ["> 5", null, false],
    ["> 5", "six", false],
    ["0.3", 0.1 + 0.2, true],
    ['contains(?, "ab")', "xabx", true],
    ["> limit", 5, true],
  ])("%s of %j: %j", (cell, value, is) => {
    expect(holds(cell, value, { limit: 4 })).toBe(is);
  });
});

describe("a cell of an output", () => {
  test.each<[string, Json]>([
    ["0.1 + 0.2", 0.3],
    ["price * 1.1", 3.3],
    ["for n in 1..3 return n", [1, 2, 3]],
    ['date("2026-01-31")', "2026-01-31"],
    ["nothing", null],
    ["price.constructor", null],
    ["__proto__", null],
  ])("%s is %j", (feel, value) => {
    expect(valueOf(feel, { price: 3 })).toEqual(value);
  });

  test.each([
    ["for i in 1..1000000000 return i"],
    ["every i in 1..1000000000 satisfies i > 0"],
    ['matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "^(a+)+$")'],
  ])("%s takes no longer than it may", (feel) => {
    expect(valueOf(feel)).toMatchObject({ ok: false, reason: "time" });
  });

  test("that calls itself for ever is an error", () => {
    expect(valueOf("{f: function(x) f(x)}.f(1)")).toMatchObject({ ok: false, reason: "threw" });
  });
});

test.each([
  ["> >", "test"],
  ["", "test"],
  ["price *", "value"],
  ["now()", "value"],
  ["> today()", "test"],
] as const)("%j as a %s is refused when it is published", (cell, kind) => {
  expect(rules.problem(cell, kind)).toBeTypeOf("string");
});

test.each([
  ["> 5", "test"],
  ["-", "test"],
  ["now + 1 > 2".replace("now", "later"), "value"],
] as const)("%j as a %s is fine", (cell, kind) => {
  expect(rules.problem(cell, kind)).toBeUndefined();
});
