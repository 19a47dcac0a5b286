import type { Json } from "./json.ts";

/** How deep a value may be nested that comes in from outside; the HTTP door has the same limit. */
export const DEPTH_MAX = 64;

/**
 * A value that every later reader can keep: lone surrogates become U+FFFD.
 *
 * Canonical JSON, and so the ledger's hash, is undefined for lone surrogates and for numbers that
 * overflowed to Infinity. The first are repaired, the second and deep nesting are told.
 */
export function wellFormed(value: Json): { ok: true; value: Json } | { ok: false; why: string } {
  try {
    return { ok: true, value: repaired(value, 0) };
  } catch (error) {
    if (error instanceof Unkeepable) return { ok: false, why: error.message };
    throw error;
  }
}

class Unkeepable extends Error {}

function repaired(value: Json, depth: number): Json {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Unkeepable("a number in it is too large for JSON numbers here");
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) throw new Unkeepable(`it is nested deeper than ${DEPTH_MAX} levels`);
  if (Array.isArray(value)) return value.map((item) => repaired(item, depth + 1));
  // `fromEntries` defines properties, so a key named `__proto__` stays a plain key.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toWellFormed(), repaired(item, depth + 1)]),
  );
}
