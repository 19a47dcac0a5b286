import { parseDuration } from "../../kernel/duration.ts";
import type { Instant } from "../../kernel/json.ts";
import type { Calendar } from "../../ports/calendar.ts";
import type { ScheduleRecord, Timing } from "../../store/schedules.ts";

/** The first occurrence after `after`; undefined when there is none. */
export function nextAfter(calendar: Calendar, timing: Timing, after: Instant): Instant | undefined {
  switch (timing.kind) {
    case "cron":
      return calendar.next(timing.cron, timing.timezone, after);
    case "every": {
      const { from, everyMs } = timing;
      const turns = Math.max(0, Math.floor((after - from) / everyMs));
      return from + (turns + 1) * everyMs;
    }
    case "at":
      return timing.at > after ? timing.at : undefined;
  }
}

/** The occurrences in (after, until], at most so many and one more. */
export function occurrencesIn(
  calendar: Calendar,
  timing: Timing,
  range: Readonly<{ after: Instant; until: Instant }>,
  countMax: number,
): readonly Instant[] {
  const found: Instant[] = [];
  let at: Instant | undefined = range.after;
  while (found.length <= countMax) {
    at = nextAfter(calendar, timing, at);
    if (at === undefined || at > range.until) break;
    found.push(at);
  }
  return found;
}

/** The schedule with its next occurrence after `after`, or ended when none is left. */
export function advanced(
  calendar: Calendar,
  record: ScheduleRecord,
  after: Instant,
  hash: (text: string) => string,
): ScheduleRecord {
  const { nextAt: _next, lookAt: _look, ...rest } = record;
  const { timesMax, until, pendingAt } = record;
  const isUsedUp = timesMax !== undefined && used(record) >= timesMax;
  const next = isUsedUp ? undefined : nextAfter(calendar, record.timing, after);
  const isPast = next !== undefined && until !== undefined && next > until;
  if (next !== undefined && !isPast) {
    const planned = { ...rest, nextAt: next };
    return { ...planned, lookAt: lookAtOf(planned, hash) ?? next };
  }
  return pendingAt === undefined ? { ...rest, status: "ended" } : rest;
}

/** Occurrences that count against `times`: what was started, what could not be, what waits. */
function used({ fired, failed, pendingAt }: ScheduleRecord): number {
  return fired + failed + (pendingAt === undefined ? 0 : 1);
}

/** When the next occurrence fires: at its instant, or up to `jitter` later. */
export function lookAtOf(
  record: ScheduleRecord,
  hash: (text: string) => string,
): Instant | undefined {
  const { nextAt } = record;
  return nextAt === undefined ? undefined : nextAt + jitterOf(record, nextAt, hash);
}

/** The same for one occurrence, whoever asks: of two sweeps, none fires before the other. */
function jitterOf(
  { id, jitter }: ScheduleRecord,
  at: Instant,
  hash: (text: string) => string,
): number {
  const ms = parseDuration(jitter) ?? 0;
  if (ms === 0) return 0;
  const share = Number.parseInt(hash(`jitter/${id}/${at}`).slice(0, 8), 16) / 0xffff_ffff;
  return Math.floor(share * ms);
}
