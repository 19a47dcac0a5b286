import type { APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { apiGatewaySockets, socketsClient } from "../adapters/aws/api-gateway-sockets.ts";
import { PROBLEMS } from "../adapters/http/error-catalog.ts";
import { socketFrame } from "../adapters/http/socket-door.ts";
import { fanOutParts } from "../wiring/fan-out-parts.ts";
import { liveOnRows } from "../wiring/live-on-rows.ts";
import { engineOf, NO_RUNS, NO_SECRETS, NO_SENDERS, NO_SIGNER } from "./engine.ts";
import { env } from "./env.ts";
import { outboundPolicy } from "./outbound-policy.ts";
import { log, storeOf } from "./store.ts";

/** What one push may take of the 29 s that API Gateway waits; the rest is found by the sweep. */
const PUSH_MS_MAX = 15_000;
const LOOK_EVERY_MS = 60_000;

/** `$connect` comes with the query of its URL, which the types leave out. */
export type SocketEvent = APIGatewayProxyWebsocketEventV2 &
  Readonly<{ queryStringParameters?: Readonly<Record<string, string | undefined>> }>;

/** The WebSocket API: connections are rows here, and wires there. Answers with a status. */
export function socketRuntime(): (event: SocketEvent) => Promise<number> {
  const vars = env("socket");
  const engine = engineOf({
    store: storeOf(vars),
    secrets: NO_SECRETS,
    signer: NO_SIGNER,
    ...NO_RUNS,
    models: "{}",
    lookEveryMs: LOOK_EVERY_MS,
  });
  const fanOut = fanOutParts(engine, {
    secrets: NO_SECRETS,
    senders: NO_SENDERS,
    report: log,
    ...outboundPolicy(),
    alone: false,
  });
  const sockets = apiGatewaySockets(socketsClient(vars.SOCKET_ENDPOINT));
  const live = liveOnRows(fanOut, { sockets, timeMs: PUSH_MS_MAX });

  return async ({ requestContext, queryStringParameters, body = "" }) => {
    const { connectionId: id, eventType } = requestContext;
    switch (eventType) {
      case "CONNECT": {
        const opened = await live.open(id, queryStringParameters?.["ticket"] ?? "");
        return opened.ok ? 200 : PROBLEMS[opened.refusal.code].status;
      }
      case "DISCONNECT":
        await live.closed(id);
        return 200;
      case "MESSAGE":
        await socketFrame({ live, sockets }, id, body);
        return 200;
    }
  };
}
