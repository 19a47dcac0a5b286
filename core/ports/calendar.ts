import type { Instant } from "../kernel/json.ts";

/** Cron lines on the clocks and calendars of time zones, with their daylight-saving changes. */
export interface Calendar {
  /** What is wrong with a cron line of five fields, as a sentence; undefined when it is one. */
  cronProblem(cron: string): string | undefined;
  /** Whether it is a time zone of the IANA database. */
  isZone(name: string): boolean;
  /**
   * The first instant after `after` that the line names; undefined when there is none.
   *
   * A fixed time that a change of clocks leaves out is the first instant after the gap, and one
   * that comes twice counts once, the first time. Lines with steps or wildcards name every instant.
   */
  next(cron: string, zone: string, after: Instant): Instant | undefined;
}
