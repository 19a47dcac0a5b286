import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { ADMIN, type House, house } from "../support/house.ts";
import {
  begin,
  call,
  childOf,
  childrenOf,
  dying,
  hold,
  row,
  rowsLeft,
  settle,
  statuses,
  sub,
} from "./family.ts";

/** A house in which the calls with these inputs fail for good. */
function broken(...inputs: readonly string[]): House & Readonly<{ mend(): void }> {
  const wrong = new Set<unknown>(inputs);
  const at = house({
    call: ({ input }) => {
      if (!wrong.has(input)) return input;
      throw new CallFailure("HTTP_404", "not here", { retryable: false });
    },
  });
  return { ...at, mend: () => wrong.clear() };
}

const made = (at: House) => at.calls.map(({ input }) => input);
const retry = (at: House, runId: string) => at.engine.runs.retry(ADMIN, runId);
const beside = (...nodes: readonly JsonObject[]): JsonObject => ({
  name: "top",
  nodes: [{ id: "go", type: "set", split: "all" }, ...nodes],
  edges: nodes.map((node) => ({ from: "go", to: node["id"] ?? "" })),
});

describe("a run that failed with its child, and is retried,", () => {
  test("retries the child, which does nothing again that it had done", async () => {
    const at = broken("b");
    const key = await begin(
      at,
      row("leaf", call("a"), call("b"), call("c")),
      row("top", sub("leaf")),
    );
    const child = await childOf(at, key);
    expect(await statuses(at, key, child)).toEqual(["failed", "failed"]);
    at.mend();

    expect((await retry(at, key.runId)).ok).toBe(true);
    await settle(at, key);

    expect(await statuses(at, key, child)).toEqual(["succeeded", "succeeded"]);
    expect(await childrenOf(at, key)).toHaveLength(1);
    expect(made(at)).toEqual(["a", "b", "b", "c"]);
    expect(await rowsLeft(at, key)).toEqual([]);
    const letters = await at.engine.deadLetters.list(ADMIN, { status: "open" }, { limit: 10 });
    expect(letters).toMatchObject({ ok: true, value: { data: [] } });
  });

  test("retries the child of the child, and those in items of maps", async () => {
    const at = broken("b");
    const each = { id: "each", type: "map", items: [1, 2], body: { nodes: [sub("leaf")] } };
    const key = await begin(
      at,
      row("leaf", call("a"), call("b")),
      row("middle", each),
      row("top", sub("middle")),
    );
    at.mend();
    await retry(at, key.runId);
    await settle(at, key);

    expect(await statuses(at, key)).toEqual(["succeeded"]);
    const between = await childOf(at, key);
    expect(await childrenOf(at, key)).toHaveLength(1);
    // The item whose child had failed goes on; one that was cancelled for it has another child.
    expect(made(at).filter((input) => input === "b").length).toBeGreaterThanOrEqual(3);
    expect((await at.read(between)).output).toEqual(["b", "b"]);
  });

  test("fails with it again, as often as it does", async () => {
    const at = broken("a");
    const key = await begin(at, row("leaf", call("a")), row("top", sub("leaf")));
    for (const _ of [1, 2]) {
      await retry(at, key.runId);
      await settle(at, key);
      expect(await statuses(at, key)).toEqual(["failed"]);
    }
    expect(await childrenOf(at, key)).toHaveLength(1);
    expect(made(at)).toEqual(["a", "a", "a"]);
  });

  test("takes what the child has come to that somebody has retried before", async () => {
    const at = broken("a");
    const key = await begin(at, row("leaf", call("a")), row("top", sub("leaf"), call("z")));
    const child = await childOf(at, key);
    at.mend();
    await retry(at, child.runId);
    await settle(at, child);
    expect(await statuses(at, key, child)).toEqual(["failed", "succeeded"]);

    await retry(at, key.runId);
    await settle(at, key);

    expect(await statuses(at, key)).toEqual(["succeeded"]);
    expect(made(at)).toEqual(["a", "a", "z"]);
  });

  test("awaits the child that somebody has retried before, and that goes on", async () => {
    const at = broken("a");
    const key = await begin(at, row("leaf", call("a"), hold), row("top", sub("leaf")));
    const child = await childOf(at, key);
    at.mend();
    await retry(at, child.runId);
    await settle(at, child);
    await retry(at, key.runId);
    await settle(at, key);
    expect(await statuses(at, key, child)).toEqual(["waiting", "waiting"]);

    await at.engine.runs.signal(ADMIN, child.runId, { name: "go", payload: "went" });
    await settle(at, child);

    expect(await at.read(key)).toMatchObject({ status: "succeeded", output: "went" });
  });

  test("begins another child where the first has undone what it did, or was cancelled", async () => {
    const undone = broken("b");
    const leaf = {
      ...row("leaf", call("a", { compensate: "u" }), call("b")),
      nodes: [call("a", { compensate: "u" }), call("b"), call("u")],
    };
    const first = await begin(undone, leaf, row("top", sub("leaf")));
    undone.mend();
    await retry(undone, first.runId);
    await settle(undone, first);
    expect(await statuses(undone, first)).toEqual(["succeeded"]);
    expect(await childrenOf(undone, first)).toHaveLength(2);
    expect(made(undone)).toEqual(["a", "b", "u", "a", "b"]);

    const cancelled = broken();
    const second = await begin(cancelled, row("leaf", hold), row("top", sub("leaf")));
    await cancelled.engine.runs.cancel(ADMIN, (await childOf(cancelled, second)).runId);
    await settle(cancelled, second);
    await retry(cancelled, second.runId);
    await settle(cancelled, second);
    expect(await statuses(cancelled, second)).toEqual(["waiting"]);
    expect(await childrenOf(cancelled, second)).toHaveLength(2);
  });

  test("begins another child where a failure beside had cancelled the first", async () => {
    const at = broken("b");
    const key = await begin(at, row("leaf", hold), beside(sub("leaf"), call("b")));
    at.mend();
    await retry(at, key.runId);
    await settle(at, key);

    const children = await childrenOf(at, key);
    expect(await statuses(at, key)).toEqual(["waiting"]);
    const live = await statuses(at, ...children);
    expect(live.filter((status) => status === "waiting")).toHaveLength(1);
  });

  test("keeps the child that its failure had not come to yet", async () => {
    let now = Date.UTC(2027, 0, 1);
    const at = house({ now: () => now });
    const stop = { id: "stop", type: "wait", event: { name: "never" }, timeout: "PT1M" };
    const key = await begin(at, row("leaf", hold), beside(sub("leaf"), stop));
    const child = await childOf(at, key);
    now += 61_000;
    await dying(at, key);
    expect(await statuses(at, key, child)).toEqual(["failed", "waiting"]);
    await retry(at, key.runId);
    await settle(at, key);

    expect(await statuses(at, key, child)).toEqual(["waiting", "waiting"]);
    expect(await childrenOf(at, key)).toHaveLength(1);
  });

  test("is gone on with by the next process, whichever died before", async () => {
    const at = broken("b");
    const key = await begin(at, row("leaf", call("a"), call("b")), row("top", sub("leaf")));
    at.mend();
    await retry(at, key.runId);
    await dying(at, key);
    at.woken.length = 0;
    expect(await rowsLeft(at, key)).toMatchObject([{ state: "start", again: 1 }]);

    await settle(at, key);

    expect(await statuses(at, key)).toEqual(["succeeded"]);
    expect(made(at)).toEqual(["a", "b", "b"]);
  });
});
