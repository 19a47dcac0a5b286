import { parseDuration, parseInstant } from "../../kernel/duration.ts";
import type { Instant } from "../../kernel/json.ts";
import type { Calendar } from "../../ports/calendar.ts";
import type { Timing } from "../../store/schedules.ts";
import type { Problem } from "../refusal.ts";

export type TimingRequest = Readonly<{
  cron?: string | undefined;
  every?: string | undefined;
  at?: string | undefined;
  timezone?: string | undefined;
}>;

/** A schedule has at least this distance: more often is a loop, and a run can wait by itself. */
export const EVERY_MS_MIN = 1_000;

/** When a schedule is to fire, or everything that is wrong with it. */
export function readTiming(
  calendar: Calendar,
  request: TimingRequest,
  now: Instant,
): { timing: Timing } | { problems: readonly Problem[] } {
  const { cron, every, at, timezone } = request;
  const given = [cron, every, at].filter((one) => one !== undefined);
  if (given.length !== 1) {
    return wrong("cron", "say one of `cron`, `every` and `at`");
  }
  if (timezone !== undefined && cron === undefined) {
    return wrong("timezone", "only a cron line has a time zone; say the offset in `at`");
  }
  if (every !== undefined) return interval(every, now);
  if (at !== undefined) {
    const instant = parseInstant(at);
    if (instant === undefined) return wrong("at", "expected an instant like 2026-11-21T09:30:00Z");
    return { timing: { kind: "at", at: instant } };
  }
  const zone = timezone ?? "UTC";
  if (!calendar.isZone(zone)) return wrong("timezone", `there is no time zone ${zone}`);
  const problem = calendar.cronProblem(cron ?? "");
  if (problem !== undefined) return wrong("cron", problem);
  return { timing: { kind: "cron", cron: cron ?? "", timezone: zone } };
}

function interval(every: string, from: Instant) {
  const everyMs = parseDuration(every);
  if (everyMs === undefined || everyMs < EVERY_MS_MIN) {
    return wrong("every", "expected a duration of at least one second, like PT15M");
  }
  return { timing: { kind: "every", every, everyMs, from } as const };
}

function wrong(path: string, message: string): { problems: readonly Problem[] } {
  return { problems: [{ path, code: "INVALID_VALUE", message }] };
}
