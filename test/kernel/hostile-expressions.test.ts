import { describe, expect, test } from "vitest";
import { compileExpression } from "../../core/kernel/expression.ts";
import type { Json } from "../../core/kernel/json.ts";

const INPUT: Json = {
  text: "a".repeat(90_000),
  numbers: Array.from({ length: 60_000 }, (_, index) => 60_000 - index),
  objects: Array.from({ length: 10_000 }, (_, index) => ({ index })),
  texts: Array.from({ length: 40_000 }, (_, index) => `t${index}`),
};

function valueOf(source: string) {
  const scope = { roots: { input: INPUT }, step: () => undefined, nodes: [], now: 0 };
  return compileExpression(source).evaluate(scope);
}

async function codeOf(source: string): Promise<string> {
  try {
    return `= ${JSON.stringify(await valueOf(source))}`;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("an expression that would hold the process for minutes, or end it,", () => {
  test.each([
    ["matches little and looks far", "$count($match($input.text, /a(.*b)?/))"],
    ["replaces little and looks far", `$length($replace($input.text, /a(.*b)?/, "x"))`],
    ["splits little and looks far", "$count($split($input.text, /a(.*b)?/))"],
    ["sorts by a function", "$sort($input.numbers, $boolean)"],
    ["has a long picture", `$fromMillis(1, $pad("", 900000, "[Y0001]"))`],
    ["has a long time", `$toMillis($pad("2026", 900000, "-01") & "x")`],
    ["recurses for ever", "($f := function($x) { $f($x + 1) }; $f(0))"],
    ["recurses deeply", "($f := function($x) { 1 + $f($x + 1) }; $f(0))"],
    ["doubles a text", `$reduce([1..40], function($a, $b) { $a & $a }, "ab")`],
    ["pads to two billion", `$pad("x", 2000000000)`],
    ["counts to ten million", "[1..10000000]"],
  ])("is stopped when it %s", async (_what, source) => {
    expect(await codeOf(source)).toBe("EXPRESSION_LIMIT");
  });

  test.each([
    ["letters", `$toMillis($pad("", 60, "a") & "!", "[Ya][Ma][Da][da][Ha][ma][sa]")`],
    ["words", `$toMillis($pad("", 90, "-") & "!", "[Yw]-[Mw]-[Dw]-[dw]-[Hw]-[mw]-[sw]")`],
    ["digits", `$toMillis($pad("", 90, "1"), "[Y]1[M]1[D]1[H]1[m]1[s]1[f]1[Y]1[M]1[D]")`],
    ["names", `$toMillis($pad("", 90, "a"), "[MNn]a[MNn]a[MNn]a[MNn]a[MNn]a[MNn]a[MNn]")`],
  ])("is refused when it reads a time by ambiguous %s", async (_what, source) => {
    expect(await codeOf(source)).toBe("EXPRESSION_ERROR");
  });

  test("is as good as any when it sorts many numbers, or looks for those that differ", async () => {
    expect(await valueOf("$sort($input.numbers)[0]")).toBe(1);
    expect(await valueOf("$count($distinct($input.objects))")).toBe(10_000);
    expect(await valueOf("$count($distinct($input.texts))")).toBe(40_000);
  });

  test("says what it has to say briefly", async () => {
    const error = await Promise.resolve(valueOf(`$error($input.text)`)).catch((cause) => cause);
    expect((error as Error).message).toHaveLength(1_000);
  });
});

describe("built-ins that are our own", () => {
  test.each([
    ["$sort([3, 1, 2])", [1, 2, 3]],
    [`$sort(["b", "a", "B"])`, ["B", "a", "b"]],
    ["$sort([1, 3, 2], function($a, $b) { $a < $b })", [3, 2, 1]],
    ["$sort(5)", [5]],
    ["$sort([])", []],
    [`$distinct([1, "1", 1.0, null, null, true, "true"])`, [1, "1", null, true, "true"]],
    [
      `$distinct([{"a": 1, "b": 2}, {"b": 2, "a": 1}, [1, 2], [2, 1]])`,
      [{ a: 1, b: 2 }, [1, 2], [2, 1]],
    ],
    [`$distinct(["object {}", {}])`, ["object {}", {}]],
    ["$distinct(7)", 7],
    [`$match("ab12cd3", /[0-9]+/).match`, ["12", "3"]],
    [`$toMillis("2018-02-03T14:05:06.007Z")`, 1_517_666_706_007],
    [`$toMillis("20180203T140506", "[Y0001][M01][D01]T[H01][m01][s01]")`, 1_517_666_706_000],
    [
      `$toMillis("03 Feb 2018 14:05 +01:00", "[D01] [MNn,*-3] [Y0001] [H01]:[m01] [Z01:01]")`,
      1_517_663_100_000,
    ],
    [
      `$toMillis("Saturday, 3rd February 2018 2:05pm", "[F], [D1o] [MNn] [Y] [h#1]:[m01][P]")`,
      1_517_666_700_000,
    ],
  ])("answer as JSONata's do: %s", async (source, value) => {
    expect(await valueOf(source)).toEqual(value);
  });

  test("refuse to sort what cannot be compared", async () => {
    expect(await codeOf(`$sort([1, "a"])`)).toBe("EXPRESSION_ERROR");
    expect(await codeOf(`$sort([{"a": 1}, {"a": 2}])`)).toBe("EXPRESSION_ERROR");
    expect(await codeOf(`$sort([1, 2, "a"])`)).toBe("EXPRESSION_ERROR");
  });
});
