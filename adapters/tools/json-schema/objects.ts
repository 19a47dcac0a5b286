import { isObject, type JsonObject } from "../../../core/kernel/json.ts";
import { type Finding, merge, report, type Schema, under, type Validation } from "./finding.ts";
import { matches } from "./scalars.ts";
import { isSchema } from "./subschemas.ts";

export function checkObject(
  validation: Validation,
  schema: JsonObject,
  value: JsonObject,
  at: string,
  into: Finding,
): void {
  checkNames(validation, schema, value, at, into);
  const looked = new Set<string>();
  const look = (name: string, part: Schema) => {
    const member = value[name];
    if (member === undefined) return;
    looked.add(name);
    merge(into, partOf(validation.check(validation, part, member, under(at, name))));
  };

  const { properties, patternProperties, additionalProperties } = schema;
  if (isObject(properties)) {
    for (const [name, part] of Object.entries(properties)) {
      if (Object.hasOwn(value, name)) look(name, part as Schema);
    }
  }
  if (isObject(patternProperties)) {
    for (const [pattern, part] of Object.entries(patternProperties)) {
      for (const name of Object.keys(value)) {
        if (matches(validation, pattern, name)) look(name, part as Schema);
      }
    }
  }
  if (isSchema(additionalProperties)) {
    for (const name of Object.keys(value).filter((key) => !looked.has(key))) {
      if (additionalProperties === false) {
        looked.add(name);
        report(into, under(at, name), "UNKNOWN_PROPERTY", "is not a known property");
      } else look(name, additionalProperties);
    }
  }
  for (const name of looked) into.keys.add(name);
}

/** What the keywords say of the names alone. */
function checkNames(
  validation: Validation,
  schema: JsonObject,
  value: JsonObject,
  at: string,
  into: Finding,
): void {
  const { required, minProperties, maxProperties, propertyNames, dependentRequired } = schema;
  for (const name of names(required)) {
    if (!Object.hasOwn(value, name)) report(into, under(at, name), "REQUIRED", "is required");
  }
  const count = Object.keys(value).length;
  if (typeof minProperties === "number" && count < minProperties) {
    report(into, at, "MIN_PROPERTIES", `must have at least ${minProperties} properties`);
  }
  if (typeof maxProperties === "number" && count > maxProperties) {
    report(into, at, "MAX_PROPERTIES", `must have at most ${maxProperties} properties`);
  }
  if (isSchema(propertyNames)) {
    for (const name of Object.keys(value)) {
      const { problems } = validation.check(validation, propertyNames, name, "");
      const why = problems[0]?.message;
      if (why) report(into, under(at, name), "PROPERTY_NAME", `has a name that ${why}`);
    }
  }
  if (isObject(dependentRequired)) {
    for (const [present, others] of Object.entries(dependentRequired)) {
      if (!Object.hasOwn(value, present)) continue;
      for (const name of names(others)) {
        if (Object.hasOwn(value, name)) continue;
        report(into, under(at, name), "DEPENDENT_REQUIRED", `is required because of ${present}`);
      }
    }
  }
}

export function checkUnevaluatedProperties(
  validation: Validation,
  schema: JsonObject,
  value: JsonObject,
  at: string,
  into: Finding,
): void {
  const rest = schema["unevaluatedProperties"];
  if (!isSchema(rest) || into.problems.length > 0) return;
  for (const [name, member] of Object.entries(value)) {
    if (into.keys.has(name)) continue;
    if (rest === false) {
      report(into, under(at, name), "UNKNOWN_PROPERTY", "is not a known property");
    } else merge(into, partOf(validation.check(validation, rest, member, under(at, name))));
    into.keys.add(name);
  }
}

/** What was looked at inside a part says nothing about the whole. */
export function partOf(finding: Finding): Finding {
  return { problems: finding.problems, keys: new Set(), items: new Set() };
}

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}
