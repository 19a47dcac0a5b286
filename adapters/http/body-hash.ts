import { createHash } from "node:crypto";
import type { Json } from "../../core/kernel/json.ts";

/**
 * Tells a repeated request from another one under the same Idempotency-Key. The order of keys does
 * not count: clients that build the same body twice need not build it in the same order.
 */
export function bodyHash(body: Json | undefined): string {
  const text = body === undefined ? "" : JSON.stringify(sorted(body));
  return createHash("sha256").update(text).digest("hex");
}

/** Pairs instead of objects: an object would reorder keys that look like numbers. */
function sorted(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { object: entries.map(([key, item]) => [key, sorted(item)]) };
}

const isArray: (value: Json) => value is readonly Json[] = Array.isArray;
