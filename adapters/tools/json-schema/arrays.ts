import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import {
  type Finding,
  identity,
  merge,
  report,
  type Schema,
  spend,
  under,
  type Validation,
} from "./finding.ts";
import { partOf } from "./objects.ts";
import { isSchema } from "./subschemas.ts";

export function checkArray(
  validation: Validation,
  schema: JsonObject,
  value: readonly Json[],
  at: string,
  into: Finding,
): void {
  const { minItems, maxItems, uniqueItems, prefixItems, items } = schema;
  if (typeof minItems === "number" && value.length < minItems) {
    report(into, at, "MIN_ITEMS", `must have at least ${minItems} items`);
  }
  if (typeof maxItems === "number" && value.length > maxItems) {
    report(into, at, "MAX_ITEMS", `must have at most ${maxItems} items`);
  }
  if (uniqueItems === true) checkUnique(validation, value, at, into);

  const first = (Array.isArray(prefixItems) ? prefixItems : []) as readonly Schema[];
  for (const [index, item] of value.entries()) {
    const part = first[index] ?? items;
    if (!isSchema(part)) break;
    merge(into, partOf(validation.check(validation, part, item, under(at, index))));
    into.items.add(index);
  }
  checkContains(validation, schema, value, at, into);
}

export function checkUnevaluatedItems(
  validation: Validation,
  schema: JsonObject,
  value: readonly Json[],
  at: string,
  into: Finding,
): void {
  const rest = schema["unevaluatedItems"];
  if (!isSchema(rest) || into.problems.length > 0) return;
  for (const [index, item] of value.entries()) {
    if (into.items.has(index)) continue;
    merge(into, partOf(validation.check(validation, rest, item, under(at, index))));
    into.items.add(index);
  }
}

function checkUnique(
  validation: Validation,
  value: readonly Json[],
  at: string,
  into: Finding,
): void {
  const seen = new Map<string, number>();
  for (const [index, item] of value.entries()) {
    const text = identity(item);
    spend(validation, 1 + Math.ceil(text.length / 50));
    const before = seen.get(text);
    if (before === undefined) seen.set(text, index);
    else report(into, under(at, index), "UNIQUE_ITEMS", `is the same as item ${before}`);
  }
}

function checkContains(
  validation: Validation,
  schema: JsonObject,
  value: readonly Json[],
  at: string,
  into: Finding,
): void {
  const { contains, minContains = 1, maxContains } = schema;
  if (!isSchema(contains)) return;
  let count = 0;
  for (const [index, item] of value.entries()) {
    if (validation.check(validation, contains, item, at).problems.length > 0) continue;
    into.items.add(index);
    count++;
  }
  if (typeof minContains === "number" && count < minContains) {
    report(into, at, "CONTAINS", `must contain at least ${minContains} items of the wanted kind`);
  }
  if (typeof maxContains === "number" && count > maxContains) {
    report(into, at, "CONTAINS", `must contain at most ${maxContains} items of that kind`);
  }
}
