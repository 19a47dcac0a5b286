import { describe, expect, test } from "vitest";
import { eventHandlers } from "../../core/engine/events/send-event.ts";
import { fireDue } from "../../core/engine/fire-due.ts";
import type { SignalRequest } from "../../core/engine/views.ts";
import type { Json } from "../../core/kernel/json.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import type { Table } from "../../core/ports/table.ts";
import { DUE_SHARDS } from "../../core/store/rows.ts";
import { faultyTable } from "../support/faulty-table.ts";
import { ADMIN, type House, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const START = Date.parse("2027-01-31T12:00:00Z");
const DAY = 86_400_000;
const PAID: SignalRequest = { name: "paid", key: "o-1", payload: { sum: 40 } };
const WAIT = { id: "w", type: "wait", event: { name: "paid", key: "o-1" } };
const LATE = {
  name: "late",
  nodes: [{ id: "hold", type: "wait", event: { name: "go" } }, WAIT],
  edges: [{ from: "hold", to: "w" }],
};
const TWICE = {
  name: "twice",
  nodes: [WAIT, { ...WAIT, id: "w2" }],
  edges: [{ from: "w", to: "w2" }],
};

async function home(table: Table = memoryTable(), now = () => START): Promise<House> {
  const made = house({ table, now });
  await made.publish({ name: "once", nodes: [WAIT] });
  await made.publish(LATE);
  await made.publish(TWICE);
  return made;
}

async function send({ engine }: House, event: SignalRequest) {
  const sent = await engine.events.send(ADMIN, event);
  if (!sent.ok) throw new Error(JSON.stringify(sent.refusal));
  const { delivered, buffered } = sent.value;
  return { delivered, buffered };
}

async function outputs(at: House, keys: readonly RunKey[]): Promise<readonly Json[]> {
  return Promise.all(
    keys.map(async (key) => {
      const { status, output } = await at.read(key);
      return status === "succeeded" ? output : status;
    }),
  );
}

/** Fires what is due, as a sweep would. */
async function sweep(at: House): Promise<void> {
  const due = fireDue(eventHandlers(at.deps));
  for (let shard = 0; shard < DUE_SHARDS; shard++) {
    const until = `${String(at.deps.clock.now()).padStart(15, "0")}~`;
    const { items } = await at.deps.table.query({ pk: `due#${shard}`, index: "due", until });
    for (const row of items) await due.fire(row);
  }
}

describe("an event of the tenant", () => {
  test("goes to every run that waits for its name and key, and to no other", async () => {
    const at = await home();
    const waiting = [await at.start("once"), await at.start("once")];
    await at.publish({ name: "other", nodes: [{ ...WAIT, event: { name: "paid" } }] });
    const other = await at.start("other");

    expect(await send(at, PAID)).toEqual({ delivered: 2, buffered: false });
    expect(await outputs(at, [...waiting, other])).toEqual([{ sum: 40 }, { sum: 40 }, "waiting"]);
  });

  test("is kept only when nobody waits, for the first run that does", async () => {
    const at = await home();

    expect(await send(at, PAID)).toEqual({ delivered: 0, buffered: true });
    const keys = [await at.start("once"), await at.start("once")];
    expect(await outputs(at, keys)).toEqual([{ sum: 40 }, "waiting"]);
  });

  test("that somebody had is kept for nobody", async () => {
    const at = await home();
    await at.start("once");
    await send(at, PAID);

    expect(await outputs(at, [await at.start("once")])).toEqual(["waiting"]);
  });

  test("is not kept by a run that waits for something else", async () => {
    const at = await home();
    const key = await at.start("late");
    await send(at, PAID);
    await at.engine.runs.signal(ADMIN, key.runId, { name: "go" });

    expect(await outputs(at, [key])).toEqual([{ sum: 40 }]);
    expect((await at.read(await at.start("once"))).status).toBe("waiting");
  });

  test("comes once to a run that waits for its like twice", async () => {
    const at = await home();
    const key = await at.start("twice");

    expect(await send(at, { ...PAID, id: "e1" })).toEqual({ delivered: 1, buffered: false });
    expect(await send(at, { ...PAID, id: "e1" })).toEqual({ delivered: 1, buffered: false });
    expect((await at.read(key)).waitingOn).toMatchObject([{ node: "w2" }]);
    expect(await send(at, { ...PAID, id: "e2" })).toEqual({ delivered: 1, buffered: false });
  });

  test("sent twice under one id is kept once", async () => {
    const at = await home();
    await send(at, { ...PAID, id: "e1" });

    expect(await send(at, { ...PAID, id: "e1" })).toEqual({ delivered: 0, buffered: true });
    expect((await at.read(await at.start("twice"))).waitingOn).toMatchObject([{ node: "w2" }]);
  });

  test("is no wildcard: an event without a key is not for those who wait for one", async () => {
    const at = await home();
    const key = await at.start("once");

    expect(await send(at, { name: "paid" })).toEqual({ delivered: 0, buffered: true });
    expect(await outputs(at, [key])).toEqual(["waiting"]);
  });

  test("is gone after seven days, and its id with it", async () => {
    let now = START;
    const at = await home(memoryTable(), () => now);
    await send(at, { ...PAID, id: "e1" });
    now += 7 * DAY;
    await sweep(at);

    expect(await outputs(at, [await at.start("once")])).toEqual(["waiting"]);
    expect(await send(at, { ...PAID, id: "e1" })).toEqual({ delivered: 1, buffered: false });
  });

  test("of another tenant is not heard", async () => {
    const at = await home();
    const key = await at.start("once");
    await at.engine.events.send({ ...ADMIN, tenant: "other" }, PAID);

    expect(await outputs(at, [key])).toEqual(["waiting"]);
  });

  test("is refused when it is too large", async () => {
    const at = await home();
    const sent = await at.engine.events.send(ADMIN, { ...PAID, payload: "x".repeat(98_305) });

    expect(sent).toMatchObject({ ok: false, refusal: { code: "PAYLOAD_TOO_LARGE" } });
  });
});

/** Kills the process at its n-th write, before or after it happens. */
const deaths = ["die before", "die after"] as const;
const writes = Array.from({ length: 8 }, (_, n) => n + 1);

describe.each(deaths)("though its sender dies: %s the write", (how) => {
  test.each(writes)("number %i, each run has the event once", async (nth) => {
    let now = START;
    const table = memoryTable();
    const before = await home(table, () => now);
    const keys = [await before.start("twice"), await before.start("once")];
    const dying = house({
      table: faultyTable(table, (write) => (write === nth ? how : "none")),
      now: () => now,
    });
    const first = await send(dying, { ...PAID, id: "e1" }).catch(() => "died");
    now += 60_000;
    const after = house({ table, now: () => now });
    await sweep(after);
    const again = await send(after, { ...PAID, id: "e1" });

    // Who took the event from a sender that died is counted by nobody.
    expect(again.delivered).toBeGreaterThanOrEqual(1);
    expect(again.buffered).toBe(false);
    expect(["died", { delivered: 2, buffered: false }]).toContainEqual(first);
    const [twice] = keys as [RunKey];
    expect((await after.read(twice)).waitingOn, "had it once").toMatchObject([{ node: "w2" }]);
    expect(await outputs(after, keys.slice(1))).toEqual([{ sum: 40 }]);
    expect(await outputs(after, [await after.start("once")]), "kept for nobody").toEqual([
      "waiting",
    ]);
  });

  test.each(writes)("of a run that begins to wait, number %i", async (nth) => {
    let now = START;
    const table = memoryTable();
    const before = await home(table, () => now);
    await send(before, PAID);
    const key = await before.start("late");
    const dying = house({
      table: faultyTable(table, (write) => (write === nth ? how : "none")),
      now: () => now,
    });
    const go = { name: "go", id: "go" };
    await dying.engine.runs.signal(ADMIN, key.runId, go).catch(() => undefined);
    const after = house({ table, now: () => now });
    await after.engine.runs.signal(ADMIN, key.runId, go);
    now += 60_000;
    await sweep(after);

    expect(await outputs(after, [key])).toEqual([{ sum: 40 }]);
    expect(await outputs(after, [await after.start("once")])).toEqual(["waiting"]);
  });
});

test("Fifty events and fifty runs that meet at any moment find each other, one to one", async () => {
  const at = await home();
  const runs: Promise<RunKey>[] = [];
  const sent: Promise<unknown>[] = [];
  for (let n = 0; n < 50; n++) {
    runs.push(at.start("once"));
    sent.push(send(at, { ...PAID, payload: n }));
  }
  await Promise.all(sent);
  const got = await outputs(at, await Promise.all(runs));

  // An event is for all that wait at its time, so some runs share one; but none goes without.
  const kept = await at.deps.table.query({ pk: "default#event#paid#o-1", limit: 1_000 });
  const open = kept.items.filter(({ sk }) => sk.startsWith("sent#")).length;
  expect(got.filter((output) => output === "waiting").length === 0 || open === 0).toBe(true);
  expect(got.some((output) => typeof output === "number")).toBe(true);
});
