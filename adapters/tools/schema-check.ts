import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { isObject, type Json } from "../../core/kernel/json.ts";
import type { Problem } from "../../core/kernel/problem.ts";
import { DEPTH_MAX } from "../../core/kernel/well-formed.ts";
import { check } from "./json-schema/check.ts";
import { type SoundSchema, TooComplex, under, type Validation } from "./json-schema/finding.ts";
import { inspect } from "./json-schema/inspect.ts";

export const SCHEMA_BYTES_MAX = 64 * 1024;
/** About half a second; a megabyte of ordinary input takes a tenth of it. */
const STEPS_MAX = 1_000_000;
const DIALECT = /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

export type CompiledSchema =
  | Readonly<{ problems: readonly Problem[] }>
  | Readonly<{ validate(value: Json, at?: string): Problem[] }>;

const sound = new WeakMap<object, CompiledSchema>();

/**
 * A customer's JSON Schema (2020-12), made safe to run on a customer's values.
 *
 * The libraries check neither: patterns run on backtracking RegExp, a recursive schema overflows
 * the stack and doubled references take exponential time. So the meta-schema is ajv's, and the
 * evaluation is ours: RE2 for patterns, and a bound on steps and depth.
 */
export function compileSchema(schema: Json, at = "schema"): CompiledSchema {
  if (!isObject(schema)) return compile(schema, at);
  const known = sound.get(schema);
  if (known) return known;
  const result = compile(schema, at);
  if ("validate" in result) sound.set(schema, result);
  return result;
}

function compile(schema: Json, at: string): CompiledSchema {
  if (typeof schema === "boolean") {
    return validator({ root: schema, refs: new Map(), patterns: new Map() });
  }
  if (!isObject(schema)) return fault(at, "SCHEMA_INVALID", "must be an object or a boolean");
  if (isDeeper(schema, DEPTH_MAX)) {
    return fault(at, "SCHEMA_TOO_DEEP", `must not be nested deeper than ${DEPTH_MAX} levels`);
  }
  if (Buffer.byteLength(JSON.stringify(schema)) > SCHEMA_BYTES_MAX) {
    return fault(at, "SCHEMA_TOO_LARGE", `must not be larger than ${SCHEMA_BYTES_MAX} bytes`);
  }
  const dialect = schema["$schema"];
  if (dialect !== undefined && (typeof dialect !== "string" || !DIALECT.test(dialect))) {
    return fault(under(at, "$schema"), "SCHEMA_NOT_SUPPORTED", "only JSON Schema 2020-12 is known");
  }
  const { $schema: _dialect, ...plain } = schema;
  const invalid = metaProblems(plain, at);
  if (invalid.length > 0) return { problems: invalid };
  const found = inspect(schema, at);
  return "problems" in found ? found : validator(found);
}

function validator(schema: SoundSchema): CompiledSchema {
  return {
    validate(value, at = "input") {
      if (isDeeper(value, DEPTH_MAX)) {
        const message = `must not be nested deeper than ${DEPTH_MAX} levels`;
        return [{ path: at, code: "VALUE_TOO_DEEP", message }];
      }
      const validation: Validation = { ...schema, steps: STEPS_MAX, depth: 0, check };
      try {
        return check(validation, schema.root, value, at).problems;
      } catch (error) {
        if (!(error instanceof TooComplex)) throw error;
        const message = "takes too long to be checked against its schema";
        return [{ path: at, code: "VALUE_TOO_COMPLEX", message }];
      }
    },
  };
}

let meta: Ajv2020 | undefined;

/** Compiling the meta-schema takes some fifty milliseconds, so it waits for the first schema. */
function metaProblems(schema: Json, at: string): Problem[] {
  if (!meta) {
    meta = new Ajv2020({ strict: false, allErrors: true, logger: false });
    addFormats.default(meta);
  }
  if (meta.validateSchema(schema as object) === true) return [];
  const errors = meta.errors ?? [];
  // A false branch is reported once by each vocabulary that saw it.
  const problems = new Map(errors.map((error) => [pathOf(at, error), error]));
  return [...problems].slice(0, 20).map(([path, { message }]) => ({
    path,
    code: "SCHEMA_INVALID",
    message: message ?? "is not valid JSON Schema",
  }));
}

function pathOf(at: string, { instancePath }: ErrorObject): string {
  return instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, part) => under(path, /^\d+$/.test(part) ? Number(part) : part), at);
}

/** Without recursion, because the depth is what is in question. */
function isDeeper(value: Json, most: number): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((part) =>
      typeof part === "object" && part !== null ? Object.values<Json>(part) : [],
    );
  }
  return false;
}

function fault(path: string, code: string, message: string): CompiledSchema {
  return { problems: [{ path, code, message }] };
}
