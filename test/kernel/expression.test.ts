import { describe, expect, test } from "vitest";
import { compileExpression, isTrue } from "../../core/kernel/expression.ts";
import type { Json } from "../../core/kernel/json.ts";
import { NOW } from "../support/given.ts";

async function valueOf(source: string, input: Json = null, now = NOW) {
  const scope = { roots: { input }, step: () => undefined, nodes: [], now };
  return compileExpression(source).evaluate(scope);
}

async function codeOf(source: string, input: Json = null): Promise<string> {
  try {
    return `= ${JSON.stringify(await valueOf(source, input))}`;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

describe("an expression that would not end, or not fit,", () => {
  const numbers: Json = Array.from({ length: 9_000 }, (_, n) => n);

  test.each([
    ["loops for ever by tail calls", "($f := function($n) { $f($n + 1) }; $f(0))"],
    ["recurses too deeply", "($f := function($n) { 1 + $f($n + 1) }; $f(0))"],
    ["maps within maps", "$map($input, function($a) { $map($input, function($b) { $a * $b }) })"],
    ["makes a product", "$input.($a := $; $input.($a * $))"],
    ["makes a range", "[1..100000000]"],
    ["reduces for ever", "$reduce([1..9999], function($a, $b) { $a & $a }, 'x')"],
    ["pads to a huge width", "$pad('a', 200000000)"],
    ["joins the same again and again", "$join($map($input, function($v) { $pad('x', 999) }))"],
    ["makes a text of all", "$string($map($input, function($v) { $pad('x', 2000) }))"],
  ])("is stopped with EXPRESSION_LIMIT when it %s", async (_, source) => {
    expect(await codeOf(source, numbers)).toBe("EXPRESSION_LIMIT");
  });

  test.each(["/^(a+)+$/", "/^(a|a)*$/", "/^(.*a){20}$/"])(
    "is no worse for a pattern like %s than for any other: patterns take linear time",
    async (pattern) => {
      const text = `${"a".repeat(2_000)}!`;

      expect(await valueOf(`$contains($input, ${pattern})`, text)).toBe(false);
    },
  );
});

describe("an expression", () => {
  test.each([
    "$input.constructor",
    "$input.__proto__",
    "$input.toString",
    "$input.constructor.constructor('return 1')",
    "$constructor",
    "$__proto__",
    "$toString",
    "$process",
    "$globalThis",
    "$require",
    "$input.name.constructor",
    "$lookup($input, 'constructor')",
    "$lookup($input, '__proto__')",
    "$string.constructor",
  ])("reaches nothing behind the data: %s", async (source) => {
    const code = await codeOf(source, { name: "x" });

    expect(["= undefined", "EXPRESSION_ERROR"]).toContain(code);
  });

  test("pollutes nothing that others share", async () => {
    for (const source of [
      "$merge([$input, {'__proto__': {'polluted': 1}}])",
      "{'__proto__': {'polluted': 1}}",
      "$input ~> |$|{'__proto__': {'polluted': 1}}|",
    ]) {
      await codeOf(source, { a: 1 });
      expect(({} as Record<string, unknown>)["polluted"], source).toBeUndefined();
    }
  });

  test.each(["$random()", "$shuffle([1, 2])", "$eval('1')", "($r := $random; 1)"])(
    "that chance would decide is refused when it is published: %s",
    (source) => {
      expect(() => compileExpression(source)).toThrow("is not deterministic");
    },
  );

  test("that gets at chance by a detour fails instead", async () => {
    expect(await codeOf("$lookup({'f': 1}, 'f') ~> $shuff")).toBe("EXPRESSION_ERROR");
  });

  test.each([
    ["$now()", "2026-01-01T00:00:00.000Z"],
    ["$millis()", NOW],
    ["$now() & $now()", "2026-01-01T00:00:00.000Z2026-01-01T00:00:00.000Z"],
  ])("knows the time of the commit and no other: %s", async (source, value) => {
    expect(await valueOf(source)).toBe(value);
  });

  test.each([
    ["[]", []],
    ["[[1]]", [[1]]],
    ["[1, [2]]", [1, [2]]],
    ["{'a': []}", { a: [] }],
    ["$input[a > 1]", { a: 2 }],
    ["$input.a", [1, 2]],
    ["$sum($input.a)", 3],
    ["$map($input, function($v) { $v.a })", [1, 2]],
    ["$input.b", undefined],
    ["null", null],
    ["0 * -1 = 0", true],
    ["'\\u00e9'", "é"],
  ] as readonly [string, Json | undefined][])("%s is plain JSON: %j", async (source, value) => {
    expect(await valueOf(source, [{ a: 1 }, { a: 2 }])).toEqual(value);
  });

  test.each(["1 / 0", "0 / 0", "$power(10, 400)", "function($x) { $x }"])(
    "whose value JSON has not is an error: %s",
    async (source) => {
      expect(await codeOf(source)).toBe("EXPRESSION_ERROR");
    },
  );

  test.each([["1 +"], ["("], ["$input["], ["'open"], ["{"], [""]])(
    "that is malformed says so to its author: %j",
    (source) => {
      expect(() => compileExpression(source)).toThrow(/./);
    },
  );

  test("gives the same at the same instant over the same values", async () => {
    const source = "$sort($keys($merge($input))) & $now() & $string($spread($input[0]))";
    const input: Json = [{ b: 1, a: 2 }, { c: 3 }];

    expect(await valueOf(source, input)).toEqual(await valueOf(source, structuredClone(input)));
  });
});

describe("truth", () => {
  test.each([
    [undefined, false],
    [null, false],
    [false, false],
    [0, false],
    ["", false],
    [[], false],
    [[0, ""], false],
    [{}, false],
    [true, true],
    [-1, true],
    ["false", true],
    [[0, 1], true],
    [[[0], [1]], true],
    [{ a: undefined as never }, true],
  ] as readonly [Json | undefined, boolean][])("of %j is %s", (value, truth) => {
    expect(isTrue(value)).toBe(truth);
  });
});
