import type { IncomingHttpHeaders } from "node:http";
import type { JsonObject } from "../../../core/kernel/json.ts";
import { ACCOUNT } from "../template/template.ts";

export type Incoming = Readonly<{
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}>;

/** What API Gateway hands on as text; all else comes in base64, forms too. */
const TEXT = /^(text\/|application\/(json|javascript|xml)\b|application\/[a-z.-]+\+json)/;

/** A request as an HTTP API and a function URL hand it to a function: payload format 2.0. */
export function proxyEvent(incoming: Incoming, apiId: string, at: number): JsonObject {
  const { method, headers, body } = incoming;
  const url = new URL(incoming.url, "http://door");
  const isText = TEXT.test(headers["content-type"] ?? "");
  const query: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    query[name] = name in query ? `${query[name]},${value}` : value;
  }
  const { cookie, ...others } = headers;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers: Object.fromEntries(
      Object.entries(others).map(([name, value]) => [name, String(value)] as const),
    ),
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    requestContext: {
      accountId: ACCOUNT,
      apiId,
      domainName: headers.host ?? "",
      domainPrefix: apiId,
      http: {
        method,
        path: url.pathname,
        protocol: "HTTP/1.1",
        sourceIp: "203.0.113.7",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: crypto.randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: new Date(at).toUTCString(),
      timeEpoch: at,
    },
    ...(body.byteLength > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.byteLength > 0 && !isText,
  };
}
