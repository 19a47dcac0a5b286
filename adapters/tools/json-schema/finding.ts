import type { RE2JS } from "re2js";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import type { Problem } from "../../../core/kernel/problem.ts";

export type Schema = boolean | JsonObject;

/** A schema that was found sound: what it refers to is known, its patterns run in linear time. */
export type SoundSchema = Readonly<{
  root: Schema;
  /** By the object that holds the `$ref`. */
  refs: ReadonlyMap<JsonObject, Schema>;
  patterns: ReadonlyMap<string, RE2JS>;
}>;

/** What one schema says of one value. */
export type Finding = {
  problems: Problem[];
  /** What some keyword looked at, for `unevaluatedProperties` and `unevaluatedItems`. */
  keys: Set<string>;
  items: Set<number>;
};

/** One validation: the schema, and what is left of its bounds. */
export type Validation = SoundSchema & {
  steps: number;
  depth: number;
  check(validation: Validation, schema: Schema, value: Json, at: string): Finding;
};

/** A value that would take too long to check is a fault of the value, not of the server. */
export class TooComplex extends Error {}

const PROBLEMS_MAX = 100;

export function newFinding(): Finding {
  return { problems: [], keys: new Set(), items: new Set() };
}

export function report(into: Finding, path: string, code: string, message: string): void {
  if (into.problems.length < PROBLEMS_MAX) into.problems.push({ path, code, message });
}

/** Takes over what a part found: its problems if it has any, else what it looked at. */
export function merge(into: Finding, part: Finding): void {
  for (const { path, code, message } of part.problems) report(into, path, code, message);
  if (part.problems.length > 0) return;
  for (const key of part.keys) into.keys.add(key);
  for (const item of part.items) into.items.add(item);
}

export function spend(validation: Validation, steps: number): void {
  validation.steps -= steps;
  if (validation.steps < 0) throw new TooComplex("too many steps");
}

/** `input.items[2].sku`, or `input["a b"]` where a name is not an identifier. */
export function under(at: string, key: string | number): string {
  if (typeof key === "number") return `${at}[${key}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${at}[${JSON.stringify(key)}]`;
  return at === "" ? key : `${at}.${key}`;
}

/** The same text for the same JSON value, whatever the order of its members. */
export function identity(value: Json): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
