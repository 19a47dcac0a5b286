import type { Json, JsonObject } from "../../core/kernel/json.ts";
import type { Problem } from "../../core/kernel/problem.ts";
import { wellFormed } from "../../core/kernel/well-formed.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { ModelRequest } from "../../core/ports/models.ts";
import type { Outbound } from "../../core/ports/outbound.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import type { Said } from "./mock-models.ts";
import { modelFailure } from "./model-failure.ts";
import type { RemoteProvider } from "./models-config.ts";
import { providerClient } from "./provider-client.ts";

/** Says what is wrong with a value by a JSON Schema. */
export type CheckObject = (schema: JsonObject, value: Json) => readonly Problem[];

export type ProviderCall = Readonly<{
  provider: RemoteProvider;
  /** The provider's own name for the model. */
  name: string;
  request: ModelRequest;
  apiKey: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  send: Outbound;
  checkObject: CheckObject;
  signal: AbortSignal;
}>;

/** The SDK is two megabytes of code that a server without models never needs. */
async function sdk() {
  const ai = await import("ai");
  // Otherwise it prints what it thinks of a provider to the process's warnings.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  return ai;
}

/** One answer. Never retried here: the runtime counts attempts and keeps their record. */
export async function callProvider(call: ProviderCall): Promise<Said> {
  let transport: unknown;
  try {
    const { text, object, usage, finishReason } = await generate(call, (error) => {
      transport ??= error;
    });
    const kept = wellFormed({ text, ...(object !== undefined && { object }) });
    if (!kept.ok) throw new CallFailure("MODEL_OUTPUT_INVALID", kept.why, { retryable: true });
    const { inputTokens = 0, outputTokens = 0 } = usage;
    return {
      ...(kept.value as { text: string; object?: Json }),
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
      finishReason,
    };
  } catch (error) {
    const { apiKey } = call;
    const hide = (text: string) => (apiKey ? text.replaceAll(apiKey, "[key]") : text);
    if (call.signal.aborted) transport ??= abandoned(call);
    throw modelFailure(transport ?? error, call.request.model, hide);
  }
}

async function generate(call: ProviderCall, onFailure: (failure: unknown) => void) {
  const { provider, request } = call;
  const { generateText, Output, jsonSchema } = await sdk();
  const structured = provider.kind !== "openai-compatible" || provider.structuredOutputs !== false;
  const model = await providerClient({ ...call, fetch: guardedFetch(call.send, onFailure) });
  const { schema } = request;
  const instructions = instructionsOf(request, structured);
  const output =
    schema &&
    Output.object({
      schema: jsonSchema<Json>(schema as object, { validate: validator(call, schema) }),
    });
  const result = await generateText({
    model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    allowSystemInMessages: true,
    maxRetries: 0,
    abortSignal: call.signal,
    // Strict mode refuses schemas that do not close every object, and most do not.
    providerOptions: { model: { strictJsonSchema: false } },
    ...(instructions !== undefined && { instructions }),
    ...(output && { output }),
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(request.maxTokens !== undefined && { maxOutputTokens: request.maxTokens }),
  });
  const { text, usage, finishReason } = result;
  return { text, usage, finishReason, object: schema ? result.output : undefined };
}

function abandoned({ signal, request }: ProviderCall): CallFailure {
  if (signal.reason instanceof CallFailure) return signal.reason;
  return new CallFailure("ABORTED", `The call of ${request.model} was abandoned.`, {
    retryable: true,
  });
}

function validator({ checkObject }: ProviderCall, schema: JsonObject) {
  return (value: unknown) => {
    const problems = checkObject(schema, value as Json);
    if (problems.length === 0) return { success: true as const, value: value as Json };
    const why = problems.slice(0, 5).map(({ path, message }) => `${path} ${message}`);
    const error = new CallFailure("MODEL_OUTPUT_INVALID", why.join("; "), { retryable: true });
    return { success: false as const, error };
  };
}

/** A server that takes no schema is told it in words. */
function instructionsOf(request: ModelRequest, structured: boolean): string | undefined {
  if (!request.schema || structured) return request.system;
  const told = `Answer with JSON that fits this JSON Schema:\n${JSON.stringify(request.schema)}`;
  return request.system === undefined ? told : `${request.system}\n\n${told}`;
}
