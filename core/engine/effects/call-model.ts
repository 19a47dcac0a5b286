import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import type { Run, Token } from "../../kernel/run.ts";
import type { Node } from "../../kernel/workflow.ts";
import type { Message, ModelRequest } from "../../ports/models.ts";
import type { EffectDeps } from "./effect.ts";
import type { Answer } from "./perform.ts";

/** Calls a model once, with the request that its committed start holds. */
export async function callModel(
  deps: EffectDeps,
  _run: Run,
  token: Token,
  _node: Node | undefined,
  _timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const input = isObject(token.input ?? null) ? (token.input as JsonObject) : {};
  const answer = await deps.models.call(requestOf(deps, input, token.call), signal);
  const { text, object, usage, cost, model, finishReason, mock } = answer;
  const output = {
    text,
    object: object ?? null,
    usage,
    cost,
    model,
    finishReason,
    ...(mock && { mock }),
  };
  return { output: output as Json, usage, cost };
}

function requestOf(deps: EffectDeps, input: JsonObject, call: number): ModelRequest {
  const { model, system, prompt, messages, schema, temperature, maxTokens, script } = input;
  const given = Array.isArray(messages) ? (messages as unknown as readonly Message[]) : undefined;
  return {
    model: typeof model === "string" ? model : deps.models.default,
    messages: given ?? [{ role: "user", content: textOf(prompt) }],
    call,
    ...(typeof system === "string" && { system }),
    ...(schema !== undefined && isObject(schema) && { schema }),
    ...(typeof temperature === "number" && { temperature }),
    ...(typeof maxTokens === "number" && { maxTokens }),
    ...(Array.isArray(script) && { script: script as readonly Json[] }),
  };
}

function textOf(prompt: Json | undefined): string {
  if (typeof prompt === "string") return prompt;
  return prompt === undefined ? "" : JSON.stringify(prompt);
}
