import type { Json } from "../../core/kernel/json.ts";
import { wellFormed } from "../../core/kernel/well-formed.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { Functions } from "../../core/ports/functions.ts";
import type { StateMachines } from "../../core/ports/state-machines.ts";
import type { ToolCall, Tools } from "../../core/ports/tools.ts";
import type { Builtin } from "./builtins/builtin.ts";
import { BUILTINS } from "./builtins/builtins.ts";
import { type HttpToolParts, httpTool } from "./http-tool.ts";
import { lambdaTool } from "./lambda-tool.ts";
import { machinesAway, machineTool } from "./machine-tool.ts";
import { compileSchema } from "./schema-check.ts";
import { parseTools, type ToolsConfig } from "./targets.ts";

/** Calls tools by their kind. `more` adds built-in tools, such as those of an imported system. */
export function tools(
  parts: HttpToolParts &
    Readonly<{
      more?: ReadonlyMap<string, Builtin>;
      config?: ToolsConfig;
      functions?: Functions | undefined;
      machines?: StateMachines | undefined;
    }>,
): Tools {
  const builtins = new Map([...BUILTINS, ...(parts.more ?? [])]);
  const http = httpTool(parts);
  const { config = parseTools(undefined), functions, machines } = parts;
  const machine = machines && machineTool(config, machines);
  const lambda = functions && lambdaTool(config, functions);
  return {
    builtins,
    away: machines && machinesAway(machines),
    async call(call, signal) {
      switch (call.tool.kind) {
        case "http":
          return await http(call, signal);
        case "builtin":
          return await callBuiltin(builtins.get(call.tool.name), call, signal);
        case "lambda":
          if (lambda) return await lambda(call, signal);
          throw failure("TOOL_KIND_NOT_SUPPORTED", "functions are not called here", call);
        case "stepfunctions":
          if (machine) return await machine(call, signal);
          throw failure("TOOL_KIND_NOT_SUPPORTED", "state machines are not run here", call);
        case "mcp":
          throw failure(
            "TOOL_KIND_NOT_SUPPORTED",
            `kind ${call.tool.kind} does not run here`,
            call,
          );
        case "worker":
          throw failure("TOOL_KIND_NOT_SUPPORTED", "its jobs are polled for, not called", call);
      }
    },
  };
}

async function callBuiltin(
  builtin: Builtin | undefined,
  call: ToolCall,
  signal: AbortSignal,
): Promise<Json> {
  if (!builtin) throw failure("TOOL_NOT_FOUND", "no such tool comes with the runtime", call);
  const schema = compileSchema(builtin.inputSchema ?? true);
  if ("problems" in schema) throw new Error(`the schema of tool ${call.tool.name} is broken`);
  const problems = schema.validate(call.input);
  if (problems.length > 0) {
    const list = problems.slice(0, 5).map(({ path, message }) => `${path} ${message}`);
    throw failure("TOOL_INPUT_INVALID", list.join("; "), call);
  }
  const output = wellFormed(await builtin.run(call.input, signal));
  if (!output.ok)
    throw failure("TOOL_OUTPUT_INVALID", `its output cannot be kept: ${output.why}`, call);
  return output.value;
}

function failure(code: string, why: string, call: ToolCall): CallFailure {
  return new CallFailure(code, `Tool ${call.tool.name}: ${why}.`, { retryable: false });
}
