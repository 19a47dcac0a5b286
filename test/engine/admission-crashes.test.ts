import { describe, expect, test } from "vitest";
import { lookAtLine } from "../../core/engine/admission/admit.ts";
import { handleDeps } from "../../core/engine/contexts.ts";
import type { Result } from "../../core/engine/refusal.ts";
import { hasEnded } from "../../core/kernel/run.ts";
import { Fault } from "../../core/ports/fault.ts";
import type { Item, Table } from "../../core/ports/table.ts";
import { DUE_SHARDS, rows } from "../../core/store/rows.ts";
import { faultyTable, type Misfortune } from "../support/faulty-table.ts";
import { ADMIN, type House, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const TENANT = ADMIN.tenant;
const LIMIT = 2;
const RUNS = ["a", "b", "c", "d", "e"];
const DOCUMENT = {
  name: "queues",
  nodes: [{ id: "w", type: "wait", event: { name: "go" } }],
  edges: [],
  concurrency: { limit: LIMIT },
};
const LINE = "c:queues";

/** A world in which one write has bad luck; whoever dies is followed by a new process. */
function world(at: number, misfortune: Misfortune) {
  const inner = memoryTable();
  let now = 1_700_000_000_000;
  let count = 0;
  let last: ReturnType<typeof faultyTable>;
  const fresh = (): House => {
    last = faultyTable(inner, () => (++count === at ? misfortune : "none"));
    return house({ table: last, now: () => now, limits: { maxActiveRuns: 3 } });
  };
  let current = fresh();

  return {
    inner,
    writes: () => count,
    later: (ms: number) => {
      now += ms;
    },
    /** What a client does: asks again with the same key until there is an answer. */
    async ask<T>(act: (house: House) => Promise<Result<T>>): Promise<Result<T>> {
      for (;;) {
        try {
          return await act(current);
        } catch (error) {
          // A fault that may pass is a 503, after which it asks the same process again.
          if (!(error instanceof Fault)) throw error;
          if (last.isDead()) current = fresh();
        }
      }
    },
  };
}

type World = ReturnType<typeof world>;

async function all(table: Table, pk: string): Promise<readonly Item[]> {
  return (await table.query({ pk, limit: 1_000 })).items;
}

/** Units are rows and their number: two things that have to agree at every moment. */
async function expectCounted({ inner }: World): Promise<number> {
  let active = 0;
  for (const [unit, max] of [
    [LINE, LIMIT],
    ["activeRuns", 3],
  ] as const) {
    const held = await all(inner, rows.unit(TENANT, unit, "").pk);
    const counter = await inner.get(rows.counter(TENANT, unit));
    expect([unit, Number(counter?.["count"] ?? 0)]).toEqual([unit, held.length]);
    expect(held.length).toBeLessThanOrEqual(max);
    active = held.length;
  }
  return active;
}

/** What the sweep does with the rows of lines; runs that wait for a signal owe nothing. */
async function sweep(swept: World): Promise<void> {
  swept.later(61_000);
  for (let shard = 0; shard < DUE_SHARDS; shard++) {
    const { items } = await swept.inner.query({ pk: `due#${shard}`, index: "due", limit: 1_000 });
    for (const row of items.filter(({ kind }) => kind === "line-of-runs")) {
      await swept.ask(async ({ deps }) => {
        await lookAtLine(handleDeps(deps), row);
        return { ok: true, value: null };
      });
    }
  }
}

async function play(at: number, misfortune: Misfortune): Promise<number> {
  const played = world(at, misfortune);
  await played.ask(({ engine }) => engine.workflows.publish(ADMIN, DOCUMENT));
  for (const id of RUNS) {
    const request = { workflow: "queues", idempotencyKey: id, bodyHash: id };
    const started = await played.ask(({ engine }) => engine.runs.start(ADMIN, request));
    expect(started.ok).toBe(true);
    await expectCounted(played);
  }
  for (let turns = 0; turns < 40; turns++) {
    await sweep(played);
    await expectCounted(played);
    const active = await all(played.inner, rows.unit(TENANT, LINE, "").pk);
    const [first] = active;
    if (!first) break;
    // All that have room are in, unless fewer are left.
    const waiting = await all(played.inner, rows.inLine(TENANT, LINE, "").pk);
    expect(active.length === LIMIT || waiting.length === 0).toBe(true);
    await played.ask(async ({ engine }) => {
      const cancelled = await engine.runs.cancel(ADMIN, first.sk);
      // The first try may have done it before its process died.
      return cancelled.ok || cancelled.refusal.code === "RUN_ENDED"
        ? { ok: true, value: null }
        : cancelled;
    });
    await expectCounted(played);
  }
  expect(await expectCounted(played)).toBe(0);
  expect(await all(played.inner, rows.inLine(TENANT, LINE, "").pk)).toEqual([]);
  const { deps } = house({ table: played.inner, now: () => 1_800_000_000_000 });
  const done = await played.inner.query({ pk: `${TENANT}#runs#done`, index: "list", limit: 1_000 });
  expect(done.items).toHaveLength(RUNS.length);
  for (const row of done.items) {
    const { run } = await deps.log.load({ tenant: TENANT, runId: String(row["run"]) });
    expect(hasEnded(run)).toBe(true);
  }
  return played.writes();
}

describe("runs that stand in a line", () => {
  test("all begin, when nothing goes wrong", async () => {
    expect(await play(0, "none")).toBeGreaterThan(15);
  });

  test.each(["die before", "die after", "after", "before", "throttle"] as const)(
    "all begin, never too many at once, and counters agree with rows: each write, %s",
    async (misfortune) => {
      const writes = await play(0, "none");
      let played = 0;
      for (let at = 1; at <= writes; at++) played += (await play(at, misfortune)) > 0 ? 1 : 0;

      expect(played).toBe(writes);
    },
  );
});
