import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  and,
  at,
  call,
  choose,
  concat,
  expr,
  get,
  gt,
  minus,
  not,
  or,
  plus,
  type Ref,
  shape,
  times,
  workflow,
} from "../../client/index.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { NODE_FIELDS } from "../../core/kernel/node-fields.ts";
import { ROOT } from "../architecture/source.ts";
import { examplesIn, play } from "../docs/workflow-examples.ts";
import { EXAMPLES } from "./example-workflows.ts";
import { NODES } from "./node-workflows.ts";
import { ROUTING } from "./routing-workflows.ts";

const FOLDER = join(ROOT, "examples");
const told = examplesIn(readFileSync(join(ROOT, "docs/workflow-language.md"), "utf8"));
const documented = [...Object.values(NODES), ...Object.values(ROUTING)];

/** In the order that does not count: of nodes but for the first, of edges of different ports. */
function inOrder(document: JsonObject): JsonObject {
  const { nodes, edges = [] } = document as { nodes: JsonObject[]; edges?: JsonObject[] };
  const by =
    (...names: readonly string[]) =>
    (one: JsonObject, other: JsonObject) => {
      const [left, right] = [one, other].map((of) =>
        names.map((name) => JSON.stringify(of[name])).join(" "),
      );
      return (left ?? "") < (right ?? "") ? -1 : Number(left !== right);
    };
  return {
    start: nodes[0]?.["id"] ?? null,
    ...document,
    nodes: nodes.toSorted(by("id")),
    edges: edges.toSorted(by("from", "on")),
  };
}

describe("a workflow that is drawn", () => {
  test.each(EXAMPLES)("is the same JSON as the example $name", (drawn) => {
    const text = readFileSync(join(FOLDER, `${drawn.name}.json`), "utf8");

    expect(drawn).toEqual(JSON.parse(text));
  });

  test.each(documented)("is the same JSON as the documented example $name", (drawn) => {
    const written = told.find(({ name }) => name === drawn.name)?.document;

    expect(inOrder(drawn)).toEqual(inOrder(written ?? {}));
  });

  test.each(documented)(
    "is published and runs as its documentation tells: $name",
    async (drawn) => {
      const story = told.find(({ name }) => name === drawn.name)?.story ?? [];

      const { wrong } = await play({ name: drawn.name, document: drawn, story });

      expect(story.length).toBeGreaterThan(1);
      expect(wrong).toEqual([]);
    },
  );

  test("can have every type of node that the language runs", () => {
    const flow = workflow("all");

    expect(Object.keys(NODE_FIELDS).filter((type) => !(type in flow))).toEqual([]);
  });

  test("is JSON and nothing else, so that it survives being written down", () => {
    for (const drawn of [...EXAMPLES, ...documented]) {
      expect(JSON.parse(JSON.stringify(drawn))).toStrictEqual(drawn);
    }
  });

  test("leaves what was drawn before as it was", () => {
    const one = workflow("one").set("a");
    one.set("b");
    one.set("c").to("a");

    expect(one.build()).toEqual({ name: "one", nodes: [{ id: "a", type: "set" }] });
  });

  test("takes the schema and the types of zod", () => {
    const drawn = workflow("zod", { input: z.object({ amount: z.number().min(1) }) })
      .set("twice", { with: ($) => times($.input.amount, 2) })
      .build();

    expect(drawn["input"]).toEqual({
      type: "object",
      properties: { amount: { type: "number", minimum: 1 } },
      required: ["amount"],
    });
    expect(drawn["nodes"]).toEqual([{ id: "twice", type: "set", with: "{% $input.amount * 2 %}" }]);
  });

  test("starts another one, whose types it knows, by its name", () => {
    const child = workflow("child", { input: shape<{ n: number }>() })
      .set("more", { with: ($) => plus($.input.n, 1) })
      .build(($) => $.steps.more.output);
    const parent = workflow("parent")
      .subflow("ask", { workflow: child, with: { n: 1 } })
      .set("next", { with: ($) => plus($.steps.ask.output, 1) })
      .build();

    expect(parent["nodes"]).toEqual([
      { id: "ask", type: "subflow", workflow: "child", with: { n: 1 } },
      { id: "next", type: "set", with: "{% $steps.ask.output + 1 %}" },
    ]);
  });

  test("refuses what would be lost without a word", () => {
    const flow = workflow("lost").set("a");

    expect(() => flow.when(true).build()).toThrow('"when" was said of an edge');
    expect(() => flow.on("error").after("a")).toThrow('"on" was said of an edge');
    expect(() => flow.end("b").when(true).set("c")).toThrow('"when" was said of an edge');
    expect(() => (flow.undo("a") as unknown as typeof flow).build()).toThrow("nothing undoes a");
    expect(() => flow.set("a" as never)).toThrow("two nodes a");
    expect(() => flow.set("b", { with: { no: () => 1 } })).toThrow("a whole field");
  });
});

describe("an expression that is drawn", () => {
  type Facts = Readonly<{
    n: number;
    s: string;
    yes: boolean;
    "a-b": { in: number };
    list: readonly { n: number }[];
  }>;
  type Write = ($: Readonly<{ input: Ref<Facts> }>) => unknown;

  function print(write: Write): unknown {
    const drawn = workflow("print", { input: shape<Facts>() }).set("a", { with: write }).build();
    return (drawn["nodes"] as readonly JsonObject[])[0]?.["with"];
  }

  test.each<[string, string, Write]>([
    ["paths", "$input.n", ($) => $.input.n],
    ["names with a hyphen", "$input.`a-b`.`in`", ($) => $.input["a-b"].in],
    ["entries of lists", "$input.list[0].n", ($) => at($.input.list, 0).n],
    ["numbers in unknown paths", "$input.list[1].`x y`", ($) => get($.input.list, 1, "x y")],
    ["sums of products", "$input.n * 2 + 1", ($) => plus(times($.input.n, 2), 1)],
    ["products of sums", "($input.n + 1) * 2", ($) => times(plus($.input.n, 1), 2)],
    ["differences", "1 - ($input.n - 2)", ($) => minus(1, minus($.input.n, 2))],
    [
      "conditions",
      "($input.yes or $input.n > 1) and $not($input.yes)",
      ($) => and(or($.input.yes, gt($.input.n, 1)), not($.input.yes)),
    ],
    ["texts", "$input.s & ' \"x\" ' & 1", ($) => concat($.input.s, ' "x" ', 1)],
    ["texts with both quotes", `$input.s & "it's \\"x\\""`, ($) => concat($.input.s, 'it\'s "x"')],
    [
      "choices in choices",
      "$input.yes ? ($input.yes ? 1 : 2) : $input.yes ? 3 : 4",
      ($) => choose($.input.yes, choose($.input.yes, 1, 2), choose($.input.yes, 3, 4)),
    ],
    ["calls", "$round($input.n / 3, 2)", ($) => call("round", expr`${$.input.n} / 3`, 2)],
    [
      "values",
      "$merge([$input, {\"a\": [1, 'b', true, null]}])",
      ($) => call("merge", [$.input, { a: [1, "b", true, null] }]),
    ],
    ["its own words", "($input.n + 1) ~> $string", ($) => expr`${plus($.input.n, 1)} ~> $string`],
    [
      "members of what it computes",
      "($input.yes ? $input : {}).n",
      ($) => get(choose($.input.yes, $.input, {}), "n"),
    ],
  ])("writes %s", (_what, source, write) => {
    expect(print(write)).toBe(`{% ${source} %}`);
  });

  test("is right in a plain text, too", () => {
    expect(print(($) => `${$.input.n as unknown as string} EUR`)).toBe("{% $input.n %} EUR");
  });

  test("refuses a name that JSONata cannot write", () => {
    expect(() => print(($) => get($.input, "a`b"))).toThrow("no way to write the name");
  });
});
