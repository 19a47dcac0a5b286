import { CallFailure } from "../../ports/call-failure.ts";
import { retryAfterMs } from "../../ports/outbound.ts";
import type { Attempt, Delivery } from "../../store/deliveries.ts";
import type { Endpoint } from "../../store/endpoints.ts";
import type { FanOutDeps } from "./deps.ts";
import { signingKeys } from "./endpoint-secrets.ts";
import { signature } from "./webhook-signature.ts";

const TIMEOUT_MS = 15_000;
/** Of an answer that is read at all; how it ended is in its status. */
const ANSWER_BYTES_MAX = 256 * 1024;
/** Of an answer that is shown in the delivery log. */
const ANSWER_LENGTH_MAX = 2_000;

/** Delays before the second attempt, the third, and so on: see docs/webhooks.md. */
export const RETRY_DELAYS_MS = [
  5_000,
  5 * 60_000,
  30 * 60_000,
  2 * 3_600_000,
  5 * 3_600_000,
  10 * 3_600_000,
  10 * 3_600_000,
];

export type Tried = Readonly<{
  attempt: Attempt;
  /** gone: the receiver wants nothing any more (410). */
  outcome: "delivered" | "failed" | "gone";
  /** What the receiver asked us to wait at least. */
  retryAfterMs: number;
}>;

/** Sends a delivery once. Only a 2xx is a yes; a redirect is not followed, and so is a no. */
export async function attemptDelivery(
  deps: FanOutDeps,
  endpoint: Endpoint,
  { id, body }: Pick<Delivery, "id" | "body">,
): Promise<Tried> {
  const at = deps.clock.now();
  const begun = deps.elapsed();
  const spent = () => Math.round(deps.elapsed() - begun);
  try {
    const response = await deps.request({
      url: endpoint.url,
      method: "POST",
      headers: await headersOf(deps, endpoint, id, body),
      body,
      timeoutMs: TIMEOUT_MS,
      bytesMax: ANSWER_BYTES_MAX,
    });
    const { status, headers } = response;
    const answer = shown(response.body);
    const attempt = { at, ms: spent(), status, error: null, answer };
    if (status >= 200 && status < 300) return { attempt, outcome: "delivered", retryAfterMs: 0 };
    const asked = retryAfterMs(headers["retry-after"], deps.realNow()) ?? 0;
    return { attempt, outcome: status === 410 ? "gone" : "failed", retryAfterMs: asked };
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    // It said yes, in more words than anybody wants to read.
    const isYes = error.code === "RESPONSE_TOO_LARGE" || error.code === "RESPONSE_INVALID";
    const attempt = { at, ms: spent(), status: null, error: error.code, answer: null };
    return { attempt, outcome: isYes ? "delivered" : "failed", retryAfterMs: 0 };
  }
}

/** How long until the next attempt after so many failures; undefined when it was the last. */
export function retryDelayMs(failures: number, askedMs: number): number | undefined {
  const delay = RETRY_DELAYS_MS[failures - 1];
  return delay === undefined ? undefined : Math.max(delay, askedMs);
}

async function headersOf(deps: FanOutDeps, endpoint: Endpoint, id: string, body: string) {
  const seconds = Math.floor(deps.realNow() / 1000);
  const keys = await signingKeys(deps.secrets, endpoint, deps.clock.now());
  if (!keys) {
    const message = `the secret ${endpoint.secretName} is not there, or not of the form whsec_…`;
    throw new CallFailure("SECRET_NOT_FOUND", message, { retryable: true });
  }
  const signatures = await Promise.all(keys.map((key) => signature(key, { id, seconds, body })));
  return {
    "content-type": "application/json",
    "user-agent": "Holdfast-Webhooks/1",
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    ...(signatures.length > 0 && { "webhook-signature": signatures.join(" ") }),
  };
}

/** The beginning of the answer, as text that a row and a page can hold. */
function shown(body: Uint8Array): string | null {
  if (body.length === 0) return null;
  const text = new TextDecoder().decode(body.subarray(0, ANSWER_LENGTH_MAX));
  return text.replaceAll("\u0000", "\uFFFD");
}
