import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Sketch } from "../support/given-sketch.ts";
import { alone, body, breaks, call, each, set, works } from "./map-story.ts";
import { story } from "./story.ts";

describe("a failed item", () => {
  test("fails the map with its error, and cancels the others", async () => {
    const tale = await story(alone(each(body(call("work")))), { input: [1, 2, 3] });
    await breaks(tale, 1);

    expect(tale.run.error).toMatchObject({
      code: "HTTP_404",
      node: "each",
      message: "item 1 of each: each/work said HTTP_404",
      cause: { code: "HTTP_404", node: "work" },
    });
    expect(tale.of("step.cancelled").map(({ step }) => step)).toEqual([
      "each.1:0.work.1",
      "each.1:2.work.1",
    ]);
  });

  test("is taken by the map's error edge", async () => {
    const sketch: Sketch = {
      nodes: [each(body(call("work"))), set("mend", { with: "{% $steps.each.error.code %}" })],
      edges: [["each", "mend", { on: "error", errors: ["HTTP_4*"] }]],
    };
    const tale = await story(sketch, { input: [1, 2] });
    await breaks(tale, 0);

    expect(tale.run.output).toBe("HTTP_404");
  });

  test("is taken by an edge of the body first", async () => {
    const inner: JsonObject = {
      nodes: [call("work"), set("mend", { with: "mended" })],
      edges: [{ from: "work", to: "mend", on: "error" }],
    };
    const tale = await story(alone(each(inner)), { input: [1] });
    await breaks(tale, 0);

    expect(tale.run.output).toEqual(["mended"]);
  });

  test("is tolerated as often as the author says, and its error is its result", async () => {
    const node = each(body(call("work")), { tolerate: 1 });
    const tale = await story(alone(node), { input: [1, 2, 3] });
    await breaks(tale, 1);
    await works(tale, 0, "A");
    await works(tale, 2, "C");

    expect(tale.run.output).toEqual([
      "A",
      { error: { code: "HTTP_404", message: "each/work said HTTP_404", node: "work" } },
      "C",
    ]);
  });

  test("is one too many when more fail than are tolerated", async () => {
    const node = each(body(call("work")), { tolerate: "50%" });
    const tale = await story(alone(node), { input: [1, 2, 3] });
    await breaks(tale, 0);
    expect(tale.run.status).toBe("running");
    await breaks(tale, 1);

    expect(tale.run.error).toMatchObject({ code: "MAP_FAILED", cause: { code: "HTTP_404" } });
  });
});

describe("a map that needs only so many", () => {
  const needs = (rest?: string) =>
    each(body(call("work")), { minSuccessful: 2, ...(rest !== undefined && { rest }) });

  test("goes on when they have succeeded, and cancels the rest", async () => {
    const tale = await story(alone(needs()), { input: [1, 2, 3] });
    await works(tale, 2, "C");
    await works(tale, 0, "A");

    expect(tale.run.output).toEqual(["A", null, "C"]);
    expect(tale.of("step.cancelled").map(({ step }) => step)).toEqual(["each.1:1.work.1"]);
  });

  test("lets the rest go on to their ends, whatever they come to, when told to ignore them", async () => {
    const sketch: Sketch = {
      nodes: [needs("ignore"), call("after", { with: 1 })],
      edges: [["each", "after"]],
    };
    const tale = await story(sketch, { input: [1, 2, 3, 4] });
    await works(tale, 0, "A");
    await works(tale, 1, "B");
    expect(tale.calling()).toEqual(["after", "each/work", "each/work"]);
    await breaks(tale, 2);
    await tale.works("after", "done");
    expect(tale.run.status).toBe("running");
    await works(tale, 3);

    expect(tale.run.status).toBe("succeeded");
    expect(tale.of("step.succeeded").find(({ node }) => node === "each")?.output).toEqual([
      "A",
      "B",
      null,
      null,
    ]);
  });

  test("fails as soon as so many cannot succeed any more", async () => {
    const tale = await story(alone(needs()), { input: [1, 2, 3] });
    await breaks(tale, 0);
    await breaks(tale, 1);

    expect(tale.run.error).toMatchObject({ code: "MAP_FAILED" });
  });

  test("fails at once when there are not so many items", async () => {
    const tale = await story(alone(needs()), { input: [1] });

    expect(tale.run.error).toMatchObject({ code: "MAP_FAILED" });
    expect(tale.calling()).toEqual([]);
  });
});
