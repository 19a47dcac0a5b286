import type { Instant, Json } from "../kernel/json.ts";
import type { Item, Table } from "../ports/table.ts";
import { type Listed, type ListPage, newestFirst } from "./newest-first.ts";
import { dueAt, dueShard, rows } from "./rows.ts";

export type Overlap = "allow" | "skip" | "queue" | "cancel";

/** When it fires: at the instants of a cron line, at even distances, or once. */
export type Timing =
  | Readonly<{ kind: "cron"; cron: string; timezone: string }>
  | Readonly<{ kind: "every"; every: string; everyMs: number; from: Instant }>
  | Readonly<{ kind: "at"; at: Instant }>;

/** A schedule, and how far it has come. */
export type ScheduleRecord = Readonly<{
  tenant: string;
  id: string;
  workflow: string;
  version?: number;
  input?: Json;
  tags: Readonly<Record<string, string>>;
  timing: Timing;
  overlap: Overlap;
  catchUp: string;
  jitter: string;
  timesMax?: number;
  until?: Instant;
  status: "active" | "paused" | "ended";
  /** Grows with every change: who changes it names the one that it has read. */
  revision: number;
  createdAt: Instant;
  updatedAt: Instant;
  /** The occurrence that is next, if any is left. */
  nextAt?: Instant;
  /** An occurrence that waits for the run before it to end. */
  pendingAt?: Instant;
  /** When to look at it next: the next occurrence with its jitter, or sooner. */
  lookAt?: Instant;
  fired: number;
  skipped: number;
  failed: number;
  last?: Readonly<{ at: Instant; runId: string }>;
  error?: Readonly<{ at: Instant; code: string; message: string }>;
}>;

export type ScheduleStore = Readonly<{
  get(tenant: string, id: string): Promise<ScheduleRecord | undefined>;
  list(tenant: string, page: ListPage): Promise<Listed<ScheduleRecord>>;
  /** False when the tenant has one of this id. */
  add(record: ScheduleRecord): Promise<boolean>;
  /** Replaces it, unless somebody else has changed it since it was read; what is stored then. */
  replace(read: ScheduleRecord, next: ScheduleRecord): Promise<ScheduleRecord | undefined>;
  remove(tenant: string, id: string): Promise<boolean>;
}>;

/** Schedules, one row each, which is due at its next firing. */
export function scheduleStore(table: Table): ScheduleStore {
  return {
    async get(tenant, id) {
      const item = await table.get(rows.schedule(tenant, id));
      return item && recordOf(item);
    },
    list: (tenant, page) => newestFirst(table, rows.schedule(tenant, "").pk, page, recordOf),
    async add(record) {
      const when = { type: "absent" } as const;
      return (await table.write([{ type: "put", item: itemOf(record), when }])).ok;
    },
    async replace(read, next) {
      const stored = { ...next, revision: read.revision + 1 };
      const attributes = { revision: read.revision };
      const when = { type: "is", attributes } as const;
      const written = await table.write([{ type: "put", item: itemOf(stored), when }]);
      return written.ok ? stored : undefined;
    },
    async remove(tenant, id) {
      const when = { type: "present" } as const;
      return (await table.write([{ type: "remove", key: rows.schedule(tenant, id), when }])).ok;
    },
  };
}

function itemOf(record: ScheduleRecord): Item {
  const { tenant, id, revision, lookAt, status } = record;
  const isDue = status === "active" && lookAt !== undefined;
  return {
    ...rows.schedule(tenant, id),
    kind: "schedule",
    tenant,
    revision,
    content: JSON.stringify(record),
    ...(isDue && { dueShard: dueShard(id), dueAt: dueAt(lookAt, id) }),
  };
}

function recordOf(item: Item): ScheduleRecord {
  return JSON.parse(item.content ?? "{}") as ScheduleRecord;
}
