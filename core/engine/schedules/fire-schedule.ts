import { instantText, parseDuration } from "../../kernel/duration.ts";
import { digestId } from "../../kernel/ids.ts";
import type { Instant } from "../../kernel/json.ts";
import { hasEnded } from "../../kernel/run.ts";
import type { Item } from "../../ports/table.ts";
import { type ScheduleRecord, scheduleStore } from "../../store/schedules.ts";
import type { EngineDeps } from "../deps.ts";
import type { Engine } from "../engine.ts";
import type { Refusal } from "../refusal.ts";
import type { Caller } from "../views.ts";
import { advanced, lookAtOf, occurrencesIn } from "./occurrences.ts";

/** Occurrences that one look deals with: the rest is still due, and others have their turn. */
const FIRINGS_MAX = 100;
/** How soon to look again for the end of a run, or for a place below a limit. */
const LOOK_AGAIN_MS = 5_000;
/** Missed occurrences are counted one by one up to here. */
const MISSED_COUNTED_MAX = 1_000;

type Fired = Readonly<{ next: ScheduleRecord; goesOn: boolean }>;
type Runs = Pick<Engine["runs"], "start" | "cancel">;

/**
 * Fires what a schedule owes. The run's id is made from the schedule and the occurrence, so of two
 * sweeps, or after a crash between start and row, there is one run and no second.
 */
export function fireSchedule(deps: EngineDeps, runs: Runs): (row: Item) => Promise<void> {
  const store = scheduleStore(deps.table);
  return async (row) => {
    let record = await store.get(String(row["tenant"]), row.sk);
    for (let firings = 0; firings < FIRINGS_MAX; firings++) {
      if (!record || record.status !== "active") return;
      if ((record.lookAt ?? Infinity) > deps.clock.now()) return;
      const { next, goesOn } = await fireOne(deps, runs, record);
      // Refused when somebody has changed it meanwhile: its row is due then as they have left it.
      const stored = await store.replace(record, { ...next, updatedAt: deps.clock.now() });
      if (!goesOn) return;
      record = stored;
    }
  };
}

async function fireOne(deps: EngineDeps, runs: Runs, record: ScheduleRecord): Promise<Fired> {
  const { pendingAt, nextAt } = record;
  if (pendingAt !== undefined) {
    const { pendingAt: _was, ...without } = record;
    if (!(await isActive(deps, record))) return start(deps, runs, without, pendingAt, false);
  }
  const isDue = (lookAtOf(record, deps.hash) ?? Infinity) <= deps.clock.now();
  if (nextAt === undefined || !isDue) return lookLater(deps, record);
  const missed = afterMissed(deps, record, nextAt);
  if (missed) return { next: missed, goesOn: true };
  if (record.overlap === "allow" || !(await isActive(deps, record))) {
    return start(deps, runs, record, nextAt, true);
  }
  return overlapping(deps, runs, record, nextAt);
}

async function overlapping(
  deps: EngineDeps,
  runs: Runs,
  record: ScheduleRecord,
  at: Instant,
): Promise<Fired> {
  if (record.overlap === "cancel" && record.last) {
    const reason = `schedule ${record.id} has fired again`;
    const cancelled = await runs.cancel(callerOf(record), record.last.runId, reason);
    if (cancelled.ok || cancelled.refusal.code === "RUN_ENDED") {
      return start(deps, runs, record, at, true);
    }
  }
  if (record.overlap === "queue" && record.pendingAt === undefined) {
    const next = advanced(deps.calendar, { ...record, pendingAt: at }, at, deps.hash);
    return { ...lookLater(deps, next), goesOn: true };
  }
  const skipped = { ...record, skipped: record.skipped + 1 };
  return { next: advanced(deps.calendar, skipped, at, deps.hash), goesOn: true };
}

/**
 * A run that waits for its turn has nobody who tells of its predecessor's end, so it is looked at
 * again soon; else the next look is at the next occurrence.
 */
function lookLater(deps: EngineDeps, record: ScheduleRecord): Fired {
  const planned = lookAtOf(record, deps.hash) ?? Infinity;
  const soon = record.pendingAt === undefined ? Infinity : deps.clock.now() + LOOK_AGAIN_MS;
  const { lookAt: _was, ...rest } = record;
  const lookAt = Math.min(planned, soon);
  return { next: lookAt === Infinity ? rest : { ...rest, lookAt }, goesOn: false };
}

/** The schedule past all that is older than its `catchUp`; undefined when this one is not. */
function afterMissed(
  deps: EngineDeps,
  record: ScheduleRecord,
  nextAt: Instant,
): ScheduleRecord | undefined {
  const oldest = deps.clock.now() - (parseDuration(record.catchUp) ?? 0) - 1;
  // What is due now is never missed, however small the window: a sweep may be a minute late.
  if (nextAt > Math.min(oldest, deps.clock.now() - 60_000)) return undefined;
  const range = { after: nextAt - 1, until: oldest };
  const missed = occurrencesIn(deps.calendar, record.timing, range, MISSED_COUNTED_MAX);
  const skipped = record.skipped + Math.max(1, missed.length);
  const last = Math.max(nextAt, missed.length > MISSED_COUNTED_MAX ? oldest : (missed.at(-1) ?? 0));
  return advanced(deps.calendar, { ...record, skipped }, last, deps.hash);
}

async function start(
  deps: EngineDeps,
  runs: Runs,
  record: ScheduleRecord,
  at: Instant,
  isNext: boolean,
): Promise<Fired> {
  const runId = runIdAt(deps, record, at);
  const started = await startAt(runs, record, at, runId);
  const go = (next: ScheduleRecord): Fired => ({
    next: isNext ? advanced(deps.calendar, next, at, deps.hash) : settled(deps, next),
    goesOn: true,
  });
  if (started === undefined) {
    const { error: _was, ...clean } = record;
    return go({ ...clean, fired: record.fired + 1, last: { at, runId } });
  }
  const { code, message } = started;
  const error = { at: deps.clock.now(), code, message: message.slice(0, 500) };
  if (started.retryAfterMs !== undefined || code === "BUSY") {
    const lookAt = deps.clock.now() + Math.max(LOOK_AGAIN_MS, started.retryAfterMs ?? 0);
    const kept = isNext ? record : { ...record, pendingAt: at };
    return { next: { ...kept, error, lookAt }, goesOn: false };
  }
  return go({ ...record, error, failed: record.failed + 1 });
}

/** After the last pending occurrence of a schedule that has no next one, it has ended. */
function settled(deps: EngineDeps, record: ScheduleRecord): ScheduleRecord {
  return record.nextAt === undefined
    ? { ...record, status: "ended" }
    : lookLater(deps, record).next;
}

/** Starts the run of one occurrence; undefined once it is there, whoever has started it. */
export async function startAt(
  runs: Pick<Runs, "start">,
  record: ScheduleRecord,
  at: Instant,
  runId: string,
): Promise<Refusal | undefined> {
  const { id, workflow, version, input, tags } = record;
  const started = await runs.start(callerOf(record), {
    workflow,
    version,
    input,
    id: runId,
    tags: { ...tags, schedule: id, scheduledAt: instantText(at) },
    actor: { kind: "schedule", id },
  });
  if (started.ok || started.refusal.code === "RUN_EXISTS") return undefined;
  return started.refusal;
}

export function runIdAt(deps: EngineDeps, { tenant, id }: ScheduleRecord, at: Instant): string {
  return `run_${digestId(deps.hash(`schedule/${tenant}/${id}/${at}`))}`;
}

/** Schedules were made by a key that may start runs, and act for their tenant since. */
function callerOf({ tenant, id }: ScheduleRecord): Caller {
  return { tenant, role: "operator", keyId: id, actsFor: true };
}

async function isActive(deps: EngineDeps, { tenant, last }: ScheduleRecord): Promise<boolean> {
  if (!last) return false;
  const { run } = await deps.log.load({ tenant, runId: last.runId });
  return run.seq > 0 && !hasEnded(run);
}
