import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../../../core/kernel/json.ts";
import type { Listener, Outcome } from "../functions/environment.ts";
import { proxyEvent } from "./proxy-event.ts";

type Invoke = (event: Json, listener?: Listener) => Promise<Outcome>;

export type Door = Readonly<{ port: number; open(): number; close(): void }>;

const BODY_BYTES_MAX = 10 * 1_048_576;

/** An HTTP API in front of one function: whole answers, for no longer than API Gateway waits. */
export function httpApi(options: {
  apiId: string;
  now: () => number;
  invoke: Invoke;
}): Promise<Door> {
  return door(async (event, response) => {
    const outcome = await options.invoke(event);
    if (outcome.type === "failed") return plain(response, 500, "Internal Server Error");
    answer(response, JSON.parse(outcome.payload) as Answer);
  }, options);
}

/** A function URL whose function sends its answer as it comes to it. */
export function functionUrl(options: {
  apiId: string;
  now: () => number;
  invoke: Invoke;
}): Promise<Door> {
  return door(async (event, response) => {
    const outcome = await options.invoke(event, {
      prelude: (status, headers) => void response.writeHead(status, headers),
      chunk: (bytes) => void response.write(bytes),
    });
    if (response.headersSent) response.end();
    else if (outcome.type === "failed") plain(response, 502, "Internal Server Error");
    else answer(response, JSON.parse(outcome.payload) as Answer);
  }, options);
}

type Answer = Readonly<{
  statusCode?: number;
  headers?: Readonly<Record<string, string | number>>;
  cookies?: readonly string[];
  body?: string;
  isBase64Encoded?: boolean;
}> | null;

function answer(response: ServerResponse, given: Answer): void {
  const { statusCode = 200, headers = {}, cookies, body = "", isBase64Encoded } = given ?? {};
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (cookies) response.setHeader("set-cookie", [...cookies]);
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (!response.hasHeader("content-length") && statusCode !== 204 && statusCode !== 304) {
    response.setHeader("content-length", bytes.byteLength);
  }
  response.writeHead(statusCode).end(bytes);
}

function plain(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ message }));
}

async function door(
  handle: (event: Json, response: ServerResponse) => Promise<void>,
  { apiId, now }: { apiId: string; now: () => number },
): Promise<Door> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    response.once("close", () => requests--);
    void serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) plain(response, 500, String(error));
      response.destroy();
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (body.byteLength > BODY_BYTES_MAX) return plain(response, 413, "Request Too Long");
    const { method = "", url = "", headers } = request;
    await handle(proxyEvent({ method, url, headers, body }, apiId, now()), response);
  }

  server.on("clientError", (_error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    open: () => requests,
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}
