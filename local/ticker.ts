import { instantText } from "../core/kernel/duration.ts";
import type { Instant } from "../core/kernel/json.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { Item, Operation, Table } from "../core/ports/table.ts";
import { DUE_SHARDS } from "../core/store/rows.ts";

export interface Ticker {
  /** Looks at what was left by the process before: everything that is owed starts again. */
  recover(): Promise<number>;
  /** Fires what is due now; how many rows that were. */
  tick(): Promise<number>;
  /** The instant of the next row that has not fired. */
  next(): Promise<Instant | undefined>;
  stop(): void;
  stats(): SchedulerStats;
}

/** What it has done since the process began. */
export type SchedulerStats = Readonly<{
  /** How often it looked, and what failed of that. */
  looks: number;
  errors: number;
  lastLookAt: string | null;
  /** Rows that it fired: runs that were due, schedules, mails, deliveries. */
  fired: number;
}>;

const PAGE = 500;
/** A row that was fired and is still due is fired again: what it woke may have failed. */
const AGAIN_MS = 30_000;
const SLEEP_MS_MAX = 1_000;

/**
 * Fires rows of the `due` index at their time. On a laptop this is all there is of queues, timers
 * and sweeps: the index is in the file, so a new process goes on where the old one died.
 */
export function ticker(deps: {
  table: Table;
  clock: Clock;
  log: Log;
  /** Real milliseconds. */
  elapsed(): number;
  fire(row: Item): void | Promise<void>;
  /** Whether the row's run was being driven, so that it is owed something right away. */
  isOwed(row: Item): boolean;
}): Ticker & { watched: Table } {
  const fired = new Map<string, { dueAt: string; again: number }>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let stopped = false;
  const stats = { looks: 0, errors: 0, lastLookAt: null as string | null, fired: 0 };
  let turn: Promise<unknown> = Promise.resolve();

  async function scan(until: string, each: (row: Item) => Promise<boolean>): Promise<void> {
    for (let shard = 0; shard < DUE_SHARDS; shard++) {
      let after: string | undefined;
      for (let more = true; more; ) {
        const from = after === undefined ? {} : { after };
        const range = { pk: `due#${shard}`, index: "due", until, limit: PAGE, ...from } as const;
        const page = await deps.table.query(range);
        for (const row of page.items) if (!(await each(row))) return;
        after = page.items.at(-1)?.dueAt;
        more = page.more && after !== undefined;
      }
    }
  }

  async function fireDue(): Promise<number> {
    const now = deps.clock.now();
    stats.looks++;
    stats.lastLookAt = instantText(now);
    const horizon = `${String(Math.floor(now)).padStart(15, "0")}#~`;
    let count = 0;
    await scan(horizon, async (row) => {
      const name = `${row.pk}/${row.sk}`;
      const before = fired.get(name);
      if (before?.dueAt === row.dueAt && deps.elapsed() < (before?.again ?? 0)) return true;
      fired.set(name, { dueAt: row.dueAt ?? "", again: deps.elapsed() + AGAIN_MS });
      count++;
      stats.fired++;
      await deps.fire(row);
      return true;
    });
    forget();
    return count;
  }

  function forget(): void {
    const now = deps.elapsed();
    for (const [name, { again }] of fired) if (again < now) fired.delete(name);
  }

  function schedule(at: Instant): void {
    if (stopped || at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    // An early fire would find nothing and sleep again, so the delay is rounded up.
    const delay = Math.min(SLEEP_MS_MAX, Math.max(0, Math.ceil(at - deps.clock.now())));
    timer = setTimeout(() => void onTimer(), delay);
  }

  async function onTimer(): Promise<void> {
    timerAt = Number.POSITIVE_INFINITY;
    try {
      await tick();
    } catch (error) {
      stats.errors++;
      deps.log.error("the ticker failed and goes on", { error: String(error) });
    }
    schedule(deps.clock.now() + SLEEP_MS_MAX);
  }

  /** One at a time: two scans side by side would fire a row twice. */
  function tick(): Promise<number> {
    const result = turn.then(fireDue);
    turn = result.catch(() => undefined);
    return result;
  }

  const watched: Table = {
    get: (key) => deps.table.get(key),
    query: (range) => deps.table.query(range),
    async write(operations) {
      const result = await deps.table.write(operations);
      if (result.ok) for (const operation of operations) notice(operation);
      return result;
    },
  };

  function notice(operation: Operation): void {
    if (operation.type !== "put" || operation.item.dueAt === undefined) return;
    schedule(instantOf(operation.item.dueAt));
  }

  return {
    watched,
    tick,
    stats: () => stats,
    async recover() {
      let count = 0;
      await scan("~", async (row) => {
        if (!deps.isOwed(row)) return true;
        count++;
        await deps.fire(row);
        return true;
      });
      schedule(deps.clock.now());
      return count;
    },
    async next() {
      let earliest: Instant | undefined;
      for (let shard = 0; shard < DUE_SHARDS; shard++) {
        const first = await firstUnfired(`due#${shard}`);
        if (first !== undefined && (earliest === undefined || first < earliest)) earliest = first;
      }
      return earliest;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };

  async function firstUnfired(pk: string): Promise<Instant | undefined> {
    let after: string | undefined;
    for (let more = true; more; ) {
      const from = after === undefined ? {} : { after };
      const page = await deps.table.query({ pk, index: "due", limit: 20, ...from });
      const row = page.items.find(
        (item) => fired.get(`${item.pk}/${item.sk}`)?.dueAt !== item.dueAt,
      );
      if (row?.dueAt !== undefined) return instantOf(row.dueAt);
      after = page.items.at(-1)?.dueAt;
      more = page.more && after !== undefined;
    }
    return undefined;
  }
}

function instantOf(dueAt: string): Instant {
  return Number(dueAt.slice(0, dueAt.indexOf("#")));
}
