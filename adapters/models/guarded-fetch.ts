import type { Outbound } from "../../core/ports/outbound.ts";

const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** Longer than any attempt: the node's own timeout ends the call by its signal. */
const TIMEOUT_MS = 15 * 60 * 1000;
const NO_BODY = new Set([204, 205, 304]);

/**
 * What the AI SDK takes for `fetch`, through our own guarded requests.
 *
 * The SDK rewrites errors that it meets, so the failure is also handed to `onFailure`.
 */
export function guardedFetch(
  request: Outbound,
  onFailure: (failure: unknown) => void,
): typeof globalThis.fetch {
  return async (input, init = {}) => {
    try {
      const answer = await request({
        url: input instanceof Request ? input.url : String(input),
        method: init.method ?? "GET",
        headers: Object.fromEntries(new Headers(init.headers)),
        body: typeof init.body === "string" ? init.body : undefined,
        timeoutMs: TIMEOUT_MS,
        bytesMax: ANSWER_BYTES_MAX,
        signal: init.signal ?? undefined,
      });
      const body = NO_BODY.has(answer.status) ? null : new Uint8Array(answer.body);
      return new Response(body, { status: answer.status, headers: { ...answer.headers } });
    } catch (error) {
      onFailure(error);
      throw error;
    }
  };
}
