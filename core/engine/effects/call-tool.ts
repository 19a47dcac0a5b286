import { localName } from "../../kernel/frames.ts";
import type { Json } from "../../kernel/json.ts";
import { reconcilerOf } from "../../kernel/nodes/reconcile.ts";
import { type Run, stepOf, type Token } from "../../kernel/run.ts";
import type { Node } from "../../kernel/workflow.ts";
import { CallFailure } from "../../ports/call-failure.ts";
import { Later } from "../../ports/tools.ts";
import type { Problem } from "../refusal.ts";
import type { EffectDeps, RegisteredTool } from "./effect.ts";
import type { Answer } from "./perform.ts";

/** Calls a registered tool with the input and the key that its committed start holds. */
export async function callTool(
  deps: EffectDeps,
  run: Run,
  token: Token,
  node: Node | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer | Later> {
  const { name, input, key } = callOf(run, token, node);
  const tool = await deps.toolOf(run.tenant, name);
  if (!tool) {
    const message = `no tool "${name}" is registered any more`;
    throw new CallFailure("UNKNOWN_TOOL", message, { retryable: false });
  }
  refuse("TOOL_INPUT_INVALID", inputFault(tool, input));
  const call = {
    tenant: run.tenant,
    tool,
    input,
    idempotencyKey: key,
    attempt: token.attempt,
    timeoutMs,
  };
  const output = await deps.tools.call(call, signal);
  if (output instanceof Later) return output;
  refuse("TOOL_OUTPUT_INVALID", outputFault(tool, output));
  return { output };
}

/** The node's call, or the question whether an attempt of it had happened. */
function callOf(run: Run, token: Token, node: Node | undefined) {
  const { input = null, key = "", reconciling } = token;
  const named = node?.document["tool"];
  if (!reconciling) return { name: typeof named === "string" ? named : "", input, key };
  const { attempt } = reconciling;
  const about = { runId: run.id, workflow: run.workflow.name, node: localName(token.node) };
  return {
    name: (node && reconcilerOf(node)) ?? "",
    input: {
      ...about,
      step: stepOf(token),
      visit: token.visit,
      attempt,
      idempotencyKey: key,
      input,
    },
    key: `${key}-reconcile-${attempt}`,
  };
}

/** Why an input is not one that the tool takes, in a sentence. */
export function inputFault(tool: RegisteredTool, input: Json): string | undefined {
  return sentence(`the input of ${tool.name}`, tool.inputProblems(input));
}

/** Why an output is not one that the tool may give. */
export function outputFault(tool: RegisteredTool, output: Json): string | undefined {
  return sentence(`the output of ${tool.name}`, tool.outputProblems(output));
}

function sentence(what: string, [first]: readonly Problem[]): string | undefined {
  if (!first) return undefined;
  const where = first.path === "" ? "" : ` at ${first.path}`;
  return `${what} does not fit its schema${where}: ${first.message}`;
}

function refuse(code: string, fault: string | undefined): void {
  if (fault !== undefined) throw new CallFailure(code, fault, { retryable: false });
}
