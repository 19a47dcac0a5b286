import { describe, expect, test } from "vitest";
import type { Command } from "../../core/kernel/command.ts";
import { chain, contextOf, createdAt, given, NOW } from "../support/given.ts";
import { story } from "./story.ts";

const create: Command = {
  type: "run.create",
  id: "run-1",
  tenant: "acme",
  seed: "seed",
  input: null,
  tags: {},
};
const one = { id: "go", type: "set", with: { n: 1 } };
const step = { step: "go.1", node: "go", visit: 1, token: 1, attempt: 1 };

describe("a run that is created", () => {
  test("goes as far as it can without effects, in the commit that creates it", async () => {
    await given(contextOf({ nodes: [one] }))
      .when(create)
      .yields(
        createdAt("go"),
        { type: "step.started", ...step, kind: "set" },
        {
          type: "step.succeeded",
          ...step,
          output: { n: 1 },
          moves: [{ op: "end", tokens: [1] }],
        },
        { type: "run.succeeded", output: { n: 1 } },
      );
  });

  test("leaves an effect to a driver: no call is on record before somebody will make it", async () => {
    await given(contextOf({ nodes: [{ id: "go", type: "tool", tool: "charge" }] }))
      .when(create)
      .yields(createdAt("go"));
  });

  test("is refused where there is one already", async () => {
    await given(contextOf({ nodes: [one] }), createdAt("go"))
      .when(create)
      .refuses("run_exists");
  });

  test("is the first thing that can happen to a run", async () => {
    for (const command of [
      { type: "run.advance" },
      { type: "run.signal", name: "paid", payload: null },
      { type: "run.cancel" },
      { type: "run.respond", body: null },
      { type: "task.decide", task: "t", decision: "approved", by: "ada", via: "api" },
    ] satisfies Command[]) {
      await given(contextOf({ nodes: [one] }))
        .when(command)
        .refuses("run_not_found");
    }
  });

  test("has its variables, each of which sees the input and those before it", async () => {
    const tale = await story(
      {
        nodes: [{ id: "go", type: "set", with: "{% $vars %}" }],
        vars: {
          net: "{% $input.net %}",
          gross: "{% $vars.net * 2 %}",
          plain: [1],
          gone: "{% $no %}",
        },
      },
      { input: { net: 4 } },
    );

    expect(tale.run.output).toEqual({ net: 4, gross: 8, plain: [1], gone: null });
  });

  test("fails when a variable cannot be computed, with a record of the attempt", async () => {
    const tale = await story({ nodes: [one], vars: { broken: "{% 'a' * 2 %}" } });

    expect(tale.run.error).toMatchObject({ code: "EXPRESSION_ERROR" });
    expect(tale.events().map(({ type }) => type)).toEqual(["run.created", "run.failed"]);
  });

  test("gets the earlier of its own deadline and its workflow's", async () => {
    const context = contextOf({
      nodes: [{ id: "go", type: "wait", event: { name: "x" } }],
      limits: { deadline: "PT1H" },
    });
    const hour = NOW + 3_600_000;

    for (const [asked, deadline] of [
      [undefined, hour],
      [NOW + 5, NOW + 5],
      [hour + 5, hour],
    ]) {
      const command = { ...create, ...(asked !== undefined && { deadline: asked }) };
      const wait = { kind: "event", name: "x" } as const;
      await given(context)
        .when(command)
        .yields(
          createdAt("go", { ...(deadline !== undefined && { deadline }) }),
          { type: "step.started", ...step, kind: "wait" },
          { type: "step.waiting", ...step, wait },
          {
            type: "run.waiting",
            waitingOn: [{ ...wait, since: "2026-01-01T00:00:00.000Z", node: "go", step: "go.1" }],
          },
        );
    }
  });

  test("starts where the workflow says, which may be a node that is not the first", async () => {
    const tale = await story({
      nodes: [
        { id: "last", type: "end", output: "done" },
        { id: "first", type: "set" },
      ],
      edges: [["first", "last"]],
      start: "first",
    });

    expect(tale.steps()).toEqual(["first.1", "last.1"]);
    expect(tale.run.output).toBe("done");
  });
});

describe("one commit", () => {
  test("takes on fifty steps at most, and the next one goes on", async () => {
    const nodes = Array.from({ length: 120 }, (_, n) => ({ id: `n${n}`, type: "set", with: n }));
    const tale = await story(chain(...nodes));

    expect(tale.log.length).toBe(3);
    expect(tale.run).toMatchObject({ status: "succeeded", output: 119 });
  });

  test("takes on no more once it has grown large", async () => {
    const large = "x".repeat(40_000);
    const nodes = Array.from({ length: 6 }, (_, n) => ({ id: `n${n}`, type: "set", with: large }));
    const tale = await story(chain(...nodes));

    expect(tale.log.length).toBe(3);
    expect(Math.max(...tale.log.map(({ events }) => JSON.stringify(events).length))).toBeLessThan(
      256 * 1024,
    );
    expect(tale.run.status).toBe("succeeded");
  });
});

describe("a run that has ended", () => {
  test("accepts nothing any more", async () => {
    const tale = await story({ nodes: [one] });
    const { run } = tale;

    for (const command of [
      { type: "run.advance" },
      { type: "run.advance", driver: { mine: new Set(), effectsMax: 9 } },
      { type: "step.settle", outcomes: [], driver: { mine: new Set(), effectsMax: 9 } },
      { type: "run.signal", name: "x", payload: null },
      { type: "run.respond", body: null },
      { type: "run.cancel" },
    ] satisfies Command[]) {
      expect(await tale.give(command)).toEqual({ type: "rejected", reason: "run_ended" });
    }
    expect(await tale.decides("approved", "ada")).toEqual({
      type: "rejected",
      reason: "task_closed",
    });
    expect(tale.run).toBe(run);
  });
});
