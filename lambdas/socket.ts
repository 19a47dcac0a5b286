import middy from "@middy/core";
import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from "aws-lambda";

/** Connections are refused by name until this version can tell them anything. */
export const handler = middy<APIGatewayProxyWebsocketEventV2, APIGatewayProxyResultV2>().handler(
  async () => ({ statusCode: 501, body: "this version serves no WebSocket" }),
);
