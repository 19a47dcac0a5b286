import { afterEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import type { Item, Table } from "../../core/ports/table.ts";
import { isOwedMail } from "../../core/store/outbox.ts";
import { DUE_SHARDS, rows } from "../../core/store/rows.ts";
import { ticker } from "../../local/ticker.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const flow = (name: string, node: JsonObject): JsonObject => ({
  name,
  nodes: [{ id: "n", ...node }],
});

/** Workflows that come to rest in each of the ways in which something is owed. */
const FLOWS = {
  call: flow("call", { type: "tool", tool: "echo" }),
  timer: flow("timer", { type: "wait", for: "PT1H" }),
  expiring: flow("expiring", { type: "wait", event: { name: "x" }, timeout: "PT2H" }),
  asking: flow("asking", { type: "approval", approvers: ["ada@example.com"], due: "PT3H" }),
  ending: {
    ...flow("ending", { type: "wait", event: { name: "x" } }),
    limits: { deadline: "PT4H" },
  },
};

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A sweep over what a process left: nothing of its memory, nothing but the table. */
function sweeping(table: Table, now: () => number) {
  const fired: Item[] = [];
  const made = ticker({
    table,
    clock: { now },
    log: { info: () => undefined, error: () => undefined },
    elapsed: () => now(),
    fire: (row) => void fired.push(row),
    isOwed: (row) => isOwedMail(row) || row["owed"] === true,
  });
  stops.push(() => made.stop());
  // A wait is due once by itself, for events that came before it.
  const asked = () => fired.splice(0).filter((row) => row["kind"] !== "eventWait");
  const names = () => asked().map((row) => String(row["run"] ?? row.sk));
  return { ...made, names };
}

async function started(table: Table, now: () => number) {
  const home = house({ table, now });
  const keys: Record<string, RunKey> = {};
  for (const [name, document] of Object.entries(FLOWS)) {
    await home.publish(document);
    keys[name] = await home.start(name);
  }
  return { home, keys };
}

describe("rule 4: what a run owes outside itself is a due row", () => {
  test("the sweep finds what a process that died left undone, and only that", async () => {
    const table = memoryTable();
    const { keys } = await started(table, () => START);
    const sweep = sweeping(table, () => START);

    expect(await sweep.recover()).toBe(2);
    const [run, mail] = sweep.names().toSorted().toReversed();
    expect(mail ?? run).toBeDefined();
    expect([run, mail]).toContain(keys["call"]?.runId);
    expect([run, mail].join()).toContain("#ada@example.com");
  });

  test("each timer, timeout, due date and deadline is found at its instant, and none before", async () => {
    const table = memoryTable();
    let now = START;
    const { home, keys } = await started(table, () => now);
    await home.drive(keys["call"] as RunKey);
    const sweep = sweeping(table, () => now);
    await sweep.tick();
    sweep.names();

    for (const name of ["timer", "expiring", "asking", "ending"]) {
      now += HOUR - 1;
      await sweep.tick();
      expect(
        sweep.names().filter((run) => run === keys[name]?.runId),
        name,
      ).toEqual([]);
      now += 1;
      await sweep.tick();
      expect(sweep.names(), name).toContain(keys[name]?.runId);
      await home.drive(keys[name] as RunKey);
      expect((await home.read(keys[name] as RunKey)).endedAt, name).not.toBeNull();
    }
  });

  test("what was fired and is still due is fired again, though a wake-up was lost", async () => {
    const table = memoryTable();
    let now = START;
    const { keys } = await started(table, () => now);
    const sweep = sweeping(table, () => now);
    now += 60_000;
    await sweep.tick();
    const first = sweep.names();
    now += 29_999;
    await sweep.tick();
    const meanwhile = sweep.names();
    now += 1;
    await sweep.tick();

    expect(first).toContain(keys["call"]?.runId);
    expect(meanwhile).not.toContain(keys["call"]?.runId);
    expect(sweep.names()).toContain(keys["call"]?.runId);
  });

  test("a run that has ended owes nothing, and is on no shard of the index", async () => {
    const table = memoryTable();
    const { home, keys } = await started(table, () => START);
    await home.drive(keys["call"] as RunKey);
    for (const [name, { runId }] of Object.entries(keys)) {
      if (name !== "call") await home.engine.runs.cancel(ADMIN, runId);
    }

    const left: string[] = [];
    for (let shard = 0; shard < DUE_SHARDS; shard++) {
      const page = await table.query({ pk: `due#${shard}`, index: "due" });
      left.push(...page.items.filter((row) => row["kind"] === "run").map(({ sk }) => sk));
    }
    expect(left).toEqual([]);
  });

  test("an event that is waited for has a row by its name and key, as long as it is waited for", async () => {
    const table = memoryTable();
    const home = house({ table });
    const event = { name: "paid/now", key: "{% $input.order %}" };
    await home.publish(flow("waiting", { type: "wait", event }));
    const { runId } = await home.start("waiting", { input: { order: "o#1" } });
    const pk = rows.event("default", "paid/now", "o#1");
    const before = await table.query({ pk });
    await home.engine.runs.signal(ADMIN, runId, { name: "paid/now", key: "o#1" });

    expect(before.items).toMatchObject([{ run: runId }]);
    expect((await table.query({ pk })).items).toEqual([]);
  });

  test("a retry that is due is a row too, and a driver that comes too early leaves it", async () => {
    const table = memoryTable();
    const now = START;
    let calls = 0;
    const home = house({
      table,
      now: () => now,
      call() {
        calls++;
        throw new Error("no answer");
      },
    });
    await home.publish(
      flow("failing", {
        type: "tool",
        tool: "echo",
        retry: { on: ["*"], backoff: { jitter: "none" } },
      }),
    );
    const key = await home.start("failing");
    await home.drive(key);
    await home.drive(key);

    const head = await table.get(rows.head(key.tenant, key.runId));
    expect(calls).toBe(1);
    expect(head?.dueAt).toBe(`${String(now + 1_000).padStart(15, "0")}#run#${key.runId}`);
  });
});
