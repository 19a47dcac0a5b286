import type { Json } from "../../kernel/json.ts";
import { type Overlap, type ScheduleRecord, scheduleStore } from "../../store/schedules.ts";
import { cursorOf, readCursor } from "../cursor.ts";
import type { EngineDeps } from "../deps.ts";
import type { Engine } from "../engine.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import type { Caller, Listing, Paging } from "../views.ts";
import { backfill } from "./backfill.ts";
import { changedSchedule, newSchedule, replanned } from "./make-schedule.ts";
import type { TimingRequest } from "./read-timing.ts";
import { type ScheduleView, scheduleView } from "./schedule-view.ts";

export type ScheduleRequest = TimingRequest &
  Readonly<{
    workflow: string;
    version?: number | undefined;
    input?: Json | undefined;
    tags?: Readonly<Record<string, string>> | undefined;
    overlap?: Overlap | undefined;
    catchUp?: string | undefined;
    jitter?: string | undefined;
    times?: number | undefined;
    until?: string | undefined;
  }>;

/** Some of a schedule: what is undefined is not named. */
export type ScheduleChange = {
  readonly [Field in keyof ScheduleRequest]?: ScheduleRequest[Field] | undefined;
};

/** Runs that start by themselves. All of it is of the caller's tenant. */
export type Schedules = Readonly<{
  create(caller: Caller, request: ScheduleRequest): Promise<Result<ScheduleView>>;
  list(caller: Caller, paging: Paging): Promise<Listing<ScheduleView>>;
  get(caller: Caller, id: string): Promise<Result<ScheduleView>>;
  /** What is not named stays as it is. A new time counts from now. */
  change(caller: Caller, id: string, request: ScheduleChange): Promise<Result<ScheduleView>>;
  remove(caller: Caller, id: string): Promise<Result<null>>;
  pause(caller: Caller, id: string): Promise<Result<ScheduleView>>;
  /** Goes on with the next occurrence after now; what was missed meanwhile is not made up. */
  resume(caller: Caller, id: string): Promise<Result<ScheduleView>>;
  /** Starts a run for each occurrence in [from, to] that has none. */
  backfill(
    caller: Caller,
    id: string,
    range: Readonly<{ from: string; to: string }>,
  ): Promise<Result<{ started: number; existing: number }>>;
}>;

export function schedulesOf(deps: EngineDeps, runs: Pick<Engine["runs"], "start">): Schedules {
  const store = scheduleStore(deps.table);
  const shown = (record: ScheduleRecord) => ok(scheduleView(deps.calendar, record));

  /** Changes what is stored; again, when somebody else has changed it meanwhile. */
  async function change(
    { tenant }: Caller,
    id: string,
    by: (record: ScheduleRecord) => Result<ScheduleRecord> | Promise<Result<ScheduleRecord>>,
  ): Promise<Result<ScheduleView>> {
    for (;;) {
      const record = await store.get(tenant, id);
      if (!record) return noSchedule(id);
      const next = await by(record);
      if (!next.ok) return next;
      const stored = await store.replace(record, { ...next.value, updatedAt: deps.clock.now() });
      if (stored) return shown(stored);
    }
  }

  return {
    async create(caller, request) {
      const made = await newSchedule(deps, caller, request);
      if (!made.ok) return made;
      await store.add(made.value);
      return shown(made.value);
    },

    async list({ tenant }, { limit, cursor }) {
      const after = readCursor("schedules", cursor);
      if (after === false) return { data: [], nextCursor: null };
      const { data, nextCursor } = await store.list(tenant, { limit, cursor: after });
      return {
        data: data.map((record) => scheduleView(deps.calendar, record)),
        nextCursor: cursorOf("schedules", nextCursor),
      };
    },

    async get({ tenant }, id) {
      const record = await store.get(tenant, id);
      return record ? shown(record) : noSchedule(id);
    },

    change: (caller, id, request) =>
      change(caller, id, (record) => changedSchedule(deps, caller, record, request)),

    async remove({ tenant }, id) {
      return (await store.remove(tenant, id)) ? ok(null) : noSchedule(id);
    },

    pause: (caller, id) =>
      change(caller, id, (record) =>
        ok(record.status === "active" ? { ...record, status: "paused" } : record),
      ),

    resume: (caller, id) =>
      change(caller, id, (record) => {
        if (record.status !== "paused") return ok(record);
        return ok(replanned(deps, { ...record, status: "active" }));
      }),

    async backfill({ tenant }, id, range) {
      const record = await store.get(tenant, id);
      return record ? backfill(deps, runs, record, range) : noSchedule(id);
    },
  };
}

function noSchedule(id: string) {
  return refuse("NOT_FOUND", `there is no schedule ${id}`);
}
