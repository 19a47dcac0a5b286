import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../core/kernel/json.ts";
import {
  compileTemplate,
  evaluateTemplate,
  isConstant,
  type TemplateFault,
} from "../../core/kernel/template.ts";

const scope = (input: Json) => ({ roots: { input }, step: () => undefined, nodes: [], now: 0 });

function compiled(value: Json) {
  const faults: TemplateFault[] = [];
  return { template: compileTemplate(value, "with", faults), faults };
}

describe("a template", () => {
  test("without an expression is the value that it is, and the very same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        fc.pre(!JSON.stringify(value).includes("{%"));
        const { template, faults } = compiled(value as Json);
        expect(faults).toEqual([]);
        expect(isConstant(template)).toBe(true);
        expect(await evaluateTemplate(template, scope(null))).toBe(value);
      }),
    );
  });

  test("of one expression is the expression's value, of any type", async () => {
    const { template } = compiled("{% $input %}");
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
        const result = await evaluateTemplate(template, scope(value as Json));
        expect(JSON.stringify(result)).toBe(JSON.stringify(value));
      }),
    );
  });

  test("of text and expressions is a text", async () => {
    const text = fc.string().filter((part) => !/\{%|%\}|[{%]$|^[%}]/.test(part));
    await fc.assert(
      fc.asyncProperty(text, text, text, fc.string(), async (a, b, c, value) => {
        fc.pre(a + b + c !== "" && (a + c).trim() !== "");
        const { template, faults } = compiled(`${a}{% $input %}${b}{% $input %}${c}`);
        expect(faults).toEqual([]);
        expect(await evaluateTemplate(template, scope(value))).toBe(a + value + b + value + c);
      }),
    );
  });

  test("names each of its faults by path, all at once", () => {
    const { faults } = compiled({
      good: "{% 1 %}",
      "bad one": "{% 1 + %}",
      list: ["ok", "{% ( %} and {% ) %}", { deep: "{% open" }],
    });

    expect(faults.map(({ path }) => path)).toEqual([
      "with.bad one",
      "with.list[1]",
      "with.list[1]",
      "with.list[2].deep",
    ]);
  });

  test("nested too deeply is a fault and no crash", () => {
    let value: Json = "{% 1 %}";
    for (let depth = 0; depth < 10_000; depth++) value = depth % 2 === 0 ? [value] : { value };

    expect(compiled(value).faults).toMatchObject([{ message: "is nested deeper than 64 levels" }]);
  });

  test("makes no text without bounds", async () => {
    const { template } = compiled("{% $input %}".repeat(30));

    await expect(evaluateTemplate(template, scope("x".repeat(500_000)))).rejects.toMatchObject({
      code: "EXPRESSION_LIMIT",
    });
  });

  test("does not look for expressions in what an expression gives", async () => {
    const { template } = compiled("{% $input %} and {% $input %}");

    expect(await evaluateTemplate(template, scope("{% 1 + 1 %}"))).toBe(
      "{% 1 + 1 %} and {% 1 + 1 %}",
    );
  });
});
