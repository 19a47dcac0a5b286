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

/** A child that has booked, can undo that, and then waits. */
const leaf: JsonObject = {
  ...row("leaf", call("book", { compensate: "leave" }), hold),
  nodes: [call("book", { compensate: "leave" }), hold, call("leave")],
};
const made = (at: House) => at.calls.map(({ input }) => input);

/** Its child can be undone by a step of its own, too. */
const top = (more: JsonObject = {}): JsonObject => ({
  name: "top",
  nodes: [
    { id: "go", type: "set", split: "all" },
    sub("leaf", { compensate: "revoke" }),
    { id: "pay", type: "wait", event: { name: "pay" } },
    call("fail"),
    call("revoke"),
  ],
  edges: [
    { from: "go", to: "sub" },
    { from: "go", to: "pay" },
    { from: "pay", to: "fail" },
  ],
  ...more,
});

function failing(): House {
  return house({
    call: ({ input }) => {
      if (input !== "fail") return input;
      throw new CallFailure("HTTP_404", "not here", { retryable: false });
    },
  });
}

describe("a child under way whose parent fails", () => {
  test("undoes what it did, and its own children with it", async () => {
    const at = failing();
    const middle = row("middle", sub("leaf"));
    const plain = { ...top(), nodes: [...(top()["nodes"] as JsonObject[])] };
    plain.nodes[1] = sub("middle");
    plain.nodes.pop();
    const key = await begin(at, leaf, middle, plain);
    const between = await childOf(at, key);
    const below = await childOf(at, between);
    await at.engine.runs.signal(ADMIN, key.runId, { name: "pay" });
    await settle(at, key);

    expect(await statuses(at, key, between, below)).toEqual(["failed", "cancelled", "cancelled"]);
    expect(made(at)).toEqual(["book", "fail", "leave"]);
  });

  test("is undone by its parent's own step where it had succeeded just before", async () => {
    const at = failing();
    const key = await begin(at, leaf, top());
    const child = await childOf(at, key);
    await at.engine.runs.signal(ADMIN, key.runId, { name: "pay" });
    await at.engine.runs.signal(ADMIN, child.runId, { name: "go" });
    // The child has ended, and its parent fails before it is told so.
    await at.drive(child);
    await dying(at, key);
    await settle(at, key);

    expect(await statuses(at, key, child)).toEqual(["failed", "succeeded"]);
    expect(made(at)).toEqual(["book", "fail", "revoke"]);
  });

  test("is awaited until it has undone what it did, and then need not be undone", async () => {
    const at = failing();
    const key = await begin(at, leaf, top());
    const child = await childOf(at, key);
    await at.engine.runs.signal(ADMIN, key.runId, { name: "pay" });
    await settle(at, key);

    expect(await statuses(at, key, child)).toEqual(["failed", "cancelled"]);
    expect(made(at)).toEqual(["book", "fail", "leave"]);
    expect(await rowsLeft(at, key)).toEqual([]);
  });

  test("is not made where it was not made before", async () => {
    const at = failing();
    await at.engine.tools.put(ADMIN, "charge", { kind: "http", config: { url: "https://x.test" } });
    for (const document of [leaf, top()]) await at.publish(document);
    const key = await at.start("top");
    await at.engine.runs.signal(ADMIN, key.runId, { name: "pay" });
    await dying(at, key);
    expect((await at.deps.log.load(key)).run.undoing).toBeDefined();
    await settle(at, key);

    expect(await statuses(at, key)).toEqual(["failed"]);
    expect(await childrenOf(at, key)).toEqual([]);
    expect(await rowsLeft(at, key)).toEqual([]);
  });
});

describe("a child that had succeeded", () => {
  test("is undone by the step that its parent names, in its turn", async () => {
    const at = failing();
    const nodes = [
      call("first", { compensate: "unfirst" }),
      sub("leaf", { compensate: "revoke" }),
      call("fail"),
      call("unfirst"),
      call("revoke", { with: "{% $steps.sub.output %}" }),
    ];
    const edges = [
      { from: "first", to: "sub" },
      { from: "sub", to: "fail" },
    ];
    const key = await begin(at, leaf, { name: "top", nodes, edges });
    await at.engine.runs.signal(ADMIN, (await childOf(at, key)).runId, {
      name: "go",
      payload: "C-1",
    });
    await settle(at, await childOf(at, key));

    expect(made(at)).toEqual(["first", "book", "fail", "C-1", "unfirst"]);
    expect(await statuses(at, key)).toEqual(["failed"]);
  });
});

describe("a child whose parent is cancelled", () => {
  test.each([true, false])("undoes what it did as its parent does: %s", async (compensate) => {
    const at = failing();
    const key = await begin(at, leaf, row("top", sub("leaf")));
    const child = await childOf(at, key);
    await at.engine.runs.cancel(ADMIN, key.runId, "enough", compensate);
    await settle(at, key);

    expect(await statuses(at, key, child)).toEqual(["cancelled", "cancelled"]);
    expect(made(at)).toEqual(compensate ? ["book", "leave"] : ["book"]);
  });

  test("and that is paused undoes at once what it did", async () => {
    const at = failing();
    const key = await begin(at, leaf, top());
    const child = await childOf(at, key);
    await at.engine.control.pause(ADMIN, key.runId, {});
    await settle(at, key);
    await at.engine.runs.cancel(ADMIN, key.runId, "enough", true);
    await settle(at, key);

    expect(await statuses(at, key, child)).toEqual(["cancelled", "cancelled"]);
    expect(made(at)).toEqual(["book", "leave"]);
  });
});

describe("a child that takes longer than its step may", () => {
  test("undoes what it did, before another one begins", async () => {
    let now = Date.UTC(2027, 0, 1);
    const at = house({ now: () => now });
    const retry = { maxAttempts: 2, backoff: { initial: "PT1S", jitter: "none" } };
    const key = await begin(at, leaf, row("top", sub("leaf", { timeout: "PT1M", retry })));
    now += 61_000;
    await settle(at, key);
    now += 2_000;
    await settle(at, key);

    expect(made(at)).toEqual(["book", "leave", "book"]);
    expect(await statuses(at, ...(await childrenOf(at, key)))).toContain("cancelled");
  });
});

describe("a deadline", () => {
  test("ends a run, its maps and its children, which have as long again when it is retried", async () => {
    let now = Date.UTC(2027, 0, 1);
    const at = house({ now: () => now });
    const each = { id: "each", type: "map", items: [1, 2], body: { nodes: [sub("plain")] } };
    const key = await begin(at, row("plain", hold), {
      ...row("top", each),
      limits: { deadline: "PT1H" },
    });
    const children = await childrenOf(at, key);
    now += 3_600_000;
    await settle(at, key);
    for (const child of children) await settle(at, child);
    expect(await statuses(at, key)).toEqual(["failed"]);
    for (const status of await statuses(at, ...children)) {
      expect(["failed", "cancelled"]).toContain(status);
    }

    await at.engine.runs.retry(ADMIN, key.runId);
    await settle(at, key);
    const live: string[] = [];
    for (const child of await childrenOf(at, key)) {
      if ((await at.read(child)).status !== "waiting") continue;
      live.push(child.runId);
      await at.engine.runs.signal(ADMIN, child.runId, { name: "go", payload: "went" });
      await settle(at, child);
    }

    expect(live).toHaveLength(2);
    expect(await at.read(key)).toMatchObject({ status: "succeeded", output: ["went", "went"] });
  });
});
