import type { Instant } from "./json.ts";

/**
 * A UUIDv7 (RFC 9562) from an instant and hex digits: time-ordered, and the same whenever the same
 * thing is named again.
 *
 * @param hex at least 19 hex digits, random or a digest
 */
export function timedId(at: Instant, hex: string): string {
  const time = Math.max(0, Math.trunc(at)).toString(16).padStart(12, "0");
  const variant = ((Number.parseInt(hex.charAt(3), 16) & 3) | 8).toString(16);
  const random = `7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-${random}`;
}

/** A UUIDv8 of a digest: for ids that are made from a key and carry no time. */
export function digestId(hex: string): string {
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  const head = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}`;
  return `${head}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
