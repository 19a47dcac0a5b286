import type { HttpResponse } from "../adapters/http/http.ts";

const LENGTH_MAX = 1_000_000;
/** API Gateway waits 30 s for an answer; something must be left for the way back. */
const MARGIN_MS = 6_000;
/** After a piece, what comes within this time goes along. */
const QUIET_MS = 300;

/**
 * An answer that goes on, as one that does not: API Gateway cannot send pieces. It ends a moment
 * after the first of them, or when the time is nearly over. Readers of events come again from where
 * they are, as they do after a connection that broke; the function URL sends without an end.
 */
export async function gathered(answer: HttpResponse, leftMs: number): Promise<HttpResponse> {
  const { stream, ...whole } = answer;
  if (!stream) return answer;
  const until = new AbortController();
  let timer = setTimeout(() => until.abort(), Math.max(0, leftMs - MARGIN_MS));
  let body = "";
  try {
    for await (const piece of stream(until.signal)) {
      body += piece;
      if (body.length > LENGTH_MAX) break;
      if (!/^id:|\nid:/.test(piece)) continue;
      clearTimeout(timer);
      timer = setTimeout(() => until.abort(), QUIET_MS);
    }
  } finally {
    clearTimeout(timer);
    until.abort();
  }
  return { ...whole, body };
}
