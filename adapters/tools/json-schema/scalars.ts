import { format as formats } from "@cfworker/json-schema";
import { isObject, type Json, type JsonObject } from "../../../core/kernel/json.ts";
import { type Finding, identity, report, spend, type Validation } from "./finding.ts";

/** Longer texts are not searched: linear time is not free. */
const SEARCHED_LENGTH_MAX = 100_000;
/** The library's own pattern for `url` can take exponential time. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  ...formats,
  url: (text) => URL.canParse(text),
};
const FORMAT_LENGTH_MAX = 4_096;
/** Lengths count characters, of which a pair is one. */
const SURROGATE_PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

/** `type`, `enum` and `const`. */
export function checkKind(
  validation: Validation,
  schema: JsonObject,
  value: Json,
  at: string,
  into: Finding,
): void {
  const type = schema["type"];
  if (type !== undefined) {
    const wanted = (Array.isArray(type) ? type : [type]) as readonly string[];
    if (!wanted.some((name) => isOfType(value, name))) {
      report(into, at, "TYPE", `must be ${wanted.join(" or ")}, not ${typeName(value)}`);
    }
  }
  const choices = schema["enum"];
  if (Array.isArray(choices)) {
    spend(validation, choices.length);
    if (!choices.some((choice: Json) => isSame(validation, choice, value))) {
      const shown = choices.slice(0, 10).map((choice) => JSON.stringify(choice));
      const more = choices.length > shown.length ? ", …" : "";
      report(into, at, "ENUM", `must be one of ${shown.join(", ")}${more}`);
    }
  }
  const constant = schema["const"];
  if (constant !== undefined && !isSame(validation, constant, value)) {
    report(into, at, "CONST", `must be ${JSON.stringify(constant).slice(0, 200)}`);
  }
}

export function isSame(validation: Validation, a: Json, b: Json): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [identity(a), identity(b)];
  spend(validation, Math.ceil((left.length + right.length) / 50));
  return left === right;
}

export function checkNumber(schema: JsonObject, value: number, at: string, into: Finding): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema as Readonly<
    Record<string, number | undefined>
  >;
  if (minimum !== undefined && value < minimum) {
    report(into, at, "MINIMUM", `must be at least ${minimum}`);
  }
  if (maximum !== undefined && value > maximum) {
    report(into, at, "MAXIMUM", `must be at most ${maximum}`);
  }
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    report(into, at, "EXCLUSIVE_MINIMUM", `must be more than ${exclusiveMinimum}`);
  }
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) {
    report(into, at, "EXCLUSIVE_MAXIMUM", `must be less than ${exclusiveMaximum}`);
  }
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    report(into, at, "MULTIPLE_OF", `must be a multiple of ${multipleOf}`);
  }
}

/** Decimal fractions are not exact in binary: 0.3 counts as a multiple of 0.1. */
function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  if (!Number.isFinite(quotient)) return value % of === 0;
  const whole = Math.round(quotient);
  if (whole === 0) return value === 0;
  return Math.abs(quotient - whole) <= Math.abs(quotient) * 1e-12;
}

export function checkText(
  validation: Validation,
  schema: JsonObject,
  value: string,
  at: string,
  into: Finding,
): void {
  const { minLength, maxLength, pattern, format } = schema;
  if (typeof minLength === "number" || typeof maxLength === "number") {
    spend(validation, Math.ceil(value.length / 100));
    const length = value.length - (value.match(SURROGATE_PAIRS)?.length ?? 0);
    if (typeof minLength === "number" && length < minLength) {
      report(into, at, "MIN_LENGTH", `must have at least ${minLength} characters`);
    }
    if (typeof maxLength === "number" && length > maxLength) {
      report(into, at, "MAX_LENGTH", `must have at most ${maxLength} characters`);
    }
  }
  if (typeof pattern === "string" && !matches(validation, pattern, value)) {
    report(into, at, "PATTERN", `must match ${pattern.slice(0, 200)}`);
  }
  if (typeof format === "string" && Object.hasOwn(FORMATS, format)) {
    spend(validation, Math.ceil(value.length / 10));
    if (value.length > FORMAT_LENGTH_MAX || !FORMATS[format]?.(value)) {
      report(into, at, "FORMAT", `must be in the format ${format}`);
    }
  }
}

export function matches(validation: Validation, pattern: string, text: string): boolean {
  spend(validation, 1 + Math.ceil(text.length / 10));
  if (text.length > SEARCHED_LENGTH_MAX) return false;
  return validation.patterns.get(pattern)?.matcher(text).find() ?? false;
}

function isOfType(value: Json, name: string): boolean {
  switch (name) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "null":
      return value === null;
    default:
      return typeof value === name;
  }
}

function typeName(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
