/** A request to an address that a customer or a deployment configured. */
export type OutboundRequest = Readonly<{
  url: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: string | Uint8Array | undefined;
  /** Bounds the whole exchange: resolving, connecting, headers and body. */
  timeoutMs: number;
  /** Bounds the body of a 2xx answer. */
  bytesMax: number;
  signal?: AbortSignal | undefined;
}>;

export type OutboundResponse = Readonly<{
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}>;

/**
 * Sends one request to the world, or throws a `CallFailure`.
 *
 * It never follows a redirect, so callers that want success must look for a 2xx status.
 */
export type Outbound = (request: OutboundRequest) => Promise<OutboundResponse>;

const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1000;

/** What a `Retry-After` header asks for, in seconds or as an HTTP date; a day at most. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const value = header?.trim() ?? "";
  const isDate = /^[A-Za-z]{3,9},? /.test(value);
  if (!isDate && !/^\d+(?:\.\d+)?$/.test(value)) return undefined;
  const ms = isDate ? Date.parse(value) - now : Number(value) * 1000;
  if (Number.isNaN(ms)) return undefined;
  return Math.min(Math.max(Math.ceil(ms), 0), RETRY_AFTER_MS_MAX);
}

/** Whether HTTP itself says that the same request may succeed later. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}
