import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { HttpApp, HttpRequest, HttpResponse } from "../../adapters/http/http.ts";
import { type HttpDoorOptions, httpDoor } from "../../local/http-door.ts";

/** Says what it was asked, as JSON. */
export const echo: HttpApp = async (request) => json(echoed(request));

export function json(value: object, status = 200): HttpResponse {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

function echoed({ method, path, query, body, bodyTooLarge = false, headers, from }: HttpRequest) {
  const text = body && Buffer.from(body).toString();
  return {
    method,
    path,
    query,
    bytes: body?.byteLength ?? null,
    text,
    bodyTooLarge,
    headers,
    from,
  };
}

/** A door that really listens, on a port of its own. */
export async function openDoor(app: HttpApp, options: Partial<HttpDoorOptions> = {}) {
  const errors: unknown[] = [];
  const log = {
    info: () => undefined,
    error: (message: string, fields?: object) => void errors.push({ message, ...fields }),
  };
  const door = httpDoor({ app, log, host: "127.0.0.1", port: 0, ...options });
  const port = await door.listen();
  onTestFinished(async () => {
    door.server.closeAllConnections();
    await door.drain();
  });
  return { door, port, url: `http://127.0.0.1:${port}`, errors };
}

/** A connection under the test's own hands. */
export function rawConnection(port: number) {
  const socket: Socket = connect(port, "127.0.0.1");
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    received += chunk;
  });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<string>((resolve) => void socket.on("close", () => resolve(received)));

  return {
    socket,
    /** Everything that came until the other side closed. */
    closed,
    /** What has come once it holds this text. */
    until: (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (received.includes(text)) resolve(received);
        };
        socket.on("data", look);
        socket.on("close", () => reject(new Error(`closed after: ${received}`)));
        look();
      }),
  };
}
