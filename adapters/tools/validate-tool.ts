import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import type { Problem } from "../../core/kernel/problem.ts";
import { BUILTINS } from "./builtins/builtins.ts";
import { httpProblems } from "./http-config.ts";
import { compileSchema } from "./schema-check.ts";
import { workerProblems } from "./worker-config.ts";

const NOT_SUPPORTED = new Set(["stepfunctions", "mcp"]);

/** Whether the tenant may have it called. */
export type Allows = (arn: string) => boolean;

/**
 * Every fault of a tool's document that can be known without calling it; none if it may be kept.
 *
 * The wire's own schema has checked the common fields. `builtins` are the names that exist.
 */
export function toolProblems(
  tool: JsonObject,
  builtins: ReadonlyMap<string, unknown> = BUILTINS,
  allows: Allows = () => false,
): Problem[] {
  return [
    ...kindProblems(tool, builtins, allows),
    ...schemaProblems(tool["inputSchema"], "inputSchema"),
    ...schemaProblems(tool["outputSchema"], "outputSchema"),
  ];
}

function kindProblems(
  tool: JsonObject,
  builtins: ReadonlyMap<string, unknown>,
  allows: Allows,
): Problem[] {
  const { kind, name, config = {} } = tool;
  if (typeof kind === "string" && NOT_SUPPORTED.has(kind)) {
    const message = `this version does not run tools of kind ${kind}; use http, lambda or worker`;
    return [problem("kind", "TOOL_KIND_NOT_SUPPORTED", message)];
  }
  if (kind !== "http" && kind !== "builtin" && kind !== "worker" && kind !== "lambda") {
    return [problem("kind", "TOOL_KIND_UNKNOWN", "must be http, lambda, worker or builtin")];
  }
  if (!isObject(config)) return [problem("config", "CONFIG_INVALID", "must be an object")];
  if (kind === "lambda") return targetProblems(config, "functionArn", allows);
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

/** What AWS calls for us is on a list, which is also what the deployment may call at all. */
function targetProblems(config: JsonObject, field: string, allows: Allows): Problem[] {
  const arn = config[field];
  const others = Object.keys(config)
    .filter((name) => name !== field)
    .map((name) => problem(`config.${name}`, "UNKNOWN_FIELD", `only ${field} is configured`));
  if (typeof arn !== "string") {
    return [problem(`config.${field}`, "ARN_REQUIRED", "must be an ARN"), ...others];
  }
  if (allows(arn)) return others;
  const message = "is not on this deployment's list of what the tenant may call";
  return [problem(`config.${field}`, "TARGET_NOT_ALLOWED", message), ...others];
}

function schemaProblems(schema: Json | undefined, at: string): readonly Problem[] {
  if (schema === undefined) return [];
  const compiled = compileSchema(schema, at);
  return "problems" in compiled ? compiled.problems : [];
}

function problem(path: string, code: string, message: string): Problem {
  return { path, code, message };
}
