const PATTERN =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d{1,9})?)S)?)?$/;

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const UNITS = [365 * DAY, 30 * DAY, 7 * DAY, DAY, 3600 * SECOND, 60 * SECOND, SECOND] as const;

/** The longest that anything may wait: a hundred years. */
const DURATION_MS_MAX = 36_525 * DAY;

/**
 * An ISO 8601 duration in milliseconds, rounded up; undefined when it is not one.
 *
 * A year counts as 365 days and a month as 30, because a duration here is a length of time and not
 * a calendar. Seconds may have decimals.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || text.endsWith("T") || text === "P") return undefined;
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  let ms = 0;
  for (const [index, unit] of UNITS.entries()) {
    ms += Number((match[index + 1] ?? "0").replace(",", ".")) * unit;
  }
  return Number.isFinite(ms) && ms <= DURATION_MS_MAX ? Math.ceil(ms) : undefined;
}

const INSTANT =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** An RFC 3339 instant (or a date, as its first moment in UTC) in milliseconds since 1970. */
export function parseInstant(text: string): number | undefined {
  if (!INSTANT.test(text)) return undefined;
  const ms = Date.parse(text);
  if (!Number.isFinite(ms)) return undefined;
  // Date.parse rolls "02-30" over to March; a date that does not exist is not an instant.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return day.toISOString().slice(0, 10) === text.slice(0, 10) ? ms : undefined;
}

/** RFC 3339 in UTC with milliseconds. */
export function instantText(ms: number): string {
  // Events of one commit share an instant, and so do most of what is shown together.
  if (ms !== newest.ms) newest = { ms, text: new Date(ms).toISOString() };
  return newest.text;
}

let newest = { ms: 0, text: "1970-01-01T00:00:00.000Z" };
