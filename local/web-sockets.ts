import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { PROBLEMS } from "../adapters/http/error-catalog.ts";
import { problemOf, type Refused } from "../adapters/http/problem.ts";
import { FRAME_BYTES_MAX, socketFrame } from "../adapters/http/socket-door.ts";
import type { Live } from "../core/engine/fan-out/live.ts";
import type { Log } from "../core/ports/log.ts";
import { isServedHost } from "./host-name.ts";
import type { LocalSockets } from "./local-sockets.ts";

const PATH = "/v1/ws";
const PING_EVERY_MS = 30_000;
/** RFC 6455's "going away". */
const GOING_AWAY = 1001;

export interface WebSockets {
  /** Tells everybody to connect again, elsewhere or later. */
  close(): void;
}

/** WebSockets on the port of the HTTP server. */
export function webSockets(
  server: Server,
  deps: Readonly<{
    live: Live;
    sockets: LocalSockets;
    hosts: ReadonlySet<string> | undefined;
    log: Log;
    pingEveryMs?: number;
  }>,
): WebSockets {
  const { live, sockets, log } = deps;
  const upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
  });
  const failed = (error: unknown) => log.error("a WebSocket failed", { error: String(error) });

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const refusal = refusalOf(request, deps.hosts);
    if (refusal) return refuse(socket, refusal);
    const id = `con_${randomUUID()}`;
    const opened = await live.open(id, ticketIn(request));
    if (!opened.ok) return refuse(socket, opened.refusal);
    if (socket.destroyed) return live.closed(id);
    upgrades.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, id));
  }

  function accept(webSocket: WebSocket, id: string): void {
    sockets.add(id, webSocket);
    // One frame after the other: a client may count on the order of what it asks.
    let turn: Promise<void> = Promise.resolve();
    webSocket.on("message", (data: Buffer) => {
      turn = turn
        .then(() => socketFrame({ live, sockets }, id, data.toString("utf8")))
        .catch((error: unknown) => {
          failed(error);
          webSocket.close(1011, "something broke on our side");
        });
    });
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", () => {
      sockets.remove(id);
      live.closed(id).catch(failed);
    });
  }

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    upgrade(request, socket, head).catch((error: unknown) => {
      failed(error);
      socket.destroy();
    });
  };
  server.on("upgrade", onUpgrade);
  const pings = setInterval(() => sockets.ping(), deps.pingEveryMs ?? PING_EVERY_MS);
  pings.unref();

  return {
    close() {
      clearInterval(pings);
      server.off("upgrade", onUpgrade);
      sockets.closeAll(GOING_AWAY, "the server stops");
    },
  };
}

function refusalOf(request: IncomingMessage, hosts: ReadonlySet<string> | undefined) {
  if (!isServedHost(request.headers.host, hosts)) {
    const message = "This server is not asked by that name.";
    return { code: "NOT_FOUND", message } as const;
  }
  const isOurs = pathOf(request) === PATH;
  return isOurs ? undefined : ({ code: "NOT_FOUND", message: `Only ${PATH} is one.` } as const);
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?")[0] ?? "/";
}

function ticketIn({ url = "/" }: IncomingMessage): string {
  return new URLSearchParams(url.split("?")[1] ?? "").get("ticket") ?? "";
}

/** There is no connection yet, so the answer is one of HTTP. */
function refuse(socket: Duplex, refusal: Refused): void {
  const { status, title } = PROBLEMS[refusal.code];
  const body = JSON.stringify(problemOf(refusal, PATH, randomUUID()));
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
