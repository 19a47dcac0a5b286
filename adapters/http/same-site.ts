import type { HttpRequest } from "./http.ts";

/**
 * Whether a POST may have come from our own page, or from no page at all.
 *
 * Browsers say it in `Sec-Fetch-Site`. Where they do not, `Origin` must be ours; but it is `null`
 * for our own page, because that page sends no referrer. The nonce still protects that case.
 */
export function isOwnSite({ headers }: HttpRequest, publicUrl: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const origin = headers["origin"];
  if (origin === undefined || origin === "null") return true;
  return originOf(origin) === originOf(publicUrl) || hostOf(origin) === headers["host"];
}

export function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin;
}

function hostOf(url: string): string | undefined {
  return URL.parse(url)?.host;
}
