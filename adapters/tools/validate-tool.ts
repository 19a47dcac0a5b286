import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import type { Problem } from "../../core/kernel/problem.ts";
import { BUILTINS } from "./builtins/builtins.ts";
import { httpProblems } from "./http-config.ts";
import { compileSchema } from "./schema-check.ts";
import { workerProblems } from "./worker-config.ts";

const NOT_SUPPORTED = new Set(["lambda", "stepfunctions", "mcp"]);

/**
 * Every fault of a tool's document that can be known without calling it; none if it may be kept.
 *
 * The wire's own schema has checked the common fields. `builtins` are the names that exist.
 */
export function toolProblems(
  tool: JsonObject,
  builtins: ReadonlyMap<string, unknown> = BUILTINS,
): Problem[] {
  return [
    ...kindProblems(tool, builtins),
    ...schemaProblems(tool["inputSchema"], "inputSchema"),
    ...schemaProblems(tool["outputSchema"], "outputSchema"),
  ];
}

function kindProblems(tool: JsonObject, builtins: ReadonlyMap<string, unknown>): Problem[] {
  const { kind, name, config = {} } = tool;
  if (typeof kind === "string" && NOT_SUPPORTED.has(kind)) {
    const message = `this version does not run tools of kind ${kind}; use http or worker`;
    return [problem("kind", "TOOL_KIND_NOT_SUPPORTED", message)];
  }
  if (kind !== "http" && kind !== "builtin" && kind !== "worker") {
    return [problem("kind", "TOOL_KIND_UNKNOWN", "must be http, worker or builtin")];
  }
  if (!isObject(config)) return [problem("config", "CONFIG_INVALID", "must be an object")];
  if (kind === "worker") return workerProblems(config, "config");
  if (kind === "http") return httpProblems(config, "config");
  const unknown = typeof name === "string" && !builtins.has(name);
  const names = [...builtins.keys()].join(", ");
  return [
    ...(unknown ? [problem("name", "BUILTIN_UNKNOWN", `must be one of ${names}`)] : []),
    ...Object.keys(config).map((field) =>
      problem(`config.${field}`, "UNKNOWN_FIELD", "built-in tools have no configuration"),
    ),
  ];
}

function schemaProblems(schema: Json | undefined, at: string): readonly Problem[] {
  if (schema === undefined) return [];
  const compiled = compileSchema(schema, at);
  return "problems" in compiled ? compiled.problems : [];
}

function problem(path: string, code: string, message: string): Problem {
  return { path, code, message };
}
