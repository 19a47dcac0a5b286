import { describe, expect, test } from "vitest";
import { cronerCalendar } from "../../adapters/calendar/croner-calendar.ts";
import { nextAfter, occurrencesIn } from "../../core/engine/schedules/occurrences.ts";
import type { Timing } from "../../core/store/schedules.ts";

const calendar = cronerCalendar();

function firings(timing: Timing, after: string, until: string): readonly string[] {
  const range = { after: Date.parse(after), until: Date.parse(until) };
  return occurrencesIn(calendar, timing, range, 1_000).map((at) => new Date(at).toISOString());
}

function cron(line: string, timezone: string): Timing {
  return { kind: "cron", cron: line, timezone };
}

describe("a cron line in Berlin", () => {
  const nightly = cron("30 2 * * *", "Europe/Berlin");

  test("fires right after the gap when its time is left out in spring", () => {
    expect(firings(nightly, "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z")).toEqual([
      "2026-03-28T01:30:00.000Z",
      // 02:30 does not exist on this day; 03:00 in summer time is 01:00 in UTC.
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
  });

  test("fires once, the first time, when its time comes twice in autumn", () => {
    expect(firings(nightly, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z")).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  test("with a step fires at every instant, through both changes", () => {
    const halfHourly = cron("*/30 * * * *", "Europe/Berlin");
    expect(firings(halfHourly, "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z")).toHaveLength(4);
    expect(firings(halfHourly, "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z")).toHaveLength(4);
  });
});

describe("a cron line in New York", () => {
  test("fires right after the gap in spring", () => {
    const nightly = cron("30 2 * * *", "America/New_York");
    expect(firings(nightly, "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z")).toEqual([
      "2026-03-08T07:00:00.000Z",
      "2026-03-09T06:30:00.000Z",
    ]);
  });

  test("fires once, the first time, in autumn", () => {
    const nightly = cron("30 1 * * *", "America/New_York");
    expect(firings(nightly, "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z")).toEqual([
      "2026-11-01T05:30:00.000Z",
      "2026-11-02T06:30:00.000Z",
    ]);
  });
});

describe("an interval", () => {
  const from = Date.parse("2026-01-01T00:00:00Z");
  const every: Timing = { kind: "every", every: "PT15M", everyMs: 900_000, from };

  test("keeps its beat whenever it is asked", () => {
    expect(nextAfter(calendar, every, from)).toBe(from + 900_000);
    expect(nextAfter(calendar, every, from + 899_999)).toBe(from + 900_000);
    expect(nextAfter(calendar, every, from + 900_000)).toBe(from + 1_800_000);
    expect(nextAfter(calendar, every, from - 5_000)).toBe(from + 900_000);
  });
});

describe("a cron line", () => {
  test.each([
    ["* * * * * *", "five fields"],
    ["@daily", "five fields"],
    ["61 * * * *", "minute"],
    ["0 0 31 2 *", "no day"],
    ["x * * * *", "x"],
    ["", "five fields"],
  ])("%j is none, and says why", (line, why) => {
    expect(calendar.cronProblem(line)).toContain(why);
  });

  test.each(["*/5 * * * *", "0 7 * * 1-5", "0 0 L * *", "0 9 * * MON#1"])("%j is one", (line) => {
    expect(calendar.cronProblem(line)).toBeUndefined();
  });
});
