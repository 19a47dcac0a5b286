import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { waitingOn } from "../../core/kernel/waiting-on.ts";
import { NOW } from "../support/given.ts";
import { story } from "./story.ts";

const DAY = 86_400_000;
const event = (name: string, key?: string): JsonObject => ({
  event: { name, ...(key !== undefined && { key }) },
});
const waiting = (node: JsonObject, input: Json = null) =>
  story({ nodes: [{ id: "w", type: "wait", ...node }] }, { input });

describe("a wait for any of several", () => {
  test("is over with the first event, and cancels the wait for the other", async () => {
    const tale = await waiting({ any: [event("a"), event("b")] });
    expect(waitingOn(tale.run)).toMatchObject([
      { kind: "event", name: "a" },
      { kind: "event", name: "b" },
    ]);
    await tale.signal("b", { n: 1 });

    expect(tale.run).toMatchObject({ status: "succeeded", output: { n: 1 } });
    expect(tale.of("step.succeeded")[0]).toMatchObject({ won: 1 });
  });

  test("is over with the earliest of its times", async () => {
    const tale = await waiting({ any: [{ for: "P3D" }, { for: "P1D" }, event("a")] });
    await tale.passes(DAY);

    expect(tale.run.output).toEqual({ firedAt: "2026-01-02T00:00:00.000Z" });
    expect(tale.of("step.succeeded")[0]).toMatchObject({ won: 1 });
  });

  test("takes an event that came before, and only that one", async () => {
    const tale = await story({
      nodes: [
        { id: "hold", type: "wait", for: "P1D" },
        { id: "w", type: "wait", any: [event("a"), event("b")] },
        { id: "x", type: "wait", event: { name: "b" } },
      ],
      edges: [
        ["hold", "w"],
        ["w", "x"],
      ],
    });
    await tale.signal("b", 1);
    await tale.signal("b", 2);
    await tale.passes(DAY);

    expect(tale.run).toMatchObject({ status: "succeeded", output: 2 });
    expect(tale.run.results["w"]).toMatchObject([{ output: 1, won: 1 }]);
  });

  test("with a time that has passed is no wait", async () => {
    const tale = await waiting({ any: [event("a"), { until: "2020-01-01" }] });

    expect(tale.run.status).toBe("succeeded");
    expect(tale.of("step.waiting")).toEqual([]);
  });

  test("expires when nothing came in time", async () => {
    const tale = await waiting({ any: [event("a"), event("b")], timeout: "P1D" });
    await tale.passes(DAY - 1);
    expect(tale.run.status).toBe("waiting");
    await tale.passes(1);

    expect(tale.run.error).toMatchObject({ code: "TIMEOUT" });
  });

  test("is told apart by the number of what came, in conditions", async () => {
    const tale = await story({
      nodes: [
        { id: "w", type: "wait", any: [event("a"), event("b")] },
        { id: "a", type: "set", with: "a" },
        { id: "b", type: "set", with: "b" },
      ],
      edges: [
        ["w", "a", { when: "{% $steps.w.won = 0 %}" }],
        ["w", "b", { when: "{% $steps.w.won = 1 %}" }],
      ],
    });
    await tale.signal("b");

    expect(tale.run.output).toBe("b");
  });
});

describe("a wait for all of several", () => {
  test("is over when the last has come, with what each brought, in their order", async () => {
    const tale = await waiting({ all: [event("a"), event("b"), { for: "P1D" }] });
    await tale.signal("b", "B");
    expect(tale.run.status).toBe("waiting");
    await tale.passes(DAY);
    expect(waitingOn(tale.run)).toMatchObject([{ kind: "event", name: "a" }]);
    await tale.signal("a", "A");

    const firedAt = new Date(NOW + DAY).toISOString();
    expect(tale.run.output).toEqual(["A", "B", { firedAt }]);
  });

  test("takes an event of the same name and key once for each time that it is named", async () => {
    const tale = await waiting({ all: [event("a", "k"), event("a", "k")] });
    await tale.signal("a", 1, { key: "k", id: "1" });
    await tale.signal("a", 1, { key: "k", id: "1" });
    expect(tale.run.status).toBe("waiting");
    await tale.signal("a", 2, { key: "k", id: "2" });

    expect(tale.run.output).toEqual([1, 2]);
  });

  test("takes what came before, and waits for the rest", async () => {
    const tale = await story({
      nodes: [
        { id: "hold", type: "wait", for: "P1D" },
        { id: "w", type: "wait", all: [event("a"), event("b"), event("a")] },
      ],
      edges: [["hold", "w"]],
    });
    await tale.signal("a", 1);
    await tale.signal("a", 2);
    await tale.passes(DAY);
    expect(tale.run.signals).toEqual([]);
    expect(waitingOn(tale.run)).toMatchObject([{ kind: "event", name: "b" }]);
    await tale.signal("b", "B");

    expect(tale.run.output).toEqual([1, "B", 2]);
  });

  test("that has come whole before is no wait for anybody", async () => {
    const tale = await story({
      nodes: [
        { id: "hold", type: "wait", for: "P1D" },
        { id: "w", type: "wait", all: [event("a"), { until: "2020-01-01" }] },
      ],
      edges: [["hold", "w"]],
    });
    await tale.signal("a", 1);
    await tale.passes(DAY);

    expect(tale.run.output).toMatchObject([1, {}]);
  });

  test("expires though some have come", async () => {
    const tale = await waiting({ all: [event("a"), event("b"), { for: "P1D" }], timeout: "P1D" });
    await tale.signal("a");
    await tale.passes(2 * DAY);

    expect(tale.run.error).toMatchObject({ code: "TIMEOUT" });
  });

  test("is answered by `respond` when one event is left of it", async () => {
    const tale = await waiting({ all: [event("a"), event("b")] });
    expect(await tale.tell({ type: "run.respond", body: 1 })).toMatchObject({
      reason: "wait_ambiguous",
    });
    await tale.signal("b", 2);
    await tale.tell({ type: "run.respond", body: 1 });

    expect(tale.run.output).toEqual([1, 2]);
  });
});

test.each([{ for: "soon" }, { event: { name: "{% $input %}" } }, { until: "{% $input %}" }])(
  "what a template makes of %j can be nothing to wait for: INVALID_EVENT",
  async (part) => {
    const made = JSON.parse(JSON.stringify(part).replace("soon", "{% $input %}")) as JsonObject;
    const tale = await waiting({ any: [made] }, "");

    expect(tale.run.error).toMatchObject({ code: "INVALID_EVENT" });
  },
);
