import { compileExpression } from "../../kernel/expression.ts";
import { isObject, type Json } from "../../kernel/json.ts";
import { checkContext, contextObject, type ItemFrom } from "./context.ts";
import { type Place, refuse, STATE } from "./place.ts";
import { literal, member, quoted, shown, template } from "./text.ts";

/** What `$states` has beside `input` and `context`, each with the JSONata that makes it. */
export type Seen = Readonly<{ result?: string; errorOutput?: string; item?: ItemFrom }>;

const DEPTH_MAX = 32;

/** Whatever a field may hold in JSONata: expressions anywhere in it, and all else means itself. */
export function jsonataValue(place: Place, field: string, value: Json, seen: Seen = {}): Json {
  return valueAt(place, field, value, seen, 0);
}

function valueAt(place: Place, field: string, value: Json, seen: Seen, depth: number): Json {
  if (depth > DEPTH_MAX) {
    refuse(place, field, "LIMIT", `is nested deeper than ${DEPTH_MAX} levels`);
    return null;
  }
  if (typeof value === "string") {
    return isJsonata(value) ? template(jsonataOf(place, field, value, seen)) : literal(value);
  }
  if (Array.isArray(value)) {
    return value.map((entry: Json, index) =>
      valueAt(place, `${field}[${index}]`, entry, seen, depth + 1),
    );
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, entry]) => [
    name,
    valueAt(place, `${field}.${name}`, entry, seen, depth + 1),
  ]);
  return Object.fromEntries(members) as Json;
}

export function isJsonata(value: Json | undefined): value is string {
  return typeof value === "string" && value.startsWith("{%") && value.endsWith("%}");
}

/** An expression of the document as one of ours: it must come to something, as at AWS. */
export function jsonataOf(place: Place, field: string, value: string, seen: Seen = {}): string {
  const source = value.slice(2, -2).trim();
  const told = `The JSONata expression '${shown(source)}' specified for the field '${fieldAt(field)}' returned nothing (undefined).`;
  const within = inside(place, field, source, seen);
  return `$require(function() { ${within} }, "States.QueryEvaluationError", ${quoted(told)})`;
}

/** AWS writes `Output/result` for what we call `Output.result`. */
function fieldAt(field: string): string {
  return field.replaceAll(/[.[]/g, "/").replaceAll("]", "");
}

/** Functions that AWS adds to JSONata and that give another value each time, or need more. */
const FOREIGN = /\$(hash|uuid|random|eval)\s*\(/;

function inside(place: Place, field: string, source: string, seen: Seen): string {
  const foreign = FOREIGN.exec(source);
  if (foreign) {
    refuse(place, field, "NOT_SUPPORTED", `$${foreign[1]} has no counterpart here`);
    return "null";
  }
  if (source.includes("%}")) {
    refuse(place, field, "NOT_SUPPORTED", "an expression with %} in it");
    return "null";
  }
  try {
    compileExpression(source);
  } catch (error) {
    refuse(place, field, "INVALID", error instanceof Error ? error.message : "is malformed");
    return "null";
  }
  const bindings = bound(place, field, source, seen);
  return bindings.length === 0 ? `(${source})` : `(${bindings.join("; ")}; (${source}))`;
}

/** `$states` and the variables that the expression names, each as it is called in the document. */
function bound(place: Place, field: string, source: string, seen: Seen): readonly string[] {
  const result: string[] = [];
  if (/\$states\b/.test(source)) {
    const members = [`"input": ${STATE}`];
    const { item = place.inMap ? "variable" : "none" } = seen;
    if (/\bcontext\b/.test(source) || !/\$states\s*\./.test(source)) {
      checkContext(place, source, field);
      members.push(`"context": ${contextObject(place, item)}`);
    }
    if (seen.result !== undefined) members.push(`"result": ${seen.result}`);
    if (seen.errorOutput !== undefined) members.push(`"errorOutput": ${seen.errorOutput}`);
    result.push(`$states := {${members.join(", ")}}`);
  }
  const named = new Set([...source.matchAll(/\$([A-Za-z_]\w*)/g)].map(([, name = ""]) => name));
  const used = [...named].filter((name) => place.machine.variables.has(name));
  // `$vars` is what all of them are read from, so a variable of that name comes last.
  const ordered = used.toSorted((a, b) => Number(a === "vars") - Number(b === "vars"));
  for (const name of ordered) result.push(`$${name} := ${member("$vars", name)}`);
  return result;
}
