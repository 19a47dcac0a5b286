import { Readable } from "node:stream";
import middy from "@middy/core";
import { executionModeStreamifyResponse } from "@middy/core/StreamifyResponse";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { HTTP_LIMITS } from "../adapters/http/app-deps.ts";
import { requestOf, resultOf } from "./http-event.ts";
import { sseRuntime } from "./sse-runtime.ts";

const app = sseRuntime();

/** The stream ends by itself before the function's time does; its reader resumes. */
const MARGIN_MS = 10_000;

/** Answers that go on, piece by piece as long as somebody reads, by a function URL. */
export const handler = middy<APIGatewayProxyEventV2>({
  executionMode: executionModeStreamifyResponse,
}).handler(async (event, context) => {
  const answer = await app(requestOf(event, HTTP_LIMITS.bodyBytesMax));
  if (!answer.stream) return resultOf(answer);
  const until = AbortSignal.timeout(context.getRemainingTimeInMillis() - MARGIN_MS);
  const body = Readable.from(answer.stream(until));
  return { statusCode: answer.status, headers: answer.headers, body };
});
