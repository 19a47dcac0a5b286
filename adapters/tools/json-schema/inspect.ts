import { RE2JS } from "re2js";
import { isObject, type JsonObject } from "../../../core/kernel/json.ts";
import type { Problem } from "../../../core/kernel/problem.ts";
import { type Schema, type SoundSchema, under } from "./finding.ts";
import { resolveReference } from "./references.ts";
import { type Subschema, subschemas } from "./subschemas.ts";

const NOT_SUPPORTED = ["$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"];

type Inspection = {
  root: JsonObject;
  refs: Map<JsonObject, Schema>;
  patterns: Map<string, RE2JS>;
  problems: Problem[];
};

/**
 * Resolves references and compiles patterns, or says why the schema cannot be used.
 *
 * The meta-schema knows nothing of these: a reference may lead nowhere, to another server, or back
 * to itself before it looked at any part of the value, which would never end.
 */
export function inspect(root: JsonObject, at: string): SoundSchema | { problems: Problem[] } {
  const inspection: Inspection = { root, refs: new Map(), patterns: new Map(), problems: [] };
  const known = new Set<Schema>();
  const open: Subschema[] = [{ schema: root, path: at, sameValue: true }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.schema === "boolean" || known.has(next.schema)) continue;
    known.add(next.schema);
    look(inspection, next.schema, next.path);
    open.push(...subschemas(next.schema, next.path));
    const target = inspection.refs.get(next.schema);
    if (target !== undefined) open.push({ ...next, schema: target });
  }
  if (inspection.problems.length > 0) return { problems: inspection.problems };
  const circle = endless(inspection, root, at, known);
  if (circle) return { problems: [circle] };
  return { root, refs: inspection.refs, patterns: inspection.patterns };
}

function look(inspection: Inspection, schema: JsonObject, path: string): void {
  const problem = (field: string, code: string, message: string) =>
    inspection.problems.push({ path: under(path, field), code, message });

  for (const word of NOT_SUPPORTED) {
    if (word in schema) problem(word, "SCHEMA_NOT_SUPPORTED", `${word} is not supported here`);
  }
  if (schema !== inspection.root && "$id" in schema) {
    problem("$id", "SCHEMA_NOT_SUPPORTED", "only the whole schema may have an $id");
  }
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    const target = resolveReference(inspection.root, reference);
    if (target === undefined) {
      problem("$ref", "SCHEMA_REF", `${reference} is not in this document, and nothing is fetched`);
    } else inspection.refs.set(schema, target);
  }
  const pattern = schema["pattern"];
  if (typeof pattern === "string") compile(inspection, pattern, under(path, "pattern"));
  const patterns = schema["patternProperties"];
  if (isObject(patterns)) {
    for (const name of Object.keys(patterns)) {
      compile(inspection, name, under(under(path, "patternProperties"), name));
    }
  }
}

function compile(inspection: Inspection, pattern: string, path: string): void {
  try {
    inspection.patterns.set(pattern, RE2JS.compile(RE2JS.translateRegExp(pattern)));
  } catch (error) {
    const why = error instanceof Error ? error.message : "it is malformed";
    inspection.problems.push({
      path,
      code: "SCHEMA_PATTERN",
      message: `the pattern cannot be matched in linear time (RE2): ${why}`,
    });
  }
}

/** A schema that comes back to itself through schemas that all judge the same value. */
function endless(
  { refs }: Inspection,
  root: JsonObject,
  at: string,
  known: ReadonlySet<Schema>,
): Problem | undefined {
  const done = new Set<Schema>();
  const entered = new Set<Schema>();
  for (const start of [root, ...known]) {
    const open: Schema[] = [start];
    while (open.length > 0) {
      const schema = open.at(-1);
      if (schema === undefined || typeof schema === "boolean" || done.has(schema)) {
        open.pop();
      } else if (entered.has(schema)) {
        entered.delete(schema);
        done.add(schema);
        open.pop();
      } else {
        entered.add(schema);
        const target = refs.get(schema);
        const next = subschemas(schema, "")
          .filter(({ sameValue }) => sameValue)
          .map((part) => part.schema);
        if (target !== undefined) next.push(target);
        if (next.some((part) => entered.has(part))) {
          const message = "a $ref leads back to itself without looking at a part of the value";
          return { path: at, code: "SCHEMA_RECURSION", message };
        }
        open.push(...next);
      }
    }
  }
  return undefined;
}
