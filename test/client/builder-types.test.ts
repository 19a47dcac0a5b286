import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import {
  and,
  at,
  type Built,
  eq,
  gt,
  plus,
  type Ref,
  shape,
  sum,
  text,
  tool,
  workflow,
} from "../../client/index.ts";
import { manyNodes } from "./many-nodes.ts";

const order = {
  type: "object",
  properties: {
    id: { type: "string" },
    amount: { type: "number" },
    note: { type: ["string", "null"] },
    channel: { enum: ["web", "shop"] },
    lines: { type: "array", items: { type: "object", properties: { price: { type: "number" } } } },
    more: {},
  },
  required: ["id", "amount", "lines"],
} as const;

const pay = tool<{ order: string; amount: number }, { receipt: string }>("pay");

/** Nothing of this is run: the compiler is the one who answers. */
const only = (_types: () => unknown) => undefined;

describe("the types of a workflow that is drawn", () => {
  test("follow from the schema of the input to the expressions", () => {
    workflow("typed", { input: order, vars: { total: 0 } }).set("a", {
      with: ($) => {
        expectTypeOf($.input.id).toEqualTypeOf<Ref<string>>();
        expectTypeOf($.input.channel).toEqualTypeOf<Ref<"web" | "shop" | undefined>>();
        expectTypeOf(at($.input.lines, 0).price).toExtend<Ref<number | undefined>>();
        expectTypeOf($.vars.total).toEqualTypeOf<Ref<number>>();
        // @ts-expect-error -- the schema has no such member.
        expect(String($.input.amout)).toBe("{% $input.amout %}");
        // @ts-expect-error -- no such variable is declared.
        expect(String($.vars.totl)).toBe("{% $vars.totl %}");
        // @ts-expect-error -- a text is not compared with a number.
        gt($.input.id, 100);
        // @ts-expect-error -- a list is not added to.
        plus($.input.lines, 1);
        return and(gt($.input.amount, 100), eq($.input.id, "o-1"));
      },
      assign: ($) => {
        expectTypeOf($.output).toEqualTypeOf<Ref<boolean>>();
        return { total: plus($.vars.total, 1) };
      },
    });
  });

  test("follow from the schemas of zod as well", () => {
    const flow = workflow("zod", { input: z.object({ tags: z.array(z.string()) }) });
    flow.set("a", {
      with: ($) => {
        expectTypeOf(at($.input.tags, 0)).toEqualTypeOf<Ref<string>>();
        // @ts-expect-error -- the sum of texts.
        return sum($.input.tags);
      },
    });

    expectTypeOf(flow.build()).toExtend<Built<{ tags: string[] }, unknown>>();
  });

  test("know what each step came to", () => {
    workflow("steps")
      .llm("plan", {
        prompt: "Plan.",
        schema: { type: "object", properties: { n: { type: "number" } } },
      })
      .llm("say", { prompt: "Say." })
      .tool("pay", { tool: pay, with: { order: "o-1", amount: 1 } })
      .approval("ask", { options: ["approved", "later"] })
      .form("address", { schema: { type: "object", properties: { zip: { type: "string" } } } })
      .ask("colour", { prompt: "Which?" })
      .wait("paid", { event: { name: "paid" }, payload: shape<{ sum: number }>() })
      .set("look", {
        with: ({ steps }) => {
          expectTypeOf(steps.plan.output.object.n).toEqualTypeOf<Ref<number | undefined>>();
          expectTypeOf(steps.say.output.object).toEqualTypeOf<Ref<null>>();
          expectTypeOf(steps.pay.output.receipt).toEqualTypeOf<Ref<string>>();
          expectTypeOf(steps.ask.output.decision).toEqualTypeOf<Ref<"approved" | "later">>();
          expectTypeOf(steps.address.output.zip).toEqualTypeOf<Ref<string | undefined>>();
          expectTypeOf(steps.colour.output.response).toEqualTypeOf<Ref<string>>();
          expectTypeOf(steps.paid.output.sum).toEqualTypeOf<Ref<number>>();
          // @ts-expect-error -- there is no such step.
          return steps.refund;
        },
      });
  });

  test("know what a map's items are, and what its body sees", () => {
    workflow("map", { input: order })
      .set("before", { with: 1 })
      .map(
        "each",
        ($) => $.input.lines,
        (each) =>
          each
            .set("price", {
              with: ($) => {
                expectTypeOf($.item.price).toExtend<Ref<number | undefined>>();
                expectTypeOf($.index).toEqualTypeOf<Ref<number>>();
                return plus($.item.price, $.steps.before.output);
              },
            })
            // @ts-expect-error -- edges lead to nodes of the body alone.
            .to("before"),
        { answers: shape<number>() },
      )
      .set("after", {
        with: ($) => {
          expectTypeOf($.steps.each.output).toEqualTypeOf<Ref<readonly number[]>>();
          // @ts-expect-error -- outside of the map there is no item.
          return $.item;
        },
      });
  });

  test("let edges begin and end at nodes that are there, by ports that they have", () => {
    const flow = workflow("edges")
      .approval("ask", { options: ["approved", "later"] })
      .set("a");

    only(() => [
      // @ts-expect-error -- no node has this id.
      flow.to("b"),
      // @ts-expect-error -- no node has this id.
      flow.after("b"),
      // @ts-expect-error -- a node has this id.
      flow.set("ask"),
      // @ts-expect-error -- `set` has no such port.
      flow.on("timeout"),
      // @ts-expect-error -- it is none of the options.
      flow.after("ask").on("rejected"),
      // @ts-expect-error -- not both of them have it.
      flow.after("ask", "a").on("later"),
      // @ts-expect-error -- nothing leaves an end.
      flow.end("stop").to("a"),
      // @ts-expect-error -- no node has this id.
      flow.set("c", { cancels: ["d"] }),
      // @ts-expect-error -- no node has this id.
      flow.undo("b"),
    ]);
    const fine = flow.after("ask").on("later").to("ask").after("ask").on("timeout").end("late");

    expect(fine.build()["edges"]).toHaveLength(3);
  });

  test("hold for more nodes than the compiler follows a type into itself", () => {
    expectTypeOf(manyNodes).toExtend<Built<unknown, number>>();
    expect(manyNodes["nodes"]).toHaveLength(111);
  });

  test("let tools and subflows be given what they take", () => {
    const child = workflow("child", { input: shape<{ n: number }>() }).set("a", { with: 1 });
    const built = child.build(($) => ({ twice: $.steps.a.output }));
    const flow = workflow("calls", { input: order, vars: { total: 0 } });

    only(() => [
      // @ts-expect-error -- the amount is missing.
      flow.tool("pay", { tool: pay, with: { order: "o-1" } }),
      // @ts-expect-error -- the amount is a number.
      flow.tool("pay", { tool: pay, with: ($) => ({ order: "o-1", amount: $.input.id }) }),
      // @ts-expect-error -- n is a number.
      flow.subflow("sub", { workflow: built, with: { n: "1" } }),
      // @ts-expect-error -- a variable of this name is not declared.
      flow.set("set", { with: 1, assign: ($) => ({ totl: $.output }) }),
      // @ts-expect-error -- the variable is a number.
      flow.set("set", { with: "x", assign: ($) => ({ total: $.output }) }),
      // @ts-expect-error -- it is no duration.
      flow.wait("wait", { for: "PT1S", timeout: "1s" }),
      // @ts-expect-error -- there is no such field.
      flow.set("set", { wiht: 1 }),
    ]);
    flow.subflow("sub", { workflow: built, with: ($) => ({ n: $.input.amount }) }).set("a", {
      with: ($) => {
        expectTypeOf($.steps.sub.output.twice).toEqualTypeOf<Ref<number>>();
        return text`${$.steps.sub.output.twice}`;
      },
    });

    expectTypeOf(built).toExtend<Built<{ n: number }, { twice: number }>>();
  });
});
