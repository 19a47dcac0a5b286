import { instantText, parseDuration, parseInstant } from "../../kernel/duration.ts";
import { timedId } from "../../kernel/ids.ts";
import type { ScheduleRecord } from "../../store/schedules.ts";
import type { EngineDeps } from "../deps.ts";
import { ok, type Problem, type Result, refuse } from "../refusal.ts";
import { checkStart } from "../start-run.ts";
import type { Caller } from "../views.ts";
import { advanced } from "./occurrences.ts";
import { readTiming, type TimingRequest } from "./read-timing.ts";
import type { ScheduleChange, ScheduleRequest } from "./schedules.ts";

const DEFAULTS = { overlap: "skip", catchUp: "PT1H", jitter: "PT0S" } as const;

/** With its first occurrence after now; one that is set for a past time has had it. */
export function replanned(deps: EngineDeps, record: ScheduleRecord): ScheduleRecord {
  return advanced(deps.calendar, record, deps.clock.now(), deps.hash);
}

/** A schedule as asked for, or all that is wrong with it. */
export async function newSchedule(
  deps: EngineDeps,
  caller: Caller,
  request: ScheduleRequest,
): Promise<Result<ScheduleRecord>> {
  const { workflow, version, input, tags = {}, times } = request;
  const now = deps.clock.now();
  const timing = readTiming(deps.calendar, request, now);
  const { problems, until } = bounds(request);
  const faults = [...problems, ...("problems" in timing ? timing.problems : [])];
  if ("problems" in timing || faults.length > 0) return invalid(faults);
  // Who makes a schedule learns now what every one of its starts would be refused for.
  const start = await checkStart(deps, caller, { workflow, version, input, tags });
  if (!start.ok) return start;
  const record = replanned(deps, {
    tenant: caller.tenant,
    id: `sch_${timedId(now, deps.randomness.hex())}`,
    workflow,
    tags,
    ...(version !== undefined && { version }),
    ...(input !== undefined && { input }),
    timing: timing.timing,
    overlap: request.overlap ?? DEFAULTS.overlap,
    catchUp: request.catchUp ?? DEFAULTS.catchUp,
    jitter: request.jitter ?? DEFAULTS.jitter,
    ...(times !== undefined && { timesMax: times }),
    ...(until !== undefined && { until }),
    status: "active",
    revision: 1,
    createdAt: now,
    updatedAt: now,
    fired: 0,
    skipped: 0,
    failed: 0,
  });
  if (record.status !== "ended") return ok(record);
  const message = "it would never fire: no occurrence is left after now";
  return invalid([{ path: "until", code: "INVALID_VALUE", message }]);
}

/** The schedule with what the request names: all of it is judged again, as if it were new. */
export async function changedSchedule(
  deps: EngineDeps,
  caller: Caller,
  record: ScheduleRecord,
  request: ScheduleChange,
): Promise<Result<ScheduleRecord>> {
  const { cron, every, at, timezone } = request;
  const isRetimed = [cron, every, at, timezone].some((one) => one !== undefined);
  const given = Object.entries(request).filter(([, value]) => value !== undefined);
  const made = await newSchedule(deps, caller, {
    ...requestOf(record),
    ...Object.fromEntries(given),
    ...retimed(record, request),
  });
  if (!made.ok) return made;
  const { id, createdAt, fired, skipped, failed, last, status, nextAt, pendingAt } = record;
  const next: ScheduleRecord = {
    ...made.value,
    id,
    createdAt,
    fired,
    skipped,
    failed,
    ...(last && { last }),
    ...(pendingAt !== undefined && { pendingAt }),
    // An interval keeps its beat unless it is changed.
    ...(!isRetimed && { timing: record.timing }),
    status: status === "paused" ? "paused" : "active",
  };
  // An occurrence that is due and not fired yet is not lost by a change of something else.
  const after = isRetimed || nextAt === undefined ? deps.clock.now() : nextAt - 1;
  return ok(advanced(deps.calendar, next, after, deps.hash));
}

function requestOf(record: ScheduleRecord): Omit<ScheduleRequest, keyof TimingRequest> {
  const { workflow, version, input, tags, overlap, catchUp, jitter, timesMax, until } = record;
  return {
    workflow,
    version,
    input,
    tags,
    overlap,
    catchUp,
    jitter,
    times: timesMax,
    until: until === undefined ? undefined : instantText(until),
  };
}

/** A cron line that is changed keeps its zone, and a zone that is changed its line. */
function retimed({ timing }: ScheduleRecord, request: TimingRequest): TimingRequest {
  const { cron, every, at, timezone } = request;
  const old = timing.kind === "cron" ? timing : undefined;
  if (cron !== undefined) return { cron, every, at, timezone: timezone ?? old?.timezone };
  if (every !== undefined || at !== undefined) return { every, at, timezone };
  if (old) return { cron: old.cron, timezone: timezone ?? old.timezone };
  if (timing.kind === "every") return { every: timing.every, timezone };
  return timing.kind === "at" ? { at: instantText(timing.at), timezone } : {};
}

function bounds({ catchUp, jitter, until }: ScheduleRequest) {
  const problems: Problem[] = [];
  for (const [path, text] of Object.entries({ catchUp, jitter })) {
    if (text === undefined || parseDuration(text) !== undefined) continue;
    const message = "expected a duration like PT10M";
    problems.push({ path, code: "INVALID_VALUE", message });
  }
  const at = until === undefined ? undefined : parseInstant(until);
  if (until !== undefined && at === undefined) {
    const message = "expected an instant like 2026-11-21T09:30:00Z";
    problems.push({ path: "until", code: "INVALID_VALUE", message });
  }
  return { problems, until: at };
}

export function invalid(errors: readonly Problem[]) {
  const first = errors[0];
  return refuse("INVALID_REQUEST", `the schedule has a fault: ${first?.message}`, { errors });
}
