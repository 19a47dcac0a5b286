import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { HTTP_LIMITS } from "../adapters/http/app-deps.ts";
import { apiRuntime } from "./api-runtime.ts";
import { gathered } from "./gathered.ts";
import { requestOf, resultOf } from "./http-event.ts";
import { onceMade } from "./once-made.ts";

const app = onceMade(apiRuntime);

/** The HTTP API. An answer that goes on is cut to what fits one answer; its reader resumes. */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>().handler(
  async (event, context) => {
    const answer = (await app())(requestOf(event, HTTP_LIMITS.bodyBytesMax));
    return resultOf(await gathered(await answer, context.getRemainingTimeInMillis()));
  },
);
