import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, test } from "vitest";
import type { HttpResponse } from "../../adapters/http/http.ts";
import { gathered } from "../../lambdas/gathered.ts";
import { requestOf, resultOf } from "../../lambdas/http-event.ts";

function event(changes: Partial<APIGatewayProxyEventV2> & { method?: string }) {
  const { method = "GET", ...more } = changes;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/v1/runs",
    rawQueryString: "",
    headers: {},
    isBase64Encoded: false,
    requestContext: { http: { method, sourceIp: "203.0.113.7" } },
    ...more,
  } as APIGatewayProxyEventV2;
}

describe("a request from API Gateway", () => {
  test("has its body as bytes, whichever way they came", () => {
    const text = '{"name":"ä"}';
    const plain = event({ method: "POST", body: text });
    const base64 = Buffer.from(text).toString("base64");
    const encoded = event({ method: "POST", body: base64, isBase64Encoded: true });

    for (const one of [plain, encoded]) {
      const { method, body } = requestOf(one, 1_000);
      expect(method).toBe("POST");
      expect(Buffer.from(body ?? []).toString()).toBe(text);
    }
    expect(requestOf(event({}), 1_000)).toMatchObject({ body: undefined, from: "203.0.113.7" });
  });

  test("with a body beyond the limit keeps none of it, and says so", () => {
    const large = event({ method: "POST", body: "ä".repeat(501) });

    expect(requestOf(large, 1_000)).toMatchObject({ body: undefined, bodyTooLarge: true });
    expect(requestOf(event({ method: "POST", body: "ä".repeat(500) }), 1_000).bodyTooLarge).toBe(
      undefined,
    );
  });

  test("has its path as a client would send it, and names of headers in lower case", () => {
    const headers = { Authorization: "Bearer x", "x-request-id": "1" };
    const request = requestOf(event({ rawPath: "/v1/runs/a b/ä%2F", headers }), 1_000);

    expect(request.path).toBe("/v1/runs/a%20b/%C3%A4%2F");
    expect(request.headers).toEqual({ authorization: "Bearer x", "x-request-id": "1" });
  });
});

describe("an answer to API Gateway", () => {
  test("is text as it is and bytes in base64", () => {
    const headers = { "content-type": "application/json" };

    expect(resultOf({ status: 200, headers, body: "{}" })).toEqual({
      statusCode: 200,
      headers,
      body: "{}",
      isBase64Encoded: false,
    });
    expect(resultOf({ status: 200, headers, body: Buffer.from([0xff, 0]) })).toMatchObject({
      body: "/wA=",
      isBase64Encoded: true,
    });
  });

  async function* pieces(until: AbortSignal, ...texts: readonly string[]) {
    for (const text of texts) yield text;
    await new Promise((resolve) => until.addEventListener("abort", resolve));
  }
  const going = (...texts: readonly string[]): HttpResponse => ({
    status: 200,
    headers: { "content-type": "text/event-stream" },
    body: "",
    stream: (until) => pieces(until, ...texts),
  });

  test("that goes on ends a moment after its first event, with all that came by then", async () => {
    const answer = await gathered(going("retry: 1000\n\n", "id: 1\n\n", "id: 2\n\n"), 30_000);

    expect(answer).toEqual({
      status: 200,
      headers: { "content-type": "text/event-stream" },
      body: "retry: 1000\n\nid: 1\n\nid: 2\n\n",
    });
  });

  test("that goes on and says nothing ends before the time is over", async () => {
    const answer = await gathered(going("retry: 1000\n\n"), 6_050);

    expect(answer.body).toBe("retry: 1000\n\n");
  });
});
