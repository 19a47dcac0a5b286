import type { Json } from "../../kernel/json.ts";
import type { Run, Token } from "../../kernel/run.ts";
import type { Node } from "../../kernel/workflow.ts";
import { CallFailure } from "../../ports/call-failure.ts";
import type { Problem } from "../refusal.ts";
import type { EffectDeps } from "./effect.ts";
import type { Answer } from "./perform.ts";

/** Calls a registered tool with the input and the key that its committed start holds. */
export async function callTool(
  deps: EffectDeps,
  run: Run,
  token: Token,
  node: Node | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const named = node?.document["tool"];
  const name = typeof named === "string" ? named : "";
  const tool = await deps.toolOf(run.tenant, name);
  if (!tool) {
    const message = `no tool "${name}" is registered any more`;
    throw new CallFailure("UNKNOWN_TOOL", message, { retryable: false });
  }
  const input = token.input ?? null;
  refuse("TOOL_INPUT_INVALID", `the input of ${name}`, tool.inputProblems(input));
  const call = {
    tenant: run.tenant,
    tool,
    input,
    idempotencyKey: token.key ?? "",
    attempt: token.attempt,
    timeoutMs,
  };
  const output: Json = await deps.tools.call(call, signal);
  refuse("TOOL_OUTPUT_INVALID", `the output of ${name}`, tool.outputProblems(output));
  return { output };
}

function refuse(code: string, what: string, problems: readonly Problem[]): void {
  const [first] = problems;
  if (!first) return;
  const where = first.path === "" ? "" : ` at ${first.path}`;
  throw new CallFailure(code, `${what} does not fit its schema${where}: ${first.message}`, {
    retryable: false,
  });
}
