import { describe, expect, test } from "vitest";
import { backoffMs, chanceOf } from "../../core/kernel/backoff.ts";
import type { Event } from "../../core/kernel/event.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { matchesCode } from "../../core/kernel/workflow.ts";
import { contextOf, createdAt, driverOf, given, NOW } from "../support/given.ts";
import { story } from "./story.ts";

const pay = (more: JsonObject = {}) => ({ id: "pay", type: "tool", tool: "charge", ...more });
const ids = { step: "pay.1", node: "pay", visit: 1, token: 1 };
const start = (attempt: number): Event => ({
  type: "step.started",
  ...ids,
  kind: "tool",
  attempt,
  call: attempt,
  ...(attempt === 1 && { key: "seed-pay-1", input: null, timeoutMs: 30_000 }),
});
const busy = { code: "HTTP_503", message: "busy", retryable: true } as const;
const fails = (attempt: number, more = {}) =>
  ({
    type: "step.settle",
    outcomes: [{ token: 1, node: "pay", visit: 1, attempt, ok: false, ...busy, ...more }],
    driver: driverOf(`1:pay.1:${attempt}`),
  }) as const;
const told = (attempt: number) => ({ ...busy, node: "pay", attempt });
const retrying = (attempt: number, at: number): Event => ({
  type: "step.retrying",
  ...ids,
  attempt,
  error: told(attempt),
  at,
});
const waiting = (attempt: number, at: number): Event => ({
  type: "run.waiting",
  waitingOn: [
    {
      kind: "retry",
      attempt,
      since: "2026-01-01T00:00:00.000Z",
      until: new Date(at).toISOString(),
      node: "pay",
      step: "pay.1",
    },
  ],
});

describe("a failed attempt", () => {
  test("is tried again after a delay while attempts remain", async () => {
    await given(contextOf({ nodes: [pay()] }), createdAt("pay"), start(1), { type: "run.running" })
      .when(fails(1))
      .yields(retrying(1, NOW + 500), waiting(2, NOW + 500));
  });

  test("fails the run after the last attempt", async () => {
    const error = told(3);
    await given(
      contextOf({ nodes: [pay()] }),
      createdAt("pay"),
      { type: "run.running" },
      start(1),
      retrying(1, NOW),
      start(2),
      retrying(2, NOW),
      start(3),
    )
      .when(fails(3))
      .yields({ type: "step.failed", ...ids, attempt: 3, error }, { type: "run.failed", error });
  });

  test("is not tried again before its time, and then by the next driver that looks", async () => {
    const tale = await story({ nodes: [pay({ retry: { backoff: { jitter: "none" } } })] });
    await tale.breaks("pay");

    await tale.passes(999);
    expect(tale.run.status).toBe("waiting");
    await tale.passes(1);
    expect(tale.run).toMatchObject({ status: "running", tokens: { "1": { attempt: 2 } } });
  });

  test("backs off exponentially, up to a bound", async () => {
    const backoff = { initial: "PT2S", factor: 3, max: "PT10S", jitter: "none" };
    const tale = await story({ nodes: [pay({ retry: { maxAttempts: 5, backoff } })] });
    const delays: number[] = [];
    for (let attempt = 1; attempt < 5; attempt++) {
      await tale.breaks("pay");
      delays.push((tale.of("step.retrying").at(-1)?.at ?? 0) - tale.now);
      await tale.passes(10_000);
    }
    await tale.breaks("pay");

    expect(delays).toEqual([2_000, 6_000, 10_000, 10_000]);
    expect(tale.run.error).toMatchObject({ code: "HTTP_503", attempt: 5 });
  });

  test("waits as long as the other side asked for, if that is longer", async () => {
    const flow = contextOf({ nodes: [pay({ retry: { backoff: { jitter: "none" } } })] });
    const so = given(flow, createdAt("pay"), start(1), { type: "run.running" });

    await so
      .when(fails(1, { retryAfterMs: 7_000 }))
      .yields(retrying(1, NOW + 7_000), waiting(2, NOW + 7_000));
    await so
      .when(fails(1, { retryAfterMs: 10 }))
      .yields(retrying(1, NOW + 1_000), waiting(2, NOW + 1_000));
  });

  test("that the other side calls final is final", async () => {
    const tale = await story({ nodes: [pay()] });
    await tale.breaks("pay", "HTTP_404", { retryable: false });

    expect(tale.run.error).toMatchObject({ code: "HTTP_404", attempt: 1, retryable: false });
  });

  test("that the author lists is tried again, whatever the other side says of it", async () => {
    const tale = await story({ nodes: [pay({ retry: { on: ["HTTP_4*"] } })] });
    await tale.breaks("pay", "HTTP_404", { retryable: false });
    expect(tale.run.status).toBe("waiting");

    await tale.passes(60_000);
    await tale.breaks("pay", "HTTP_503", { retryable: true });
    expect(tale.run.error).toMatchObject({ code: "HTTP_503", attempt: 2 });
  });

  test("that the author excludes is final, whatever else is listed", async () => {
    const tale = await story({ nodes: [pay({ retry: { on: ["*"], notOn: ["HTTP_4*"] } })] });
    await tale.breaks("pay", "HTTP_429");

    expect(tale.run.error).toMatchObject({ code: "HTTP_429", attempt: 1 });
  });

  test("after which nothing remains is known by its default: tool and model 3, all else 1", async () => {
    for (const [node, starts] of [
      [pay(), 3],
      [{ id: "pay", type: "llm", prompt: "x" }, 3],
      [pay({ retry: { maxAttempts: 1 } }), 1],
    ] as const) {
      const tale = await story({ nodes: [node] });
      while (tale.run.status !== "failed") {
        await tale.breaks("pay");
        await tale.passes(60_000);
      }
      expect(tale.of("step.started")).toHaveLength(starts);
    }
  });

  test("counts its calls over all visits, so that a script of answers goes on", async () => {
    const tale = await story({
      nodes: [
        { id: "ask", type: "llm", prompt: "x" },
        { id: "end", type: "end" },
      ],
      edges: [
        ["ask", "ask", { when: "{% $steps.ask.visits < 2 %}" }],
        ["ask", "end"],
      ],
    });
    await tale.breaks("ask");
    await tale.passes(60_000);
    await tale.works("ask");
    await tale.crashes();
    await tale.works("ask");

    expect(tale.of("step.started").map(({ call }) => call)).toEqual([
      1,
      2,
      3,
      undefined,
      undefined,
    ]);
    expect(tale.run.calls).toEqual({ ask: 3 });
  });

  test("leaves the run reading as waiting, and naming for what, until the next", async () => {
    const tale = await story({ nodes: [pay({ retry: { backoff: { jitter: "none" } } })] });
    await tale.breaks("pay");

    expect(tale.of("run.waiting")).toMatchObject([
      { waitingOn: [{ kind: "retry", attempt: 2, node: "pay" }] },
    ]);
    await tale.passes(1_000);
    expect(tale.run.status).toBe("running");
  });
});

describe("backoff", () => {
  const policy = { initialMs: 1_000, factor: 2, delayMsMax: 60_000, jitter: "full" } as const;

  test("spreads over all of its range by chance, and rounds up", () => {
    expect(backoffMs(policy, 1, 0)).toBe(0);
    expect(backoffMs(policy, 1, 0.0001)).toBe(1);
    expect(backoffMs(policy, 3, 0.5)).toBe(2_000);
    expect(backoffMs({ ...policy, jitter: "none" }, 3, 0.5)).toBe(4_000);
  });

  test("stays within its bound after any number of failures", () => {
    expect(backoffMs({ ...policy, jitter: "none" }, 1_000_000, 0)).toBe(60_000);
    expect(backoffMs({ ...policy, factor: 100, jitter: "none" }, 500, 0)).toBe(60_000);
  });

  test("takes its chance from the digest of run, step and attempt, below 1", () => {
    expect(chanceOf("0".repeat(64))).toBe(0);
    expect(chanceOf("8".padEnd(64, "0"))).toBe(0.5);
    expect(chanceOf("f".repeat(64))).toBeLessThan(1);
  });
});

describe("a code", () => {
  test.each([
    ["HTTP_404", ["HTTP_4*"], true],
    ["HTTP_404", ["*"], true],
    ["HTTP_404", ["HTTP_404"], true],
    ["HTTP_404", ["HTTP_40"], false],
    ["HTTP_404", ["*_404"], true],
    ["HTTP_404", ["H*4"], true],
    ["HTTP_404", ["H*0*4"], true],
    ["HTTP_404", ["H*9*4"], false],
    ["HTTP_404", ["HTTP_404*"], true],
    ["HTTP_404", ["*HTTP_404*"], true],
    ["HTTP_404", ["HTTP_4*404"], false],
    ["HTTP_404", ["http_4*"], false],
    ["HTTP_404", ["TIMEOUT", "HTTP_4*"], true],
    ["HTTP_404", [], false],
    ["HTTP_404", [""], false],
    ["HTTP.404", ["HTTP_404"], false],
    ["A", ["A*A"], false],
    ["AA", ["A*A"], true],
  ] as const)("%s is taken by %j: %s", (code, patterns, taken) => {
    expect(matchesCode(code, patterns)).toBe(taken);
  });
});
