import { isObject, type Json, type JsonObject } from "../../../core/kernel/json.ts";
import { checkArray, checkUnevaluatedItems } from "./arrays.ts";
import {
  type Finding,
  merge,
  newFinding,
  report,
  type Schema,
  spend,
  TooComplex,
  type Validation,
} from "./finding.ts";
import { checkObject, checkUnevaluatedProperties } from "./objects.ts";
import { checkKind, checkNumber, checkText } from "./scalars.ts";
import { isSchema } from "./subschemas.ts";

/** A schema may chain many references for each of the value's levels; the stack is finite. */
const CALLS_DEEP_MAX = 1_000;

/** What a schema says of a value. Throws `TooComplex` when a bound is passed. */
export function check(validation: Validation, schema: Schema, value: Json, at: string): Finding {
  spend(validation, 1);
  const into = newFinding();
  if (schema === true) return into;
  if (schema === false) {
    report(into, at, "NOTHING_ALLOWED", "nothing is allowed here");
    return into;
  }
  if (++validation.depth > CALLS_DEEP_MAX) throw new TooComplex("too deep");
  checkKind(validation, schema, value, at, into);
  checkCombined(validation, schema, value, at, into);
  if (typeof value === "number") checkNumber(schema, value, at, into);
  if (typeof value === "string") checkText(validation, schema, value, at, into);
  if (Array.isArray(value)) {
    checkArray(validation, schema, value, at, into);
    checkUnevaluatedItems(validation, schema, value, at, into);
  } else if (isObject(value)) {
    checkObject(validation, schema, value, at, into);
    checkUnevaluatedProperties(validation, schema, value, at, into);
  }
  validation.depth--;
  return into;
}

/** The keywords whose schemas judge this same value. */
function checkCombined(
  validation: Validation,
  schema: JsonObject,
  value: Json,
  at: string,
  into: Finding,
): void {
  const judge = (part: Schema) => check(validation, part, value, at);
  const target = validation.refs.get(schema);
  if (target !== undefined) merge(into, judge(target));
  for (const part of list(schema["allOf"])) merge(into, judge(part));
  if ("anyOf" in schema) mergeAny(into, list(schema["anyOf"]).map(judge), at);
  if ("oneOf" in schema) mergeOne(into, list(schema["oneOf"]).map(judge), at);
  const { not, if: condition, dependentSchemas } = schema;
  if (isSchema(not) && judge(not).problems.length === 0) {
    report(into, at, "NOT", "is something that is excluded here");
  }
  if (isSchema(condition)) {
    const found = judge(condition);
    const holds = found.problems.length === 0;
    if (holds) merge(into, found);
    const follows = schema[holds ? "then" : "else"];
    if (isSchema(follows)) merge(into, judge(follows));
  }
  if (isObject(dependentSchemas) && isObject(value)) {
    for (const [name, part] of Object.entries(dependentSchemas)) {
      if (Object.hasOwn(value, name)) merge(into, judge(part as Schema));
    }
  }
}

function mergeAny(into: Finding, found: readonly Finding[], at: string): void {
  const fitting = found.filter(({ problems }) => problems.length === 0);
  for (const finding of fitting) merge(into, finding);
  if (fitting.length === 0) mergeMisfits(into, found, at, "ANY_OF");
}

function mergeOne(into: Finding, found: readonly Finding[], at: string): void {
  const fitting = found.filter(({ problems }) => problems.length === 0);
  const [only, second] = fitting;
  if (!only) mergeMisfits(into, found, at, "ONE_OF");
  else if (!second) merge(into, only);
  else {
    const message = `must fit exactly one of ${found.length} alternatives, but fits ${fitting.length}`;
    report(into, at, "ONE_OF", message);
  }
}

/** Where only one alternative was meant at all, its own problems say more than a count. */
function mergeMisfits(into: Finding, found: readonly Finding[], at: string, code: string): void {
  const meant = found.filter(({ problems }) =>
    problems.every((problem) => problem.path !== at || !KINDS.has(problem.code)),
  );
  const [only, second] = meant;
  if (only && !second) merge(into, only);
  else report(into, at, code, `fits none of ${found.length} alternatives`);
}

const KINDS = new Set(["TYPE", "ENUM", "CONST", "NOTHING_ALLOWED"]);

function list(value: Json | undefined): readonly Schema[] {
  return Array.isArray(value) ? (value as Schema[]) : [];
}
