import type { Json } from "../json.ts";

/** Each has a mail of its own, and all of them are in the commit that opens the task. */
export const APPROVERS_MAX = 40;

/** Names of people or groups, each once; undefined when they are none. */
export function addresses(value: Json | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  const named = list.map((entry: Json) => (typeof entry === "string" ? entry.trim() : ""));
  if (named.length > APPROVERS_MAX) return undefined;
  if (named.some((entry) => entry === "" || entry.length > 320 || !entry.isWellFormed())) {
    return undefined;
  }
  return [...new Set(named)];
}
