import { expect, test } from "vitest";
import { fireSchedule } from "../../core/engine/schedules/fire-schedule.ts";
import type { Item, Table } from "../../core/ports/table.ts";
import { DUE_SHARDS } from "../../core/store/rows.ts";
import { faultyTable, type Misfortune } from "../support/faulty-table.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const TIMES = 3;

async function dueRows(table: Table, now: number): Promise<readonly Item[]> {
  const until = `${String(now).padStart(15, "0")}#~`;
  const pages = await Promise.all(
    Array.from({ length: DUE_SHARDS }, (_, shard) =>
      table.query({ pk: `due#${shard}`, index: "due", until }),
    ),
  );
  return pages.flatMap(({ items }) => items).filter((item) => item["kind"] === "schedule");
}

/** A schedule of three minutes, of which the n-th write of the firing process meets misfortune. */
async function fired(write: number, misfortune: Misfortune) {
  const inner = memoryTable();
  let now = START;
  const first = house({ table: inner, now: () => now });
  await first.publish({ name: "tick", nodes: [{ id: "say", type: "set", with: 1 }] });
  const every = { workflow: "tick", every: "PT1M", times: TIMES };
  const made = await first.engine.schedules.create(ADMIN, every);
  if (!made.ok) throw new Error(JSON.stringify(made.refusal));

  let writes = 0;
  const sweep = async (table: Table) => {
    // Each time a process of its own, which knows nothing but the rows. Two at once, too.
    const { deps, engine } = house({ table, now: () => now });
    const fire = fireSchedule(deps, engine.runs);
    for (const row of await dueRows(inner, now)) {
      await Promise.allSettled([fire(row), fire(row)]);
    }
  };
  for (let minutes = 0; minutes < 6; minutes++) {
    now += MINUTE;
    const unlucky = faultyTable(inner, () => (++writes === write ? misfortune : "none"));
    await sweep(unlucky);
    await sweep(inner);
  }
  const runs = await first.engine.runs.list(ADMIN, { tag: "schedule" }, { limit: 50 });
  if (!runs.ok) throw new Error(JSON.stringify(runs.refusal));
  const instants = runs.value.data.map(({ tags }) => tags["scheduledAt"]);
  const seen = await first.engine.schedules.get(ADMIN, made.value.id);
  return { writes, instants, schedule: seen.ok ? seen.value : undefined };
}

const expected = Array.from({ length: TIMES }, (_, turn) =>
  new Date(START + (TIMES - turn) * MINUTE).toISOString(),
);

test.each<Misfortune>(["die before", "die after", "before", "after"])(
  "a schedule fires each occurrence once, whichever write meets: %s",
  async (misfortune) => {
    const { writes } = await fired(Infinity, misfortune);
    expect(writes).toBeGreaterThan(5);
    for (let write = 1; write <= writes; write++) {
      const { instants, schedule } = await fired(write, misfortune);
      expect(instants, `write ${write}`).toEqual(expected);
      expect(schedule, `write ${write}`).toMatchObject({ status: "ended", fired: TIMES });
    }
  },
);
