import middy from "@middy/core";
import type { APIGatewayProxyResultV2 } from "aws-lambda";
import { type SocketEvent, socketRuntime } from "./socket-runtime.ts";

const answer = socketRuntime();

/** $connect, $disconnect and $default of the WebSocket API. */
export const handler = middy<SocketEvent, APIGatewayProxyResultV2>().handler(async (event) => ({
  statusCode: await answer(event),
}));
