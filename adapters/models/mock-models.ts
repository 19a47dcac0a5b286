import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import { wellFormed } from "../../core/kernel/well-formed.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { ModelRequest, Usage } from "../../core/ports/models.ts";
import { isTransient } from "../../core/ports/outbound.ts";

export type Said = Readonly<{ text: string; object?: Json; usage: Usage; finishReason: string }>;

/** Answers `echo: <prompt>`; a schema is not looked at, since nothing could be made to fit it. */
export function echoModel(request: ModelRequest): Said {
  const last = request.messages.findLast(({ role }) => role === "user") ?? request.messages.at(-1);
  return said(request, { text: `echo: ${last?.content ?? ""}` });
}

/**
 * Plays the node's own script, one entry per call.
 *
 * What a real model would say in other ways than text (tool calls, a question) is in `object`.
 */
export function scriptModel(request: ModelRequest): Said {
  const script = request.script ?? [];
  const entry = script[request.call - 1];
  if (entry === undefined) {
    const message = `The script has ${script.length} entries, and this is call ${request.call}.`;
    throw new CallFailure("MOCK_SCRIPT_EXHAUSTED", message, { retryable: false });
  }
  if (!isObject(entry)) throw malformed(request.call);
  const { text, object, toolCalls, ask, error } = entry;
  if (isObject(error)) throw scriptedFailure(error, request.call < script.length);
  if (typeof text === "string") return said(request, { text, ...objectIn(text, request) });
  if (object !== undefined) return said(request, { text: JSON.stringify(object), object });
  if (toolCalls !== undefined) {
    return { ...said(request, { text: "", object: { toolCalls } }), finishReason: "tool-calls" };
  }
  if (ask !== undefined) return said(request, { text: "", object: { ask } });
  throw malformed(request.call);
}

/**
 * The protocol of HTTP codes decides, unless the entry does. Any other failure may be tried again
 * if the script goes on after it: whoever wrote the next entry meant it to be played.
 */
function scriptedFailure(error: JsonObject, goesOn: boolean): CallFailure {
  const code = typeof error["code"] === "string" ? error["code"] : "MODEL_FAILED";
  const message = typeof error["message"] === "string" ? error["message"] : "The script says so.";
  const status = Number(/^HTTP_(\d{3})$/.exec(code)?.[1] ?? Number.NaN);
  const byDefault = goesOn && (Number.isNaN(status) || isTransient(status));
  const retryable = typeof error["retryable"] === "boolean" ? error["retryable"] : byDefault;
  return new CallFailure(code, message, { retryable });
}

function said(request: ModelRequest, answer: { text: string; object?: Json }): Said {
  const kept = wellFormed(answer);
  if (!kept.ok) throw new CallFailure("MODEL_OUTPUT_INVALID", kept.why, { retryable: false });
  const heard = [request.system ?? "", ...request.messages.map(({ content }) => content)];
  const inputTokens = heard.reduce((sum, text) => sum + tokens(text), 0);
  const outputTokens = tokens(answer.text || JSON.stringify(answer.object ?? ""));
  return {
    ...(kept.value as typeof answer),
    usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
    finishReason: "stop",
  };
}

/** A rule of thumb, and always the same: four characters are a token. */
function tokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** With a schema, a real model's text is the object's JSON. */
function objectIn(text: string, request: ModelRequest): { object?: Json } {
  if (!request.schema) return {};
  try {
    return { object: JSON.parse(text) as Json };
  } catch {
    const message = "The model answered with text that is not JSON, although a schema was given.";
    throw new CallFailure("MODEL_OUTPUT_INVALID", message, { retryable: true });
  }
}

function malformed(call: number): CallFailure {
  const message = `Entry ${call} of the script must have text, object, toolCalls, ask or error.`;
  return new CallFailure("MOCK_SCRIPT_INVALID", message, { retryable: false });
}
