import {
  aDuration,
  aName,
  aNumber,
  anObject,
  aTemplate,
  aText,
  type Check,
  type FieldCheck,
  newCheck,
  notYet,
  oneOf,
  onlyKnown,
  templates,
} from "./check.ts";
import { type Known, schemaAt } from "./check-references.ts";
import { isObject, type Json } from "./json.ts";
import type { Problem } from "./problem.ts";
import { checkNodesAndEdges } from "./validate-graph.ts";

export type { Known } from "./check-references.ts";

export type Validation = Readonly<{
  errors: readonly Problem[];
  warnings: readonly Problem[];
}>;

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const TOP: Readonly<Record<string, FieldCheck>> = {
  name: (value, path, check) => {
    if (typeof value === "string" && NAME.test(value)) return;
    const text = "must be 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit";
    check.error(path, "INVALID_VALUE", text);
  },
  title: aText,
  description: aText,
  input: aSchema,
  vars: templates,
  start: aName,
  nodes: () => undefined,
  edges: () => undefined,
  output: aTemplate,
  limits: anObject({
    maxVisits: aNumber(1, 100_000),
    deadline: aDuration,
    budget: notYet("budget"),
  }),
  concurrency: withLimit({
    key: aTemplate,
    limit: aNumber(1, 100_000),
    onLimit: oneOf("queue", "reject", "cancelOldest"),
  }),
  throttle: withLimit({ key: aTemplate, limit: aNumber(1, 100_000), period: aDuration }),
  debounce: (value, path, check) => {
    anObject({ key: aTemplate, period: aDuration })(value, path, check);
    required(value, ["period"], path, check);
  },
  retention: (value, path, check) => {
    aDuration(value, path, check);
    check.warn(path, "NOT_ENFORCED", "retention is recorded, and not yet acted upon");
  },
};

function withLimit(fields: Readonly<Record<string, FieldCheck>>): FieldCheck {
  const needed = Object.keys(fields).filter((name) => name !== "key" && name !== "onLimit");
  return (value, path, check) => {
    anObject(fields)(value, path, check);
    required(value, needed, path, check);
  };
}

function required(value: Json, names: readonly string[], path: string, check: Check): void {
  if (!isObject(value)) return;
  for (const name of names) {
    if (value[name] === undefined) check.error(`${path}.${name}`, "REQUIRED", "must be there");
  }
}

function aSchema(value: Json, path: string, check: Check): void {
  if (!isObject(value)) check.error(path, "INVALID_SCHEMA", "must be a JSON Schema object");
}

/**
 * Everything that can be known of a document without running it.
 *
 * It never stops at the first fault: an author who fixes what is listed is done, unless the fix
 * itself brings a new one.
 */
export function validateWorkflow(document: Json, known: Known): Validation {
  const check = newCheck();
  if (!isObject(document)) {
    check.error("", "INVALID_TYPE", "a workflow is a JSON object");
    return check;
  }
  onlyKnown(document, new Set(Object.keys(TOP)), "", check);
  for (const [name, field] of Object.entries(TOP)) {
    const value = document[name];
    if (value !== undefined) field(value, name, check);
  }
  if (document["name"] === undefined) check.error("name", "REQUIRED", "a workflow has a name");
  schemaAt(document["input"], "input", known, check);

  checkNodesAndEdges(document, "", known, check);
  return check;
}
