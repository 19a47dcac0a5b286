import type { Json } from "../../core/kernel/json.ts";
import { wellFormed } from "../../core/kernel/well-formed.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { isTransient, type OutboundResponse, retryAfterMs } from "../../core/ports/outbound.ts";
import type { OpenedConfig } from "./secret-markers.ts";

const EXCERPT_LENGTH_MAX = 500;

export type HttpAnswerOptions = Readonly<{
  tool: string;
  attempt: number;
  /** Takes secrets out that the other side repeated. */
  secrets: Pick<OpenedConfig, "hide" | "hideInText">;
  now: number;
}>;

/** The output of an `http` tool, or the failure that its status means. */
export function httpAnswer(response: OutboundResponse, options: HttpAnswerOptions): Json {
  const { status, headers } = response;
  const text = textOf(response);
  if (status >= 200 && status < 300) return output(text, headers["content-type"], options);

  const conflictOfRepeat = status === 409 && options.attempt > 1;
  throw new CallFailure(
    `HTTP_${status}`,
    message(status, options.secrets.hideInText(text), options.tool),
    {
      retryable: isTransient(status) || conflictOfRepeat,
      retryAfterMs: retryAfterMs(headers["retry-after"], options.now),
    },
  );
}

function output(text: string, type: string | undefined, options: HttpAnswerOptions): Json {
  if (text.trim() === "") return null;
  const value = isJson(type) ? parsed(text) : undefined;
  const kept = wellFormed(value === undefined ? { text } : value);
  if (kept.ok) return options.secrets.hide(kept.value);
  const why = `The answer of tool ${options.tool} cannot be kept: ${kept.why}.`;
  throw new CallFailure("RESPONSE_INVALID", why, { retryable: false });
}

/** Servers that name no type often answer with JSON; those that name another mean it. */
function isJson(type: string | undefined): boolean {
  return !type || /^\s*(application|text)\/([\w.+-]*\+)?json\s*(;|$)/i.test(type);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function textOf({ body, headers }: OutboundResponse): string {
  const charset = /charset\s*=\s*"?([\w.:-]+)/i.exec(headers["content-type"] ?? "")?.[1];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    // An unknown charset is a label only; what cannot be read becomes U+FFFD.
    return new TextDecoder().decode(body);
  }
}

function message(status: number, text: string, tool: string): string {
  const redirected = status >= 300 && status < 400 ? " Redirects are not followed." : "";
  const excerpt = text.trim().slice(0, EXCERPT_LENGTH_MAX).toWellFormed();
  const said = excerpt === "" ? "." : `: ${excerpt}`;
  return `Tool ${tool} was answered with HTTP ${status}${said}${redirected}`;
}
