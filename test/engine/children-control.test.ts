import { describe, expect, test } from "vitest";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { ADMIN, house } from "../support/house.ts";
import {
  begin,
  born,
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

const leaf = row("leaf", hold, call("after"));
const middle = row("middle", sub("leaf"));
const top = row("top", sub("middle"), call("last"));

/** Three runs, one below the other, of which the lowest waits. */
async function three() {
  const at = house();
  const key = await begin(at, leaf, middle, top);
  const between = await childOf(at, key);
  return { at, key, between, below: await childOf(at, between) };
}

describe("a run that is paused", () => {
  test("pauses its children and theirs, and they go on with it", async () => {
    const { at, key, between, below } = await three();
    await at.engine.control.pause(ADMIN, key.runId, { reason: "look first" });
    await settle(at, key);
    expect(await statuses(at, key, between, below)).toEqual(["paused", "paused", "paused"]);
    await at.engine.runs.signal(ADMIN, below.runId, { name: "go" });
    await settle(at, below);
    expect(at.calls).toEqual([]);

    await at.engine.control.resume(ADMIN, key.runId);
    await settle(at, key);

    expect(await statuses(at, key, between, below)).toEqual(Array(3).fill("succeeded"));
    expect(at.calls.map(({ input }) => input)).toEqual(["after", "last"]);
    for (const run of [key, between]) expect(await rowsLeft(at, run)).toEqual([]);
  });

  test("leaves a child paused that somebody paused by hand, before or after", async () => {
    for (const order of [
      ["child", "parent"],
      ["parent", "child"],
    ]) {
      const at = house();
      const key = await begin(at, leaf, row("top", sub("leaf")));
      const child = await childOf(at, key);
      for (const who of order) {
        await at.engine.control.pause(ADMIN, (who === "child" ? child : key).runId, {});
        await settle(at, key);
      }
      await at.engine.control.resume(ADMIN, key.runId);
      await settle(at, key);

      expect(await statuses(at, key, child)).toEqual(["waiting", "paused"]);
    }
  });

  test.each(["succeeded", "failed", "cancelled"])(
    "takes note of a child that has %s meanwhile, and goes on when it is resumed",
    async (how) => {
      const at = house({
        call: ({ input }) => {
          if (how !== "failed" || input !== "after") return input;
          throw new CallFailure("HTTP_404", "not here", { retryable: false });
        },
      });
      const catching = {
        ...row("top", sub("leaf"), call("last")),
        edges: [
          { from: "sub", to: "last" },
          { from: "sub", to: "last", on: "error" },
        ],
      };
      const key = await begin(at, leaf, catching);
      const child = await childOf(at, key);
      await at.engine.control.pause(ADMIN, key.runId, {});
      await settle(at, key);
      if (how === "cancelled") await at.engine.runs.cancel(ADMIN, child.runId);
      else {
        await at.engine.control.resume(ADMIN, child.runId);
        await at.engine.runs.signal(ADMIN, child.runId, { name: "go" });
      }
      await settle(at, child);
      expect(await statuses(at, key, child)).toEqual(["paused", how]);
      expect(at.calls.map(({ input }) => input)).not.toContain("last");
      expect(await rowsLeft(at, key)).toEqual([]);

      await at.engine.control.resume(ADMIN, key.runId);
      await settle(at, key);

      expect(await statuses(at, key)).toEqual(["succeeded"]);
    },
  );

  test("makes no child before it is resumed", async () => {
    const at = house();
    const key = await born(at, leaf, middle);
    await dying(at, key);
    await at.engine.control.pause(ADMIN, key.runId, {});
    await settle(at, key);
    expect(await childrenOf(at, key)).toEqual([]);
    const [held] = await rowsLeft(at, key);
    expect(held).toMatchObject({ state: "held" });
    expect(held?.dueAt).toBeUndefined();

    await at.engine.control.resume(ADMIN, key.runId);
    await settle(at, key);

    expect(await childrenOf(at, key)).toHaveLength(1);
    expect(await statuses(at, key)).toEqual(["waiting"]);
  });

  test("is cancelled with its children, made or not", async () => {
    const { at, key, between, below } = await three();
    await at.engine.control.pause(ADMIN, key.runId, {});
    await settle(at, key);
    await at.engine.runs.cancel(ADMIN, key.runId, "enough");
    await settle(at, key);

    expect(await statuses(at, key, between, below)).toEqual(Array(3).fill("cancelled"));
    expect(await rowsLeft(at, key)).toEqual([]);

    const held = house();
    const unborn = await born(held, leaf, middle);
    await dying(held, unborn);
    await held.engine.control.pause(ADMIN, unborn.runId, {});
    await settle(held, unborn);
    await held.engine.runs.cancel(ADMIN, unborn.runId);
    await settle(held, unborn);
    expect([await childrenOf(held, unborn), await rowsLeft(held, unborn)]).toEqual([[], []]);
  });

  test("pauses the children of all items of its maps", async () => {
    const at = house();
    const each = { id: "each", type: "map", items: [1, 2], body: { nodes: [sub("leaf")] } };
    const key = await begin(at, leaf, row("top", each));
    await at.engine.control.pause(ADMIN, key.runId, {});
    await settle(at, key);
    const children = await childrenOf(at, key);
    expect(await statuses(at, ...children)).toEqual(["paused", "paused"]);

    await at.engine.control.resume(ADMIN, key.runId);
    await settle(at, key);

    expect(await statuses(at, key, ...children)).toEqual(Array(3).fill("waiting"));
  });
});

describe("a process that dies after a run was paused", () => {
  test("leaves a row that is due, by which the next one pauses its children", async () => {
    const { at, key, between } = await three();
    await at.engine.control.pause(ADMIN, key.runId, {});
    at.woken.length = 0;
    const due = (await rowsLeft(at, key)).filter(({ dueAt }) => dueAt !== undefined);
    expect(due).toMatchObject([{ kind: "run", run: key.runId, state: "follow" }]);

    const second = house({ table: at.deps.table });
    await settle(second, key);

    expect(await statuses(second, between)).toEqual(["paused"]);
  });
});

describe("a child that somebody cancels by its own id", () => {
  test("fails the step of its parent, and no other child takes its place", async () => {
    const at = house();
    const key = await begin(at, leaf, row("top", sub("leaf", { retry: { maxAttempts: 3 } })));
    const child = await childOf(at, key);
    await at.engine.runs.cancel(ADMIN, child.runId, "by hand");
    await settle(at, child);

    const { status, error } = await at.read(key);
    expect([status, error?.code]).toEqual(["failed", "CHILD_CANCELLED"]);
    expect(await childrenOf(at, key)).toHaveLength(1);
  });

  test("in an item of a map counts as one that failed", async () => {
    const at = house();
    const each = {
      id: "each",
      type: "map",
      items: [1, 2],
      tolerate: 1,
      body: { nodes: [sub("leaf")] },
    };
    const key = await begin(at, leaf, row("top", each));
    const [one, other] = await childrenOf(at, key);
    if (!one || !other) throw new Error("there are no two children");
    await at.engine.runs.cancel(ADMIN, one.runId);
    await at.engine.runs.signal(ADMIN, other.runId, { name: "go" });
    await settle(at, other);

    const run = await at.read(key);
    expect(run.status).toBe("succeeded");
    expect(run.output).toContainEqual(
      expect.objectContaining({ error: expect.objectContaining({ code: "CHILD_CANCELLED" }) }),
    );
  });
});

describe("a step whose child is under way", () => {
  test.each(["skip", "cancel"] as const)(
    "lets go of it by %s, and it is cancelled",
    async (what) => {
      const { at, key, between, below } = await three();
      const given =
        what === "skip"
          ? await at.engine.control.skipStep(ADMIN, key.runId, "sub.1", { output: 1 })
          : await at.engine.control.cancelStep(ADMIN, key.runId, "sub.1", {});
      expect(given.ok).toBe(true);
      await settle(at, key);

      expect(await statuses(at, key, between, below)).toEqual([
        "succeeded",
        "cancelled",
        "cancelled",
      ]);
      expect(await rowsLeft(at, key)).toEqual([]);
    },
  );
});
