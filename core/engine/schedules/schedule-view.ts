import { instantText } from "../../kernel/duration.ts";
import type { Json } from "../../kernel/json.ts";
import type { Calendar } from "../../ports/calendar.ts";
import type { Overlap, ScheduleRecord } from "../../store/schedules.ts";
import { occurrencesIn } from "./occurrences.ts";

export type ScheduleView = Readonly<{
  id: string;
  workflow: string;
  version?: number;
  input?: Json;
  tags: Readonly<Record<string, string>>;
  cron?: string;
  every?: string;
  at?: string;
  timezone?: string;
  overlap: Overlap;
  catchUp: string;
  jitter: string;
  times?: number;
  until?: string;
  status: "active" | "paused" | "ended";
  nextAt: string | null;
  /** The next five occurrences, as far as they are known. */
  upcoming: readonly string[];
  /** An occurrence that waits for the run before it to end. */
  pendingAt: string | null;
  fired: number;
  skipped: number;
  failed: number;
  last: Readonly<{ at: string; run: string }> | null;
  error: Readonly<{ at: string; code: string; message: string }> | null;
  createdAt: string;
  updatedAt: string;
}>;

const UPCOMING_MAX = 5;

export function scheduleView(calendar: Calendar, record: ScheduleRecord): ScheduleView {
  const { id, workflow, version, input, tags, overlap, catchUp, jitter, status } = record;
  const { timesMax, until, nextAt, pendingAt, fired, skipped, failed, last, error } = record;
  return {
    id,
    workflow,
    ...(version !== undefined && { version }),
    ...(input !== undefined && { input }),
    tags,
    ...timingView(record),
    overlap,
    catchUp,
    jitter,
    ...(timesMax !== undefined && { times: timesMax }),
    ...(until !== undefined && { until: instantText(until) }),
    status,
    nextAt: textOrNull(status === "active" ? nextAt : undefined),
    upcoming: upcoming(calendar, record),
    pendingAt: textOrNull(pendingAt),
    fired,
    skipped,
    failed,
    last: last ? { at: instantText(last.at), run: last.runId } : null,
    error: error ? { ...error, at: instantText(error.at) } : null,
    createdAt: instantText(record.createdAt),
    updatedAt: instantText(record.updatedAt),
  };
}

function timingView({ timing }: ScheduleRecord) {
  switch (timing.kind) {
    case "cron":
      return { cron: timing.cron, timezone: timing.timezone };
    case "every":
      return { every: timing.every };
    case "at":
      return { at: instantText(timing.at) };
  }
}

function upcoming(calendar: Calendar, record: ScheduleRecord): readonly string[] {
  const { nextAt, status, timing, until, timesMax, fired, failed } = record;
  if (nextAt === undefined || status !== "active") return [];
  const left = timesMax === undefined ? UPCOMING_MAX : timesMax - fired - failed;
  const range = { after: nextAt - 1, until: until ?? Number.MAX_SAFE_INTEGER };
  const found = occurrencesIn(calendar, timing, range, UPCOMING_MAX);
  return found.slice(0, Math.max(0, Math.min(left, UPCOMING_MAX))).map(instantText);
}

function textOrNull(at: number | undefined): string | null {
  return at === undefined ? null : instantText(at);
}
