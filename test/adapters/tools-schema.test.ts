import { type Schema, Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileSchema } from "../../adapters/tools/schema-check.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";

function problems(schema: Json, value: Json, at?: string) {
  const compiled = compileSchema(schema);
  if ("problems" in compiled) throw new Error(JSON.stringify(compiled.problems));
  return compiled.validate(value, at);
}
const codes = (schema: Json, value: Json) => problems(schema, value).map(({ code }) => code);

function refusals(schema: Json) {
  const compiled = compileSchema(schema);
  return "problems" in compiled ? compiled.problems : [];
}

describe("a value", () => {
  const order: JsonObject = {
    type: "object",
    required: ["items", "customer"],
    additionalProperties: false,
    properties: {
      customer: { type: "string", format: "email" },
      items: {
        type: "array",
        minItems: 1,
        items: {
          type: "object",
          required: ["sku"],
          properties: {
            sku: { type: "string", pattern: "^[A-Z]{3}-\\d+$" },
            count: { minimum: 1 },
          },
        },
      },
    },
  };

  it("that fits has no problems", () => {
    expect(problems(order, { customer: "a@example.com", items: [{ sku: "ABC-1" }] })).toEqual([]);
  });

  it("gets one problem for each fault, with its path", () => {
    const value = {
      items: [{ sku: "ABC-1" }, { count: 0 }, { sku: "abc" }, 7],
      "two words": 1,
    };

    expect(problems(order, value)).toEqual([
      { path: "input.customer", code: "REQUIRED", message: "is required" },
      { path: "input.items[1].sku", code: "REQUIRED", message: "is required" },
      { path: "input.items[1].count", code: "MINIMUM", message: "must be at least 1" },
      { path: "input.items[2].sku", code: "PATTERN", message: "must match ^[A-Z]{3}-\\d+$" },
      { path: "input.items[3]", code: "TYPE", message: "must be object, not number" },
      {
        path: 'input["two words"]',
        code: "UNKNOWN_PROPERTY",
        message: "is not a known property",
      },
    ]);
  });

  it("can be named otherwise than input, or not at all", () => {
    expect(problems({ required: ["a"] }, {}, "data")[0]?.path).toBe("data.a");
    expect(problems({ required: ["a"] }, {}, "")[0]?.path).toBe("a");
  });

  it.each<[string, Json, Json, Json]>([
    ["TYPE", { type: ["string", "null"] }, null, 1],
    ["TYPE", { type: "integer" }, 1, 1.5],
    ["ENUM", { enum: [{ a: 1, b: 2 }, 3] }, { b: 2, a: 1 }, { a: 1 }],
    ["CONST", { const: [1, null] }, [1, null], [1]],
    ["MAXIMUM", { maximum: 3 }, 3, 4],
    ["EXCLUSIVE_MINIMUM", { exclusiveMinimum: 3 }, 3.1, 3],
    ["EXCLUSIVE_MAXIMUM", { exclusiveMaximum: 3 }, 2, 3],
    ["MULTIPLE_OF", { multipleOf: 0.1 }, 0.3, 0.35],
    ["MULTIPLE_OF", { multipleOf: 1 }, 0, 1e-13],
    ["MIN_LENGTH", { minLength: 2 }, "😀b", "😀"],
    ["MAX_LENGTH", { maxLength: 1 }, "😀", "😀b"],
    ["FORMAT", { format: "date-time" }, "2026-01-31T00:00:00Z", "2026-02-31T00:00:00Z"],
    ["FORMAT", { format: "url" }, "https://example.com", "example"],
    ["FORMAT", { format: "uuid" }, "0190a3b4-1c2d-7e3f-8a9b-0c1d2e3f4a5b", "x"],
    ["MIN_ITEMS", { minItems: 1 }, [0], []],
    ["MAX_ITEMS", { maxItems: 1 }, [0], [0, 1]],
    [
      "UNIQUE_ITEMS",
      { uniqueItems: true },
      [1, "1"],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
    ["CONTAINS", { contains: { const: 1 }, maxContains: 1 }, [1, 2], [1, 1]],
    ["CONTAINS", { contains: { const: 1 } }, [1, 2], []],
    ["TYPE", { prefixItems: [{ type: "number" }], items: { type: "string" } }, [1, "a"], [1, 2]],
    ["MIN_PROPERTIES", { minProperties: 1 }, { a: 1 }, {}],
    ["MAX_PROPERTIES", { maxProperties: 1 }, { a: 1 }, { a: 1, b: 2 }],
    ["PROPERTY_NAME", { propertyNames: { maxLength: 1 } }, { a: 1 }, { ab: 1 }],
    ["DEPENDENT_REQUIRED", { dependentRequired: { a: ["b"] } }, { a: 1, b: 1 }, { a: 1 }],
    ["REQUIRED", { dependentSchemas: { a: { required: ["c"] } } }, { b: 1 }, { a: 1 }],
    ["TYPE", { patternProperties: { "^n_": { type: "number" } } }, { n_a: 1 }, { n_a: "1" }],
    ["ONE_OF", { oneOf: [{ minimum: 1 }, { maximum: 5 }] }, 0, 3],
    ["ANY_OF", { anyOf: [{ type: "string" }, { type: "null" }] }, null, 1],
    ["NOT", { not: { required: ["a"] } }, {}, { a: 1 }],
    ["MINIMUM", { if: { const: 0 }, else: { minimum: 5 } }, 0, 1],
    ["NOTHING_ALLOWED", { properties: { a: false } }, {}, { a: 1 }],
    [
      "UNKNOWN_PROPERTY",
      { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
      { a: 1 },
      { b: 1 },
    ],
    [
      "NOTHING_ALLOWED",
      { anyOf: [{ prefixItems: [{ const: 1 }] }, {}], unevaluatedItems: false },
      [1],
      [2],
    ],
    [
      "TYPE",
      {
        anyOf: [true, { properties: { a: { minLength: 1 }, b: false } }],
        unevaluatedProperties: { type: "null" },
      },
      { a: null, b: null },
      { a: null, b: 1 },
    ],
    [
      "TYPE",
      { if: { unevaluatedItems: false }, unevaluatedItems: { type: "string" } },
      ["a"],
      [[]],
    ],
    [
      "TYPE",
      { contains: { type: "null" }, unevaluatedItems: { type: "string" } },
      [null, "a"],
      [null, 1],
    ],
  ])("breaks %s", (code, schema, good, bad) => {
    expect(problems(schema, good)).toEqual([]);
    expect(codes(schema, bad)).toEqual([code]);
  });

  it("meets the problems of the one alternative that was meant", () => {
    const schema = {
      anyOf: [{ type: "null" }, { type: "object", required: ["street"] }],
    };

    expect(problems(schema, {})).toEqual([
      { path: "input.street", code: "REQUIRED", message: "is required" },
    ]);
  });

  it("may have members named like the machinery's own", () => {
    const schema = JSON.parse(
      '{"properties":{"__proto__":{"type":"string"}},"required":["toString"]}',
    );

    expect(codes(schema, JSON.parse('{"__proto__": 1}'))).toEqual(["REQUIRED", "TYPE"]);
    expect(({} as JsonObject)["polluted"]).toBeUndefined();
  });

  it("gets a hundred problems at most", () => {
    expect(problems({ items: { type: "string" } }, Array(5_000).fill(1))).toHaveLength(100);
  });

  it("follows references within the document, and recursion through its parts", () => {
    const schema = {
      $id: "https://example.com/tree",
      $ref: "#/$defs/node",
      $defs: {
        node: {
          required: ["name"],
          properties: { children: { items: { $ref: "https://example.com/tree#/$defs/node" } } },
        },
        leaf: { $anchor: "leaf" },
        "a/b~c": { $ref: "#leaf" },
        user: { $ref: "#/$defs/a~1b~0c" },
      },
    };

    const value = { name: "a", children: [{ name: "b", children: [{}] }] };
    expect(problems(schema, value)).toEqual([
      { path: "input.children[0].children[0].name", code: "REQUIRED", message: "is required" },
    ]);
  });
});

describe("a hostile value", () => {
  it("that is nested too deep is told so", () => {
    let value: Json = 1;
    for (let i = 0; i < 100_000; i++) value = [value];

    expect(codes({ items: { $ref: "#" } }, value)).toEqual(["VALUE_TOO_DEEP"]);
  });

  it("does not hold the process by a pattern that backtracks", () => {
    const schema = { pattern: "^(a+)+$", patternProperties: { "^(b+)+$": {} } };

    expect(codes(schema, `${"a".repeat(50_000)}!`)).toEqual(["PATTERN"]);
    expect(codes(schema, { [`${"b".repeat(50_000)}!`]: 1 })).toEqual([]);
  });

  it("does not hold the process by a format", () => {
    const long = `http://${"a".repeat(100_000)}!`;
    for (const format of ["url", "uri", "email", "hostname", "uri-template", "json-pointer"]) {
      expect(codes({ format }, long)).toEqual(["FORMAT"]);
    }
  });

  it("does not hold the process by references that double at every level", () => {
    const twice = { allOf: [{ $ref: "#/$defs/down" }, { $ref: "#/$defs/down" }] };
    const schema = { ...twice, $defs: { down: { items: twice } } };
    let value: Json = [];
    for (let i = 0; i < 60; i++) value = [value];

    expect(codes(schema, value)).toEqual(["VALUE_TOO_COMPLEX"]);
  });

  it("does not exhaust the stack through a long chain of references", () => {
    const links = Array.from({ length: 1_500 }, (_, i) => [`d${i}`, { $ref: `#/$defs/d${i + 1}` }]);
    const schema = {
      $ref: "#/$defs/d0",
      $defs: { ...Object.fromEntries(links), d1500: { items: { $ref: "#" } } },
    };

    expect(codes(schema, [[[]]])).toEqual(["VALUE_TOO_COMPLEX"]);
  });
});

describe("a schema", () => {
  it.each<[string, Json, string]>([
    ["SCHEMA_INVALID", { type: "strnig" }, "schema.type"],
    ["SCHEMA_INVALID", { properties: { a: { minLength: -1 } } }, "schema.properties.a.minLength"],
    ["SCHEMA_INVALID", { items: [{ type: "string" }] }, "schema.items"],
    ["SCHEMA_INVALID", "string", "schema"],
    ["SCHEMA_PATTERN", { properties: { a: { pattern: "(?=a)b" } } }, "schema.properties.a.pattern"],
    ["SCHEMA_PATTERN", { items: { pattern: "(a)\\1" } }, "schema.items.pattern"],
    [
      "SCHEMA_PATTERN",
      { patternProperties: { "(?<!x)a": {} } },
      'schema.patternProperties["(?<!x)a"]',
    ],
    ["SCHEMA_REF", { $ref: "https://example.com/schema.json" }, "schema.$ref"],
    ["SCHEMA_REF", { $ref: "http://169.254.169.254/" }, "schema.$ref"],
    ["SCHEMA_REF", { $ref: "file:///etc/passwd" }, "schema.$ref"],
    ["SCHEMA_REF", { $ref: "#/$defs/absent" }, "schema.$ref"],
    ["SCHEMA_REF", { $ref: "#/__proto__" }, "schema.$ref"],
    ["SCHEMA_REF", { $ref: "#%E0%A4%A" }, "schema.$ref"],
    ["SCHEMA_RECURSION", { $ref: "#" }, "schema"],
    ["SCHEMA_RECURSION", { $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }] } } }, "schema"],
    ["SCHEMA_RECURSION", { if: { not: { $ref: "#" } } }, "schema"],
    [
      "SCHEMA_NOT_SUPPORTED",
      { $schema: "http://json-schema.org/draft-07/schema#" },
      "schema.$schema",
    ],
    ["SCHEMA_NOT_SUPPORTED", { $dynamicRef: "#node" }, "schema.$dynamicRef"],
    ["SCHEMA_NOT_SUPPORTED", { items: { $id: "https://example.com/b" } }, "schema.items.$id"],
    ["SCHEMA_TOO_LARGE", { description: "x".repeat(70_000) }, "schema"],
  ])("is refused with %s", (code, schema, path) => {
    expect(refusals(schema)).toContainEqual(expect.objectContaining({ code, path }));
  });

  it("is refused when it is nested too deep, however deep", () => {
    let schema: Json = {};
    for (let i = 0; i < 100_000; i++) schema = { not: schema };

    expect(refusals(schema)[0]?.code).toBe("SCHEMA_TOO_DEEP");
  });

  it("tells all its faults at once", () => {
    const found = refusals({ properties: { a: { type: 1 }, b: { required: "x" } }, minItems: -2 });

    expect(found.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "schema.properties.a.type",
        "schema.properties.b.required",
        "schema.minItems",
      ]),
    );
  });

  it("can be named otherwise than schema, or not at all", () => {
    const paths = (at: string) => {
      const compiled = compileSchema({ properties: { a: { pattern: "(?=a)" } } }, at);
      return "problems" in compiled ? compiled.problems.map(({ path }) => path) : [];
    };

    expect(paths("")).toEqual(["properties.a.pattern"]);
    expect(paths("input")).toEqual(["input.properties.a.pattern"]);
  });

  it("may say what it likes in its own words, and show a pattern that is only data", () => {
    const schema = { "x-order": 1, const: { pattern: "(?=a)", $ref: "https://example.com" } };

    expect(refusals(schema)).toEqual([]);
  });

  it("means what another implementation says it means", () => {
    const { schema } = fc.letrec<Record<"schema" | "leaf" | "node" | "inPlace" | "beside", Json>>(
      (tie) => {
        const one = (of: "schema" | "inPlace") => (word: string) => fc.record({ [word]: tie(of) });
        const many = (of: "schema" | "inPlace") => (word: string) =>
          fc.record({ [word]: fc.array(tie(of), { minLength: 1, maxLength: 2 }) });
        const named = (of: "schema" | "inPlace", word: string, ...names: string[]) =>
          fc.record({
            [word]: fc.dictionary(fc.constantFrom(...names), tie(of), { noNullPrototype: true }),
          });
        const keywords = [
          named("schema", "properties", "a", "b"),
          named("schema", "patternProperties", "^a", "b"),
          named("inPlace", "dependentSchemas", "a", "b"),
          ...["allOf", "anyOf", "oneOf"].map(many("inPlace")),
          many("schema")("prefixItems"),
          ...["additionalProperties", "propertyNames", "items", "contains"].map(one("schema")),
          ...["not", "if", "then", "else"].map(one("inPlace")),
        ];
        const unevaluated = one("schema")("unevaluatedProperties");
        const withWords = (words: readonly fc.Arbitrary<JsonObject>[]) =>
          fc
            .array(fc.oneof(...words), { minLength: 1, maxLength: 4 })
            .map((found) => Object.assign({}, ...found) as JsonObject);
        const either = (node: "node" | "beside") =>
          fc.oneof({ maxDepth: 3, withCrossShrink: true }, tie("leaf"), tie(node));
        return {
          leaf: fc.oneof(
            fc.boolean(),
            fc.record({ type: fc.constantFrom("string", "number", "integer", "object", "array") }),
            fc.record({ const: fc.constantFrom<Json>(1, "a", null, [1], { a: 1 }) }),
            fc.record({ minimum: fc.constantFrom(0, 1, 2), maximum: fc.constantFrom(1, 2) }),
            fc.record({ minLength: fc.constantFrom(1, 2), pattern: fc.constantFrom("^a", "b$") }),
            fc.record({ required: fc.uniqueArray(fc.constantFrom("a", "b")) }),
            fc.record({ uniqueItems: fc.boolean(), minItems: fc.constantFrom(0, 1) }),
            fc.record({ $ref: fc.constantFrom("#/$defs/one", "#/$defs/two") }),
          ),
          node: withWords([...keywords, unevaluated]),
          // Of the same value as the schema around it, whose findings the other implementation
          // lets it see, and the standard does not.
          beside: withWords(keywords),
          schema: either("node"),
          inPlace: either("beside"),
        };
      },
    );
    const value = fc.letrec<{ any: Json }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<Json>(null, true, 0, 1, 2, 1.5, "", "a", "b", "ab"),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b", "ab", "c"), tie("any"), { noNullPrototype: true }),
      ),
    })).any;
    const definitions = { one: { type: "string" }, two: { items: { $ref: "#/$defs/one" } } };

    fc.assert(
      fc.property(schema, fc.array(value, { minLength: 5, maxLength: 5 }), (found, values) => {
        const whole = { allOf: [found], $defs: definitions };
        const other = new Validator(whole as Schema, "2020-12");
        for (const each of values) {
          expect(problems(whole, each).length === 0).toBe(other.validate(each).valid);
        }
      }),
      { numRuns: Number(process.env["SCHEMA_RUNS"] ?? 200) },
    );
  });
});
