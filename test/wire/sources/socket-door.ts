import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { AwsError, type Emulator, text, Unsupported } from "../aws/call.ts";
import type { Outcome } from "../functions/environment.ts";
import type { WorldClock } from "../world-clock.ts";

const MESSAGE_BYTES_MAX = 128 * 1_024;
const IDLE_MS_MAX = 10 * 60_000;
const LIFE_MS_MAX = 2 * 3_600_000;

type Route = "$connect" | "$disconnect" | "$default";
type Connection = Readonly<{ id: string; socket: WebSocket; at: number }> & {
  restless: () => void;
};

export type SocketDoor = Awaited<ReturnType<typeof socketDoor>>;

/** A WebSocket API: its routes call a function, and `@connections` speaks back. */
export async function socketDoor(options: {
  clock: WorldClock;
  apiId: string;
  stage: string;
  /** Undefined: the template has no such route. */
  invoke: (route: Route, event: Json) => Promise<Outcome> | undefined;
}) {
  const { clock, apiId, stage } = options;
  const connections = new Map<string, Connection>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX });
  const server = createServer((_request, response) => response.writeHead(426).end());
  let busy = 0;

  async function ask(route: Route, id: string, at: number, more: JsonObject) {
    const types = { $connect: "CONNECT", $disconnect: "DISCONNECT", $default: "MESSAGE" };
    const requestContext = {
      routeKey: route,
      eventType: types[route],
      connectionId: id,
      connectedAt: at,
      requestTimeEpoch: clock.now(),
      messageDirection: "IN",
      requestId: crypto.randomUUID(),
      stage,
      apiId,
      domainName: "sockets.example",
      identity: { sourceIp: "203.0.113.7", userAgent: "" },
    };
    busy++;
    try {
      return await options.invoke(route, { requestContext, isBase64Encoded: false, ...more });
    } finally {
      busy--;
    }
  }

  async function connect(request: IncomingMessage, raw: Duplex, head: Buffer): Promise<void> {
    const id = `${randomBytes(11).toString("base64url")}=`;
    const at = clock.now();
    const url = new URL(request.url ?? "", "ws://door");
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    const query = Object.fromEntries(url.searchParams);
    const outcome = await ask("$connect", id, at, {
      headers: Object.fromEntries(headers) as JsonObject,
      ...(url.search !== "" && { queryStringParameters: query }),
    });
    const status = statusOf(outcome);
    if (status >= 300) {
      raw.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, raw, head, (socket) => {
      const connection: Connection = { id, socket, at, restless: () => undefined };
      connections.set(id, connection);
      const over = clock.at(at + LIFE_MS_MAX, "a socket is too old", () => socket.close(1001));
      stayAwake(connection);
      socket.on("message", (data: Buffer) => void said(connection, data));
      socket.on("error", () => socket.terminate());
      socket.once("close", (code) => {
        over();
        connection.restless();
        connections.delete(id);
        void ask("$disconnect", id, at, { headers: {}, disconnectStatusCode: code });
      });
    });
  }

  function stayAwake(connection: Connection): void {
    connection.restless();
    connection.restless = clock.at(clock.now() + IDLE_MS_MAX, "a socket is idle", () =>
      connection.socket.close(1001, "Going away"),
    );
  }

  async function said(connection: Connection, data: Buffer): Promise<void> {
    stayAwake(connection);
    const { id, at, socket } = connection;
    const outcome = await ask("$default", id, at, { body: data.toString("utf8") });
    if (statusOf(outcome) < 500) return;
    socket.send(JSON.stringify({ message: "Internal server error", connectionId: id }));
  }

  const emulator: Emulator = ({ operation, params, raw }) => {
    const connection = connections.get(text(params, "ConnectionId"));
    if (!connection) throw new AwsError(410, "GoneException", "the connection is gone");
    if (operation === "DeleteConnection") {
      connection.socket.close(1000);
      return { status: 204 };
    }
    if (operation !== "PostToConnection") throw new Unsupported(`execute-api:${operation}`);
    if (raw.body.byteLength > MESSAGE_BYTES_MAX) {
      throw new AwsError(413, "PayloadTooLargeException", "a frame has up to 128 KB");
    }
    stayAwake(connection);
    connection.socket.send(raw.body.toString("utf8"));
    return { status: 200 };
  };

  server.on("upgrade", (request: IncomingMessage, raw, head) => void connect(request, raw, head));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    emulator,
    count: () => connections.size,
    isBusy: () => busy > 0,
    close(): void {
      for (const { socket } of connections.values()) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What a route's function answers with counts only as a status; no route and no status is 200. */
function statusOf(outcome: Outcome | undefined): number {
  if (!outcome) return 200;
  if (outcome.type === "failed") return 502;
  const answer = JSON.parse(outcome.payload) as { statusCode?: number } | null;
  return answer?.statusCode ?? 200;
}
