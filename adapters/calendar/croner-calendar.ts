import { Cron } from "croner";
import type { Calendar } from "../../core/ports/calendar.ts";

const PARSED_MAX = 500;

/** Cron lines by croner. Parsed ones are kept: a schedule asks for its next instant again. */
export function cronerCalendar(): Calendar {
  const parsed = new Map<string, Cron>();

  function cronOf(cron: string, zone: string): Cron {
    const name = `${zone} ${cron}`;
    const known = parsed.get(name);
    if (known) return known;
    const made = parse(cron, zone);
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(name, made);
    return made;
  }

  return {
    cronProblem(cron) {
      // croner also reads dates and names like @daily; five fields are what every cron reads.
      if (cron.trim().split(/\s+/).length !== 5) return "a cron line has five fields";
      try {
        const first = parse(cron, "UTC").nextRun(new Date("2026-01-01T00:00:00Z"));
        return first ? undefined : "it names no day that exists";
      } catch (error) {
        const said = error instanceof Error ? error.message : "it cannot be read";
        return said.replace(/^CronPattern: /, "").slice(0, 200);
      }
    },

    isZone(name) {
      try {
        new Intl.DateTimeFormat("en", { timeZone: name });
        return /^[A-Za-z]/.test(name);
      } catch {
        return false;
      }
    },

    next: (cron, zone, after) => cronOf(cron, zone).nextRun(new Date(after))?.getTime(),
  };
}

function parse(cron: string, zone: string): Cron {
  return new Cron(cron, { timezone: zone, paused: true, mode: "5-part" });
}
