import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { chain } from "../support/given.ts";
import { story } from "./story.ts";

const set = (id: string, more: JsonObject = {}) => ({ id, type: "set", with: id, ...more });
const output = async (value: unknown, input: unknown = null) =>
  (await story({ nodes: [set("go", { with: value as never })] }, { input: input as never })).run;

describe("a template", () => {
  test.each([
    ["{% $input.n %}", 3],
    ["  {% $input.n %}  ", 3],
    ["n is {% $input.n %}", "n is 3"],
    ["{% $input.n %}{% $input.n %}", "33"],
    ["<{% $input.none %}>", "<>"],
    ["{% $input.list %}", [1, 2]],
    ["list {% $input.list %} of {% $input.object %}", 'list [1,2] of {"a":null}'],
    ["{% $input.object.a %}", null],
    ["null: {% $input.object.a %}", "null: null"],
    [{ kept: "{% $input.n %}", gone: "{% $input.none %}" }, { kept: 3 }],
    [
      ["{% $input.n %}", "{% $input.none %}", 1],
      [3, null, 1],
    ],
    [{ deep: [{ er: "{% $input.n %}" }] }, { deep: [{ er: 3 }] }],
    ["no template", "no template"],
    ["100 %} of it", "100 %} of it"],
    ["{% $input.list[0] %}", 1],
    ["{% $input.one %}", ["only"]],
    ["{% $input.empty %}", []],
    ['{% $input."odd name" %}', 5],
    ["{% $run.id & '/' & $run.tenant & '/' & $run.workflow %}", "run-1/acme/flow"],
    ["{% $now() %}", "2026-01-01T00:00:00.000Z"],
    ["{% $now() = $run.startedAt %}", true],
    ["{% $run.version %}", 1],
    ["{% $steps.go.visits %}", null],
    ["", ""],
    [null, null],
  ])("%j is %j", async (template, value) => {
    const input = {
      n: 3,
      list: [1, 2],
      one: ["only"],
      empty: [],
      object: { a: null },
      "odd name": 5,
    };

    expect((await output(template, input)).output).toEqual(value);
  });

  test("keeps members by any name, as plain data", async () => {
    const input = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "": 3}') as never;

    const run = await output({ copy: "{% $input %}" }, input);

    expect(JSON.stringify(run.output)).toBe(
      '{"copy":{"__proto__":{"polluted":1},"constructor":2,"":3}}',
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("assign", () => {
  test("sets variables after a success, from the step's output and what was before", async () => {
    const tale = await story({
      ...chain(
        set("a", {
          with: { n: 2 },
          assign: { total: "{% $vars.total + $output.n %}", old: "{% $vars.total %}" },
        }),
        set("b", { with: "{% $vars %}" }),
      ),
      vars: { total: 1 },
    });
    expect(tale.run.output).toEqual({ total: 3, old: 1 });
  });

  test("of an absent value is null, so that the name is there", async () => {
    const tale = await story(
      chain(set("a", { assign: { x: "{% $output.none %}" } }), set("b", { with: "{% $vars %}" })),
    );

    expect(tale.run.output).toEqual({ x: null });
  });

  test("holds before the edges are tried", async () => {
    const tale = await story({
      nodes: [set("a", { assign: { x: 1 } }), set("yes"), set("no")],
      edges: [
        ["a", "yes", { when: "{% $vars.x = 1 %}" }],
        ["a", "no"],
      ],
    });

    expect(tale.steps()).toEqual(["a.1", "yes.1"]);
  });

  test("of a call happens once, when it succeeds", async () => {
    const tale = await story({
      ...chain(
        { id: "pay", type: "tool", tool: "charge", assign: { n: "{% $vars.n + 1 %}" } },
        set("b", { with: "{% $vars.n %}" }),
      ),
      vars: { n: 0 },
    });
    await tale.breaks("pay");
    await tale.passes(60_000);
    await tale.crashes();
    await tale.works("pay");

    expect(tale.run.output).toBe(1);
  });

  test("of an answer and a decision sees them as the output", async () => {
    const tale = await story(
      chain(
        { id: "hold", type: "wait", event: { name: "x" }, assign: { got: "{% $output.a %}" } },
        { id: "ok", type: "approval", assign: { who: "{% $output.decidedBy %}" } },
        set("all", { with: "{% $vars %}" }),
      ),
    );
    await tale.signal("x", { a: 1 });
    await tale.decides("approved", "ada");

    expect(tale.run.output).toEqual({ got: 1, who: "ada" });
  });
});

describe("$steps", () => {
  test("shows output, status, attempts and visits of what completed, and nothing of the rest", async () => {
    const tale = await story({
      nodes: [
        { id: "pay", type: "tool", tool: "charge", retry: { backoff: { jitter: "none" } } },
        set("show", {
          with: { pay: "{% $steps.pay %}", show: "{% $steps.show %}", none: "{% $steps.none %}" },
        }),
      ],
      edges: [["pay", "show"]],
    });
    await tale.breaks("pay");
    await tale.passes(1_000);
    await tale.works("pay", { ok: true });

    expect(tale.run.output).toEqual({
      pay: { visit: 1, status: "succeeded", output: { ok: true }, attempts: 2, visits: 1 },
    });
  });

  test("is the newest visit in a loop", async () => {
    const tale = await story({
      nodes: [
        set("n", { with: "{% $exists($steps.n) ? $steps.n.output + 1 : 1 %}" }),
        { id: "end", type: "end", output: "{% $steps.n %}" },
      ],
      edges: [
        ["n", "n", { when: "{% $steps.n.output < 4 %}" }],
        ["n", "end"],
      ],
    });

    expect(tale.run.output).toEqual({
      visit: 4,
      status: "succeeded",
      output: 4,
      attempts: 1,
      visits: 4,
    });
  });

  test("is the token's own path's visit where branches visit one node", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        set("a"),
        set("b"),
        { id: "pay", type: "tool", tool: "charge", with: "{% $exists($steps.a) ? 'a' : 'b' %}" },
        { id: "show", type: "tool", tool: "ship", with: "{% $steps.pay.output %}" },
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "pay"],
        ["b", "pay"],
        ["pay", "show"],
      ],
    });
    const [first, second] = Object.values(tale.run.tokens);
    await tale.settle({
      token: second?.id ?? 0,
      node: "pay",
      visit: 2,
      attempt: 1,
      ok: true,
      output: "second",
    });
    await tale.settle({
      token: first?.id ?? 0,
      node: "pay",
      visit: 1,
      attempt: 1,
      ok: true,
      output: "first",
    });

    expect(Object.values(tale.run.tokens).map(({ node, input }) => [node, input])).toEqual([
      ["show", "first"],
      ["show", "second"],
    ]);
  });

  test("is what completed last for a path that did not come by", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        set("a", { with: "from a" }),
        { id: "hold", type: "wait", event: { name: "x" } },
        set("look", { with: "{% $steps.a.output %}" }),
      ],
      edges: [
        ["go", "a"],
        ["go", "hold"],
        ["hold", "look"],
      ],
    });
    await tale.signal("x");

    expect(tale.run.output).toBe("from a");
  });

  test("sees all branches after they joined", async () => {
    const tale = await story({
      nodes: [
        set("go", { split: "all" }),
        set("a"),
        set("b"),
        set("both", { join: "all", with: "{% $steps.a.output & $steps.b.output %}" }),
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
        ["a", "both"],
        ["b", "both"],
      ],
    });

    expect(tale.run.output).toBe("ab");
  });

  test("works for nodes that are called like something that every object has", async () => {
    for (const id of ["constructor", "toString", "hasOwnProperty", "isPrototypeOf", "valueOf"]) {
      const tale = await story(
        {
          nodes: [
            { id, type: "tool", tool: id, assign: { [id]: "{% $output.n %}" } },
            set("end", { with: [`{% $steps.\`${id}\`.output.n %}`, `{% $vars.\`${id}\` %}`] }),
          ],
          edges: [
            [id, id, { when: `{% $steps.\`${id}\`.visits < 2 %}` }],
            [id, "end"],
          ],
        },
        { tools: Object.fromEntries([[id, { hash: "h" }]]) },
      );
      await tale.works(id, { n: 1 });
      await tale.works(id, { n: 2 });

      expect(tale.run.output, id).toEqual([2, 2]);
      expect(tale.steps(), id).toEqual([`${id}.1`, `${id}.2`, "end.1"]);
    }
  });
});

describe("the run's output", () => {
  test("is the output of the step that ended it", async () => {
    const tale = await story(chain(set("a"), set("b", { with: "last" })));

    expect(tale.run.output).toBe("last");
  });

  test("is what the workflow says, evaluated at the end", async () => {
    const tale = await story({
      ...chain(set("a", { with: 1, assign: { x: 5 } }), set("b")),
      output: { a: "{% $steps.a.output %}", x: "{% $vars.x %}", run: "{% $run.id %}" },
    });

    expect(tale.run.output).toEqual({ a: 1, x: 5, run: "run-1" });
  });

  test("that cannot be computed fails the run", async () => {
    const tale = await story({ ...chain(set("a")), output: "{% 'a' * 2 %}" });

    expect(tale.run.error).toMatchObject({ code: "EXPRESSION_ERROR" });
  });

  test("of an end is the end's own, or what came to it", async () => {
    const own = await story(
      chain(set("a", { with: 1 }), {
        id: "e",
        type: "end",
        output: { n: "{% $steps.a.output %}" },
      }),
    );
    const passed = await story(chain(set("a", { with: 1 }), { id: "e", type: "end" }));

    expect(own.run.output).toEqual({ n: 1 });
    expect(passed.run.output).toBe(1);
  });
});
