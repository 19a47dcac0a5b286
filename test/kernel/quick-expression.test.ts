import fc from "fast-check";
import jsonata from "jsonata";
import { describe, expect, test } from "vitest";
import { compileExpression } from "../../core/kernel/expression.ts";
import type { Json } from "../../core/kernel/json.ts";
import { quick } from "../../core/kernel/quick-expression.ts";

const names = ["a", "b", "n", "list", "constructor", "__proto__", "length", "odd name"];
const name = fc.constantFrom(...names).map((text) => (/^\w+$/.test(text) ? text : `\`${text}\``));
const path = fc
  .tuple(
    fc.constantFrom("$input", "$vars", "$none", "$constructor"),
    fc.array(name, { maxLength: 3 }),
  )
  .map(([root, steps]) => [root, ...steps].join("."));
const literal = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map(String),
  fc.constantFrom("true", "false", "null", '"a"', '""', "1.5", "'b'", "1e3"),
);
const operand = fc.oneof({ weight: 3, arbitrary: path }, literal);
const comparison = fc
  .tuple(operand, fc.constantFrom("=", "!=", "<", "<=", ">", ">="), operand)
  .map((parts) => parts.join(" "));
const source = fc.oneof(
  operand,
  comparison,
  fc
    .tuple(
      fc.oneof(comparison, operand),
      fc.constantFrom("and", "or"),
      fc.oneof(comparison, operand),
    )
    .map((parts) => parts.join(" ")),
  fc
    .tuple(operand, fc.constantFrom("+", "-", "*", "/", "&", "%"), operand, comparison)
    .map(([a, sign, b, more]) =>
      more.length % 2 ? `${a} ${sign} ${b}` : `${a} ${sign} (${b} & ${more})`,
    ),
  fc.tuple(operand, operand, operand).map(([a, b, c]) => `${a} + ${b} * ${c} > ${c} - ${a}`),
  fc.tuple(comparison, comparison).map(([a, b]) => `(${a}) and (${b}) or ${a}`),
);
const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom<Json>(null, true, false, "a", "", "b", 1.5),
);
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 4 }),
  ),
})).value;

function textOf(result: unknown): string {
  return result === undefined ? "absent" : JSON.stringify(result);
}

/** What JSONata itself says, as JSON; an error by its kind. */
async function slowly(text: string, bindings: Readonly<Record<string, unknown>>): Promise<string> {
  try {
    const result: unknown = await jsonata(text).evaluate(undefined, bindings);
    // Beyond JSONata, a function and a number that JSON has not are errors here.
    if (typeof result === "function") return "error";
    return typeof result === "number" && !Number.isFinite(result) ? "error" : textOf(result);
  } catch {
    return "error";
  }
}

async function quickly(text: string, roots: Readonly<Record<string, unknown>>): Promise<string> {
  try {
    const scope = { roots, step: () => undefined, nodes: [], now: 0 };
    return textOf(await compileExpression(text).evaluate(scope));
  } catch {
    return "error";
  }
}

describe("a simple expression", () => {
  test("has a quick form that says what JSONata says, of any values", async () => {
    await fc.assert(
      fc.asyncProperty(source, value, value, async (text, input, vars) => {
        const bindings = { input, vars };
        expect(await quickly(text, bindings)).toBe(await slowly(text, bindings));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["$input.a", true],
    ["$input.a = 1", true],
    ["$input.a > 1 and $vars.b != 'x'", true],
    ["'text'", true],
    ["$input.a[0]", false],
    ["$input.*", false],
    ["$sum($input.a)", false],
    ["$input.a + 1", true],
    ["$input.a & 'x'", true],
    ["$input.a % 2", false],
    ["$input.a{b: c}", false],
    ["$input^(a)", false],
    ["$", false],
    ["a.b", false],
    ["$input.a in [1]", false],
    ["$input.(a)", false],
    ["$input.a[]", false],
    ["[$input.a]", false],
  ])("%s has one: %s", (text, has) => {
    expect(quick(jsonata(text).ast() as never) !== undefined).toBe(has);
  });
});
