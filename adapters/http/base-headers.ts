import { originOf } from "./same-site.ts";

/**
 * On every answer, so that no route can forget them.
 *
 * Only pages of this deployment may read answers across origins; keys are bearers, never cookies,
 * so nobody else's browser has anything of ours to send along.
 */
export function baseHeaders(publicUrl: string): Readonly<Record<string, string>> {
  const origin = originOf(publicUrl);
  const headers = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "access-control-allow-origin": origin ?? "null",
  };
  return origin?.startsWith("https:") === true
    ? { ...headers, "strict-transport-security": "max-age=31536000" }
    : headers;
}
