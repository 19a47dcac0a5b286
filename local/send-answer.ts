import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpResponse } from "../adapters/http/http.ts";

/** How much of a refused body is let pass, and for how long, before the connection is cut. */
const LINGER_BYTES_MAX = 16 * 1024 * 1024;
const LINGER_MS_MAX = 2000;

const BODILESS = new Set([204, 304]);
const answered = new WeakSet<Socket>();

export function send(
  response: ServerResponse,
  { status, headers, body }: HttpResponse,
  { hasBody, isLast }: Readonly<{ hasBody: boolean; isLast: boolean }>,
): void {
  response.writeHead(status, headersOf(status, headers, body, isLast));
  if (hasBody && !BODILESS.has(status)) response.end(body);
  else response.end();
}

/**
 * Answers a request whose body was not read, and closes the connection.
 *
 * Closing at once would reset it while the body still arrives, and the sender would lose the
 * answer. So the answer goes out whole, and the rest of the body is let pass for a while.
 */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: HttpResponse,
): void {
  answered.add(request.socket);
  response.writeHead(status, headersOf(status, headers, body, true));
  if (request.method !== "HEAD") response.write(body);

  // Who asked whether to send the body takes this answer for a no, and sends nothing.
  if (request.headers.expect !== undefined) {
    response.end();
    return;
  }
  let bytes = 0;
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS_MAX);
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES_MAX) end();
  });
  request.on("end", end);
  request.on("close", end);
  request.resume();
}

/** Whether the connection has its last answer already, so that nothing may follow. */
export function hasLastAnswer(socket: Socket): boolean {
  return answered.has(socket);
}

function headersOf(
  status: number,
  headers: HttpResponse["headers"],
  body: HttpResponse["body"],
  isLast: boolean,
): Record<string, string | number> {
  const all: Record<string, string | number> = { ...headers };
  if (!BODILESS.has(status) && headers["content-length"] === undefined) {
    all["content-length"] = Buffer.byteLength(body);
  }
  if (isLast) all["connection"] = "close";
  return all;
}
