import type { Refusal } from "../../core/engine/refusal.ts";
import type { Rate } from "../../core/engine/start-rate.ts";
import { PROBLEMS, type ProblemCode } from "./error-catalog.ts";
import type { Reply } from "./route.ts";

/** A refusal of the engine, or of the door itself. */
export type Refused = Omit<Refusal, "code"> &
  Readonly<{ code: ProblemCode; headers?: Readonly<Record<string, string>> }>;

/** A value, or why there is none. */
export type Checked<T> =
  | Readonly<{ ok: true; value: T }>
  | Readonly<{ ok: false; refusal: Refused }>;

export function refused(
  code: ProblemCode,
  message: string,
  more: Omit<Refused, "code" | "message"> = {},
): { ok: false; refusal: Refused } {
  return { ok: false, refusal: { code, message, ...more } };
}

/** The heading of a code on the page that explains it. */
export function anchorOf(code: string): string {
  return code.toLowerCase().replace(/[^a-z0-9_]/g, "");
}

/** RFC 9457. The refusal's own members come first, so that none of them can replace ours. */
export function problemOf(refusal: Refused, instance: string, requestId: string) {
  const { status, title, retryable } = PROBLEMS[refusal.code];
  return {
    ...refusal.data,
    type: `/docs/errors#${anchorOf(refusal.code)}`,
    title,
    status,
    detail: refusal.message,
    instance,
    code: refusal.code,
    errors: refusal.errors ?? [],
    requestId,
    retryable: retryable === true,
  };
}

export function problemReply(refusal: Refused, instance: string, requestId: string): Reply {
  const problem = problemOf(refusal, instance, requestId);
  return {
    status: problem.status,
    value: problem,
    headers: {
      "content-type": "application/problem+json",
      ...retryHeaders(refusal),
      ...refusal.headers,
    },
  };
}

/** What a tenant's limit leaves, in the form of the IETF draft. */
export function rateHeaders({ limit, remaining, resetMs }: Rate): Readonly<Record<string, string>> {
  const seconds = Math.max(1, Math.ceil(resetMs / 1_000));
  return {
    ratelimit: `"tenant";r=${remaining};t=${seconds}`,
    "ratelimit-policy": `"tenant";q=${limit};w=60`,
  };
}

/** `RateLimit` says what the limit leaves, in the form of the IETF draft; here always nothing. */
export function retryHeaders(refusal: Refused): Readonly<Record<string, string>> {
  const { status, retryable } = PROBLEMS[refusal.code];
  if (retryable !== true) return {};
  const seconds = Math.max(1, Math.ceil((refusal.retryAfterMs ?? 1000) / 1000));
  const retryAfter = { "retry-after": String(seconds) };
  return status === 429 ? { ...retryAfter, ratelimit: `"tenant";r=0;t=${seconds}` } : retryAfter;
}
