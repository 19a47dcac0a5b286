import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { HttpRequest, HttpResponse } from "../adapters/http/http.ts";

/** A request as API Gateway and function URLs tell it: payload format 2.0. */
export function requestOf(event: APIGatewayProxyEventV2, bodyBytesMax: number): HttpRequest {
  const { body, isBase64Encoded, rawPath, rawQueryString, headers, requestContext } = event;
  const bytes =
    body === undefined ? undefined : Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  const bodyTooLarge = (bytes?.length ?? 0) > bodyBytesMax;
  const { method, sourceIp } = requestContext.http;
  return {
    method,
    path: encodedPath(rawPath),
    query: rawQueryString,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: bodyTooLarge ? undefined : bytes,
    ...(bodyTooLarge && { bodyTooLarge }),
    from: sourceIp,
  };
}

/** API Gateway hands on some paths decoded. What cannot stand in a path is encoded again. */
function encodedPath(path: string): string {
  return path.replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, (character) => encodeURIComponent(character));
}

/** An answer that is whole; one that goes on is read by whoever can send it on. */
export function resultOf({
  status,
  headers,
  body,
}: HttpResponse): APIGatewayProxyStructuredResultV2 {
  const isText = typeof body === "string";
  return {
    statusCode: status,
    headers: { ...headers },
    body: isText ? body : Buffer.from(body).toString("base64"),
    isBase64Encoded: !isText,
  };
}
