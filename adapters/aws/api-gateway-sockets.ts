import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { Fault } from "../../core/ports/fault.ts";
import type { Sockets } from "../../core/ports/sockets.ts";
import { asked } from "./aws-fault.ts";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

/** API Gateway refuses more; the connection would never get past such a frame. */
const FRAME_BYTES_MAX = 128 * 1024;

/** The endpoint is the WebSocket API's own, whatever the environment says of other services. */
export function socketsClient(endpoint: string, placement: Placement = {}) {
  return new ApiGatewayManagementApiClient({ ...CLIENT_SETTINGS, ...placement, endpoint });
}

/** The connections of a WebSocket API, which keeps them while no function runs. */
export function apiGatewaySockets(client: ApiGatewayManagementApiClient): Sockets {
  return {
    async send(connection, frame) {
      if (Buffer.byteLength(frame) > FRAME_BYTES_MAX) {
        throw new Fault("a frame has more than 128 kB", { retryable: false });
      }
      const post = new PostToConnectionCommand({ ConnectionId: connection, Data: frame });
      const sent = await asked("send to a connection", () => client.send(post), [GONE]);
      return sent ? "sent" : "gone";
    },

    async close(connection) {
      const close = new DeleteConnectionCommand({ ConnectionId: connection });
      await asked("close a connection", () => client.send(close), [GONE]);
    },
  };
}

const GONE = "GoneException";
