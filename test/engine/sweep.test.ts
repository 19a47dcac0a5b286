import { describe, expect, test } from "vitest";
import { putOff, type SweepDeps, sweep } from "../../core/engine/sweep.ts";
import type { Item, Table } from "../../core/ports/table.ts";
import { dueAt, dueShard, rows } from "../../core/store/rows.ts";
import { memoryTable } from "../support/memory-table.ts";

const NOW = Date.UTC(2026, 0, 1);

async function owe(table: Table, ids: readonly string[], at = NOW): Promise<void> {
  for (const id of ids) {
    const due = { dueShard: dueShard(id), dueAt: dueAt(at, `run#${id}`) };
    const item: Item = {
      ...rows.head("ten_1", id),
      ...due,
      kind: "run",
      tenant: "ten_1",
      run: id,
      status: "running",
      updatedAt: NOW - 60_000,
    };
    await table.write([{ type: "put", item }]);
  }
}

function sweeping(table: Table, fire: SweepDeps["fire"], clock = { now: NOW, elapsed: 0 }) {
  const errors: string[] = [];
  const deps: SweepDeps = {
    table,
    now: () => clock.now,
    elapsed: () => clock.elapsed,
    fire,
    log: { info: () => undefined, error: (message) => void errors.push(message) },
  };
  return { deps, errors };
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `run_${1000 + n}`);

describe("the sweep", () => {
  test("fires all that is due, in every shard, and nothing before its time", async () => {
    const table = memoryTable();
    await owe(table, names(300));
    await owe(table, ["later"], NOW + 1);
    const fired: string[] = [];
    const { deps } = sweeping(table, (row) => void fired.push(String(row["run"])));

    const swept = await sweep(deps, 1_000);

    expect(swept).toEqual({ fired: 300, failed: 0, complete: true });
    expect(fired.toSorted()).toEqual(names(300));
  });

  test("goes on when a row fails, and tells of it", async () => {
    const table = memoryTable();
    await owe(table, names(20));
    const { deps, errors } = sweeping(table, (row) => {
      if (row["run"] === "run_1003") throw new Error("no lane");
    });

    expect(await sweep(deps, 1_000)).toEqual({ fired: 20, failed: 1, complete: true });
    expect(errors).toEqual(["what is due failed and comes again"]);
  });

  test("goes on next time where its time was over, and then begins anew", async () => {
    const table = memoryTable();
    // Of one shard only, and more than a page: each of them fails for ever.
    const ids = Array.from({ length: 1_200 }, (_, n) => `run_${100_000 + n}`);
    const [shard = ""] = ids.map(dueShard);
    await owe(
      table,
      ids.filter((id) => dueShard(id) === shard),
    );
    const fired: string[] = [];
    const clock = { now: NOW, elapsed: 1_000 };
    const { deps } = sweeping(table, (row) => void fired.push(String(row["run"])), clock);
    const count = ids.filter((id) => dueShard(id) === shard).length;
    expect(count).toBeGreaterThan(100);

    expect((await sweep(deps, 0)).complete).toBe(false);
    expect(fired).toHaveLength(100);
    clock.elapsed = -1;
    expect((await sweep(deps, 0)).complete).toBe(true);
    expect(new Set(fired).size).toBe(count);
    expect(fired).toHaveLength(count);

    await sweep(deps, 0);
    expect(fired).toHaveLength(2 * count);
  });
});

describe("a run that was woken", () => {
  test("is looked at again later and later, while nothing is committed that shows", async () => {
    const table = memoryTable();
    await owe(table, ["run_1"]);
    const clock = { now: NOW };
    const delays: number[] = [];
    for (let look = 0; look < 6; look++) {
      const row = await table.get(rows.head("ten_1", "run_1"));
      if (!row) throw new Error("the row is gone");
      await putOff({ table, now: () => clock.now }, row);
      const now = await table.get(rows.head("ten_1", "run_1"));
      delays.push((Number(now?.dueAt?.split("#")[0]) - clock.now) / 60_000);
      clock.now += 60_000 * (delays.at(-1) ?? 0);
    }

    expect(delays).toEqual([1, 2, 4, 8, 15, 15]);
  });

  test("is not put off when a commit has written its row meanwhile", async () => {
    const table = memoryTable();
    await owe(table, ["run_1"]);
    const read = await table.get(rows.head("ten_1", "run_1"));
    if (!read) throw new Error("the row is gone");
    const newer: Item = { ...read, status: "waiting", updatedAt: NOW };
    await table.write([{ type: "put", item: newer }]);

    await putOff({ table, now: () => NOW }, read);

    expect(await table.get(rows.head("ten_1", "run_1"))).toEqual(newer);
  });
});
