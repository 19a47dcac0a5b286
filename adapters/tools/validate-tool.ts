import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import type { Problem } from "../../core/kernel/problem.ts";
import { BUILTINS } from "./builtins/builtins.ts";
import { httpProblems } from "./http-config.ts";
import { compileSchema } from "./schema-check.ts";
import { workerProblems } from "./worker-config.ts";

const KINDS = ["http", "lambda", "stepfunctions", "worker", "builtin"];

/** What the tenant may have called. Without `machine` there are no state machines here. */
export type Allowed = Readonly<{
  function(arn: string): boolean;
  machine?(arn: string): boolean;
}>;

const NOTHING: Allowed = { function: () => false };

/**
 * Every fault of a tool's document that can be known without calling it; none if it may be kept.
 *
 * The wire's own schema has checked the common fields. `builtins` are the names that exist.
 */
export function toolProblems(
  tool: JsonObject,
  builtins: ReadonlyMap<string, unknown> = BUILTINS,
  allowed: Allowed = NOTHING,
): Problem[] {
  return [
    ...kindProblems(tool, builtins, allowed),
    ...schemaProblems(tool["inputSchema"], "inputSchema"),
    ...schemaProblems(tool["outputSchema"], "outputSchema"),
  ];
}

function kindProblems(
  tool: JsonObject,
  builtins: ReadonlyMap<string, unknown>,
  allowed: Allowed,
): Problem[] {
  const { kind, name, config = {} } = tool;
  if (kind === "mcp" || (kind === "stepfunctions" && !allowed.machine)) {
    const message = `tools of kind ${kind} are not run here; use http, lambda or worker`;
    return [problem("kind", "TOOL_KIND_NOT_SUPPORTED", message)];
  }
  if (typeof kind !== "string" || !KINDS.includes(kind)) {
    return [problem("kind", "TOOL_KIND_UNKNOWN", `must be one of ${KINDS.join(", ")}`)];
  }
  if (!isObject(config)) return [problem("config", "CONFIG_INVALID", "must be an object")];
  if (kind === "lambda") {
    const { event, ...target } = config;
    const isKnown = event === undefined || event === "input" || event === "call";
    return [
      ...targetProblems(target, "functionArn", allowed.function),
      ...(isKnown ? [] : [problem("config.event", "CONFIG_INVALID", "must be call or input")]),
    ];
  }
  if (kind === "stepfunctions") {
    return targetProblems(config, "stateMachineArn", (arn) => allowed.machine?.(arn) === true);
  }
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
function targetProblems(
  config: JsonObject,
  field: string,
  allows: (arn: string) => boolean,
): Problem[] {
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
