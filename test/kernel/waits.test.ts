import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { chain, contextOf, createdAt, given, NOW } from "../support/given.ts";
import { story } from "./story.ts";

const minute = 60_000;
const wait = (more: JsonObject) => ({ id: "hold", type: "wait", ...more });
const paid = wait({ event: { name: "paid", key: "{% $input %}" } });
const ids = { step: "hold.1", node: "hold", visit: 1, token: 1, attempt: 1 };

describe("a wait for a time", () => {
  test("is a row, and fires at its instant and not before", async () => {
    const tale = await story(chain(wait({ for: "PT1M" }), { id: "on", type: "set" }));
    expect(tale.run).toMatchObject({ status: "waiting", tokens: { "1": { dueAt: NOW + minute } } });

    await tale.passes(minute - 1);
    expect(tale.run.status).toBe("waiting");
    await tale.passes(1);

    expect(tale.run.status).toBe("succeeded");
    expect(tale.of("timer.set")).toMatchObject([{ step: "hold.1", dueAt: NOW + minute }]);
    expect(tale.of("timer.fired")).toMatchObject([{ step: "hold.1", dueAt: NOW + minute }]);
  });

  test("tells when it fired, which may be later than it was due", async () => {
    const tale = await story({ nodes: [wait({ until: "2026-01-02T00:00:00Z" })] });
    await tale.passes(2 * 24 * 60 * minute);

    expect(tale.run.output).toEqual({ firedAt: "2026-01-03T00:00:00.000Z" });
  });

  test("that has passed already is no wait", async () => {
    for (const past of [{ until: "2025-12-31T23:59:59Z" }, { for: "PT0S" }]) {
      const tale = await story({ nodes: [wait(past)] });
      expect(tale.run).toMatchObject({
        status: "succeeded",
        output: { firedAt: "2026-01-01T00:00:00.000Z" },
      });
      expect(tale.of("step.waiting")).toEqual([]);
    }
  });

  test("may be computed when the run gets there", async () => {
    const tale = await story(
      { nodes: [wait({ for: "{% $input.pause %}" })] },
      { input: { pause: "PT2M" } },
    );

    expect(tale.run.tokens["1"]?.dueAt).toBe(NOW + 2 * minute);
  });

  test.each([
    { for: "{% $input.nothing %}" },
    { for: "{% 5 %}" },
    { for: "{% 'soon' %}" },
    { until: "{% 'PT5M' %}" },
    { until: "{% '2026-02-30' %}" },
  ])("that is none fails its step: %j", async (fields) => {
    const tale = await story({ nodes: [wait(fields)] });

    expect(tale.run.error).toMatchObject({ code: "INVALID_TIME", node: "hold" });
  });

  test("fires once, however often it is looked at", async () => {
    const tale = await story({
      nodes: [wait({ for: "PT1M" }), wait({ id: "next", for: "PT1M" })],
      edges: [["hold", "next"]],
    });
    await tale.passes(minute);
    await tale.passes(0);
    await tale.give({ type: "run.advance" });

    expect(tale.of("timer.fired")).toHaveLength(1);
    expect(tale.run.status).toBe("waiting");
  });

  test("of several due at once lets each go on", async () => {
    const nodes = ["a", "b"].map((id) => wait({ id, for: "PT1M" }));
    const tale = await story({
      nodes: [{ id: "go", type: "set", split: "all" }, ...nodes],
      edges: [
        ["go", "a"],
        ["go", "b"],
      ],
    });
    await tale.passes(minute);

    expect(tale.of("timer.fired").map(({ node }) => node)).toEqual(["a", "b"]);
    expect(tale.run.status).toBe("succeeded");
  });
});

describe("a wait for an event", () => {
  test("is ended by the event of its name and key, whose payload it gives", async () => {
    const tale = await story({ nodes: [paid] }, { input: "order-1" });
    await tale.signal("paid", { amount: 5 }, { key: "order-2" });
    await tale.signal("shipped", { amount: 6 }, { key: "order-1" });
    await tale.signal("paid", { amount: 7 });
    expect(tale.run.status).toBe("waiting");

    await tale.signal("paid", { amount: 8 }, { key: "order-1" });

    expect(tale.run).toMatchObject({ status: "succeeded", output: { amount: 8 } });
  });

  test("takes an event that came before it, the oldest first, and each once", async () => {
    const hold = wait({ event: { name: "tick" } });
    const tale = await story({
      nodes: [wait({ id: "first", event: { name: "go" } }), hold, { ...hold, id: "more" }],
      edges: [
        ["first", "hold"],
        ["hold", "more"],
      ],
    });
    await tale.signal("tick", 1);
    await tale.signal("tick", 2);
    await tale.signal("tick", 3);
    expect(tale.run.signals).toHaveLength(3);

    await tale.signal("go");

    expect(tale.run.output).toBe(2);
    expect(tale.of("step.succeeded").map(({ signal }) => signal)).toEqual([undefined, 1, 2]);
  });

  test("with a key that is no text waits for the key's JSON", async () => {
    const keyed = wait({ event: { name: "paid", key: "{% $input %}" } });
    const tale = await story({ nodes: [keyed] }, { input: { order: 1 } });
    expect(tale.run.tokens["1"]?.wait).toMatchObject({ key: '{"order":1}' });

    await tale.signal("paid", "yes", { key: '{"order":1}' });
    expect(tale.run.output).toBe("yes");
  });

  test("of two for one event is given to the older", async () => {
    const tale = await story({
      nodes: [
        { id: "go", type: "set", split: "all" },
        wait({ id: "a", event: { name: "x" } }),
        wait({ id: "b", event: { name: "x" } }),
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
      ],
    });
    await tale.signal("x", 1);
    expect(tale.run.tokens).toMatchObject({ "3": { node: "b" } });
    await tale.signal("x", 2);

    expect(tale.run).toMatchObject({ status: "succeeded", output: 2 });
  });

  test("drops a repeat by its id, buffered or consumed", async () => {
    const tale = await story(chain(paid, wait({ id: "more", event: { name: "paid", key: "k" } })), {
      input: "k",
    });
    await tale.signal("paid", 1, { key: "k", id: "evt-1" });
    const again = await tale.signal("paid", 1, { key: "k", id: "evt-1" });

    expect(again).toMatchObject({ type: "accepted", events: [] });
    expect(tale.run.status).toBe("waiting");
    await tale.signal("paid", 2, { key: "k", id: "evt-2" });
    expect(tale.run.output).toBe(2);
  });

  test("without an id is an event of its own each time", async () => {
    const tale = await story({ nodes: [wait({ event: { name: "go" } })] });
    await tale.signal("other", 1);
    await tale.signal("other", 1);

    expect(tale.run.signals.map(({ n }) => n)).toEqual([1, 2]);
  });

  test("remembers the newest thousand ids, and buffers a thousand events at most", async () => {
    const tale = await story({ nodes: [wait({ event: { name: "go" } })] });
    for (let n = 0; n < 1_000; n++)
      await tale.give({ type: "run.signal", name: "x", payload: n, id: `${n}` });

    expect(await tale.signal("x", 1)).toEqual({ type: "rejected", reason: "signals_full" });
    expect(await tale.signal("x", 1, { id: "0" })).toMatchObject({ events: [] });
    expect(await tale.signal("go", "now")).toMatchObject({ type: "accepted" });
    expect(tale.run.status).toBe("succeeded");
  });

  test("buffers a megabyte of payloads at most", async () => {
    const tale = await story({ nodes: [wait({ event: { name: "go" } })] });
    for (let n = 0; n < 11; n++) await tale.signal("x", "y".repeat(90_000));

    expect(await tale.signal("x", "y".repeat(90_000))).toMatchObject({ reason: "signals_full" });
    expect(await tale.signal("go", "y".repeat(90_000))).toMatchObject({ type: "accepted" });
  });

  test("that times out goes by its timeout port, else by its error port, else fails the run", async () => {
    const holding = wait({ event: { name: "x" }, timeout: "PT1M" });
    const late = { id: "late", type: "set", with: "late" };
    const byTimeout = await story({
      nodes: [holding, late],
      edges: [["hold", "late", { on: "timeout" }]],
    });
    await byTimeout.passes(minute);
    const byError = await story({
      nodes: [holding, late],
      edges: [["hold", "late", { on: "error", errors: ["TIMEOUT"] }]],
    });
    await byError.passes(minute);
    const uncaught = await story({ nodes: [holding, late], edges: [["hold", "late"]] });
    await uncaught.passes(minute);

    expect(byTimeout.run).toMatchObject({ status: "succeeded", output: "late" });
    expect(byError.run).toMatchObject({ status: "succeeded", output: "late" });
    expect(uncaught.run).toMatchObject({
      status: "failed",
      error: { code: "TIMEOUT", node: "hold" },
    });
  });

  test("that times out takes no event any more", async () => {
    const tale = await story({
      nodes: [
        wait({ event: { name: "x" }, timeout: "PT1M" }),
        wait({ id: "again", event: { name: "y" } }),
      ],
      edges: [["hold", "again", { on: "timeout" }]],
    });
    await tale.passes(minute);
    await tale.signal("x", "too late");

    expect(tale.run.status).toBe("waiting");
    expect(tale.run.signals).toHaveLength(1);
  });

  test("without a name fails its step", async () => {
    const tale = await story({ nodes: [wait({ event: { name: "{% $input.no %}" } })] });

    expect(tale.run.error).toMatchObject({ code: "INVALID_EVENT" });
  });

  test("is given an event that comes when its time is over, if nobody had noticed yet", async () => {
    const tale = await story({ nodes: [wait({ event: { name: "x" }, timeout: "PT1M" })] });
    tale.later(minute);
    await tale.signal("x", "first to be committed");

    expect(tale.run.output).toBe("first to be committed");
  });
});

describe("an answer to the only open wait", () => {
  test("is taken without naming it", async () => {
    const context = contextOf({ nodes: [paid] });
    await given(
      context,
      createdAt("hold", { input: "k" }),
      { type: "step.started", ...ids, kind: "wait" },
      { type: "step.waiting", ...ids, wait: { kind: "event", name: "paid", key: "k" } },
      { type: "run.waiting", waitingOn: [] },
    )
      .when({ type: "run.respond", body: { yes: true } })
      .yields(
        { type: "signal.received", name: "paid", payload: { yes: true }, step: "hold.1", key: "k" },
        {
          type: "step.succeeded",
          ...ids,
          output: { yes: true },
          moves: [{ op: "end", tokens: [1] }],
        },
        { type: "run.succeeded", output: { yes: true } },
      );
  });

  test("is refused where nothing waits, or only the clock is waited for", async () => {
    const timer = await story({ nodes: [wait({ for: "PT1M" })] });
    const call = await story({ nodes: [{ id: "pay", type: "tool", tool: "charge" }] });

    for (const tale of [timer, call]) {
      expect(await tale.tell({ type: "run.respond", body: 1 })).toEqual({
        type: "rejected",
        reason: "run_not_waiting",
      });
    }
  });

  test("is refused where two wait, with what they wait for", async () => {
    const tale = await story({
      nodes: [
        { id: "go", type: "set", split: "all" },
        wait({ id: "a", event: { name: "x" } }),
        wait({ id: "b", event: { name: "y" } }),
      ],
      edges: [
        ["go", "a"],
        ["go", "b"],
      ],
    });

    expect(await tale.tell({ type: "run.respond", body: 1 })).toMatchObject({
      reason: "wait_ambiguous",
      data: { waitingOn: [{ name: "x" }, { name: "y" }] },
    });
  });

  test("is refused for an approval: that takes a decision", async () => {
    const tale = await story({ nodes: [{ id: "ok", type: "approval" }] });

    expect(await tale.tell({ type: "run.respond", body: 1 })).toEqual({
      type: "rejected",
      reason: "answer_is_approval",
    });
  });
});

describe("a deadline", () => {
  test("ends a run that waits, and cancels what it waited for", async () => {
    const tale = await story({
      nodes: [wait({ event: { name: "x" } })],
      limits: { deadline: "PT1H" },
    });
    await tale.passes(60 * minute - 1);
    expect(tale.run.status).toBe("waiting");
    await tale.passes(1);

    expect(tale.run).toMatchObject({ status: "failed", error: { code: "DEADLINE_EXCEEDED" } });
    expect(tale.of("step.cancelled")).toMatchObject([{ step: "hold.1" }]);
  });

  test("ends a run whose call is in flight, and a loop that would never end", async () => {
    const call = await story(
      { nodes: [{ id: "pay", type: "tool", tool: "charge" }] },
      { deadline: NOW + 5 },
    );
    await call.passes(5);
    const loop = await story({
      nodes: [wait({ for: "PT1M" }), { id: "end", type: "end" }],
      edges: [
        ["hold", "hold", { when: "{% true %}" }],
        ["hold", "end"],
      ],
      limits: { deadline: "PT10M", maxVisits: 100_000 },
    });
    for (let turn = 0; turn < 20 && loop.run.status === "waiting"; turn++)
      await loop.passes(minute);

    expect(call.run.error).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(loop.run.error).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(loop.run.visits["hold"]).toBe(10);
  });

  test("comes before a timer of the same instant", async () => {
    const tale = await story({ nodes: [wait({ for: "PT1H" })], limits: { deadline: "PT1H" } });
    await tale.passes(60 * minute);

    expect(tale.run.status).toBe("failed");
  });
});

describe("time", () => {
  test("never goes back in a run: a commit is at least as late as the one before", async () => {
    const context = contextOf({ nodes: [wait({ for: "PT1M" })] });

    await given(context, { at: NOW + 500 }, createdAt("hold"))
      .when({ type: "run.cancel" }, NOW)
      .yields({ type: "run.cancelled" });
  });
});

test("A signal that was received is no new one when it is sent again, the run's end or not", async () => {
  const tale = await story(chain({ id: "w", type: "wait", event: { name: "paid" } }));
  await tale.signal("paid", 1, { id: "e1" });
  expect(tale.run.status).toBe("succeeded");

  expect(await tale.signal("paid", 1, { id: "e1" })).toMatchObject({
    type: "accepted",
    events: [],
  });
  expect(await tale.signal("paid", 1, { id: "e2" })).toMatchObject({ reason: "run_ended" });
  expect(tale.of("signal.received")).toHaveLength(1);
});
