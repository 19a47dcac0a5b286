import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import { wellFormed } from "../../core/kernel/well-formed.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { FunctionAnswer, Functions } from "../../core/ports/functions.ts";
import type { ToolCall } from "../../core/ports/tools.ts";
import { isAllowed, type ToolsConfig } from "./targets.ts";

/** Lambda's own bound, for what goes in and what comes out. */
const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

/** Calls a function once with the step's `with`, its key and its attempt, and waits for it. */
export function lambdaTool(config: ToolsConfig, functions: Functions) {
  return async (call: ToolCall, signal: AbortSignal): Promise<Json> => {
    const { tool, tenant, input, idempotencyKey, attempt, timeoutMs } = call;
    const named = tool.config["functionArn"];
    const functionArn = typeof named === "string" ? named : "";
    // Asked again at each call: the list may have become shorter since the tool was registered.
    if (!isAllowed(config, tenant, "lambdaArns", functionArn)) {
      const why = `this deployment does not let ${tenant} call ${functionArn}`;
      throw failure(call, "TARGET_REFUSED", why, false);
    }
    const event = JSON.stringify(
      isBare(call) ? input : { tool: tool.name, input, idempotencyKey, attempt },
    );
    if (Buffer.byteLength(event) > PAYLOAD_BYTES_MAX) {
      throw failure(call, "REQUEST_INVALID", "its input is larger than 6 MB", false);
    }
    const request = { functionArn, event, idempotencyKey, timeoutMs };
    const answer = await functions.invoke(request, signal);
    if (Buffer.byteLength(answer.payload) > PAYLOAD_BYTES_MAX) {
      throw failure(call, "RESPONSE_TOO_LARGE", "it answered more than 6 MB", false);
    }
    if (answer.failed) throw functionFailure(call, answer);
    return outputOf(call, answer);
  };
}

/** A function that was written for Step Functions: its event is the input and nothing else. */
function isBare({ tool }: ToolCall): boolean {
  return tool.config["event"] === "input";
}

function outputOf(call: ToolCall, { payload }: FunctionAnswer): Json {
  if (payload.trim() === "") return null;
  try {
    const kept = wellFormed(JSON.parse(payload) as Json);
    if (kept.ok) return kept.value;
    throw failure(call, "RESPONSE_INVALID", `its answer cannot be kept: ${kept.why}`, false);
  } catch (error) {
    if (error instanceof CallFailure) throw error;
    throw failure(call, "RESPONSE_INVALID", "its answer is not JSON", false);
  }
}

/** What Lambda itself says of a function that did not come to its end. */
const OF_THE_PLATFORM: Readonly<Record<string, readonly [code: string, retryable: boolean]>> = {
  "Sandbox.Timedout": ["TIMEOUT", true],
  "Function.ResponseSizeTooLarge": ["RESPONSE_TOO_LARGE", false],
};

/** The name of the error is its code where it is written like one, so that edges can take it. */
function functionFailure(call: ToolCall, { payload }: FunctionAnswer): CallFailure {
  const { errorType, errorMessage } = parsed(payload);
  const type = typeof errorType === "string" ? errorType : "";
  const said = typeof errorMessage === "string" ? errorMessage : payload;
  const why = `it failed with ${type || "an error"}: ${said.slice(0, 500).toWellFormed()}`;
  const timedOut = type === "" && /Task timed out after/.test(said);
  const known = timedOut ? OF_THE_PLATFORM["Sandbox.Timedout"] : OF_THE_PLATFORM[type];
  if (known) return failure(call, known[0], why, known[1]);
  const pattern = isBare(call) ? /^[A-Za-z][A-Za-z0-9_.]{0,63}$/ : /^[A-Z][A-Z0-9_]{2,63}$/;
  const code = pattern.test(type) ? type : "FUNCTION_ERROR";
  return failure(call, code, why, true);
}

function parsed(payload: string): JsonObject {
  try {
    const value = JSON.parse(payload) as Json;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function failure(call: ToolCall, code: string, why: string, retryable: boolean): CallFailure {
  return new CallFailure(code, `Tool ${call.tool.name}: ${why}.`, { retryable });
}
