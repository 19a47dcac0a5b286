import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { Outbound } from "../../core/ports/outbound.ts";
import type { Secrets } from "../../core/ports/secrets.ts";
import type { ToolCall } from "../../core/ports/tools.ts";
import { httpAnswer } from "./http-answer.ts";
import { httpProblems, literalPart, mayHaveBody } from "./http-config.ts";
import { openSecrets } from "./secret-markers.ts";

/** Evaluates `{% … %}` over `$with`; throws errors that have a `code`. */
export type Evaluate = (template: Json, bindings: { with: Json }) => Promise<Json>;

export type HttpToolParts = Readonly<{ secrets: Secrets; evaluate: Evaluate; request: Outbound }>;

const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Calls an HTTP endpoint once, with the step's `with` as JSON and its idempotency key.
 *
 * The order matters: secrets are read first and put in last, so that no template ever sees one,
 * and the address is judged after the templates, so that no input can move the call elsewhere.
 */
export function httpTool({ secrets, evaluate, request }: HttpToolParts) {
  return async (call: ToolCall, signal: AbortSignal): Promise<Json> => {
    const { config, name } = call.tool;
    const [problem] = httpProblems(config, "config");
    if (problem) throw failure("TOOL_CONFIG_INVALID", `${problem.path} ${problem.message}`, name);

    const opened = await openSecrets(config, (secret) => secrets.get(call.tenant, secret));
    const evaluated = await evaluatedConfig(opened.config, call, evaluate);
    const url = checkedUrl(textIn(config, "url"), textIn(evaluated, "url"), name);
    const method = (textIn(config, "method") || "POST").toUpperCase();
    const message = messageOf(opened.fill(evaluated) as JsonObject, call, method);
    const response = await request({
      url,
      method,
      ...message,
      timeoutMs: call.timeoutMs,
      bytesMax: ANSWER_BYTES_MAX,
      signal,
    });
    const { attempt } = call;
    return httpAnswer(response, { tool: name, attempt, secrets: opened, now: Date.now() });
  };
}

async function evaluatedConfig(
  config: Json,
  call: ToolCall,
  evaluate: Evaluate,
): Promise<JsonObject> {
  // Most configurations are constant, and an expression engine costs more than the check.
  if (!JSON.stringify(config).includes("{%")) return config as JsonObject;
  try {
    const evaluated = await evaluate(config, { with: call.input });
    return isObject(evaluated) ? evaluated : {};
  } catch (error) {
    const known = error instanceof Error && "code" in error ? String(error.code) : "";
    const code = /^[A-Z][A-Z0-9_]+$/.test(known) ? known : "EXPRESSION_ERROR";
    const why = error instanceof Error ? error.message : "unknown";
    throw failure(code, `a template failed: ${why}`, call.tool.name);
  }
}

/** Values may fill path and query; what stands literally before them must stay in front. */
function checkedUrl(template: string, evaluated: string, tool: string): string {
  if (!URL.canParse(evaluated))
    throw failure("TARGET_REFUSED", "its templates break the URL", tool);
  const { origin, href, username, password } = new URL(evaluated);
  const before = literalPart(template);
  const literal = new URL(before);
  const stays = before === template || href.startsWith(literal.href);
  if (origin !== literal.origin || !stays || username !== "" || password !== "") {
    throw failure("TARGET_REFUSED", "its templates lead out of the configured URL", tool);
  }
  return href;
}

/** Headers and body. A DELETE has a body only if the configuration gives it one. */
function messageOf(config: JsonObject, call: ToolCall, method: string) {
  const own = ownHeaders(config["headers"], call.tool.name);
  const given = config["body"];
  const body = given === undefined && method !== "DELETE" ? call.input : given;
  const headers = {
    "user-agent": "holdfast",
    accept: "application/json, */*;q=0.5",
    "idempotency-key": call.idempotencyKey,
  };
  if (!mayHaveBody(method) || body === undefined) return { headers: { ...headers, ...own } };
  const type = own["content-type"] ?? "application/json";
  const plain = typeof body === "string" && !/json/i.test(type);
  return {
    headers: { ...headers, "content-type": type, ...own },
    body: plain ? body : JSON.stringify(body),
  };
}

function ownHeaders(configured: Json | undefined, tool: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(isObject(configured) ? configured : {})) {
    if (typeof value === "object" && value !== null) {
      throw failure("REQUEST_INVALID", `the header ${name} is not a text`, tool);
    }
    const text = value === null ? "" : String(value).trim();
    if (/[\0\r\n]/.test(text)) {
      throw failure("REQUEST_INVALID", `the header ${name} is not a single line`, tool);
    }
    // A template that yields nothing leaves its header out.
    if (text !== "") headers[name.toLowerCase()] = text;
  }
  return headers;
}

function textIn(config: JsonObject, field: string): string {
  const value = config[field];
  return typeof value === "string" ? value : "";
}

function failure(code: string, why: string, tool: string): CallFailure {
  return new CallFailure(code, `Tool ${tool} was not called: ${why}.`, { retryable: false });
}
