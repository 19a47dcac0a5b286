import type { IncomingMessage } from "node:http";
import type { HttpRequest } from "../adapters/http/http.ts";

type Body = Readonly<{ body: Uint8Array | undefined; tooLarge: boolean }>;

/**
 * The request as a plain value; undefined when its sender left before it was complete.
 *
 * Requests without a body, most of them, are ready in the same turn.
 */
export function readRequest(
  request: IncomingMessage,
  bodyBytesMax: number,
): HttpRequest | Promise<HttpRequest | undefined> {
  const { headers } = request;
  const length = headers["content-length"];
  if (length === undefined && headers["transfer-encoding"] === undefined) {
    return requestOf(request, { body: undefined, tooLarge: false });
  }
  if (length !== undefined && Number(length) > bodyBytesMax) {
    return requestOf(request, { body: undefined, tooLarge: true });
  }
  return readBody(request, bodyBytesMax).then((body) => body && requestOf(request, body));
}

function requestOf(request: IncomingMessage, { body, tooLarge }: Body): HttpRequest {
  // A proxy's form of the target names the host as well; Node has checked that there is a Host.
  const target = (request.url ?? "/").replace(/^https?:\/\/[^/?]*/i, "");
  const mark = target.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: (mark < 0 ? target : target.slice(0, mark)) || "/",
    query: mark < 0 ? "" : target.slice(mark + 1),
    // Only `set-cookie` could be a list, and no request has that.
    headers: request.headers as HttpRequest["headers"],
    body,
    ...(tooLarge ? { bodyTooLarge: true } : {}),
    from: request.socket.remoteAddress,
  };
}

function readBody(request: IncomingMessage, bytesMax: number): Promise<Body | undefined> {
  const { promise, resolve } = Promise.withResolvers<Body | undefined>();
  const chunks: Buffer[] = [];
  let bytes = 0;

  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) {
      chunks.push(chunk);
      return;
    }
    request.off("data", take);
    resolve({ body: undefined, tooLarge: true });
  };
  request.on("data", take);
  request.on("end", () => resolve({ body: joined(chunks), tooLarge: false }));
  request.on("error", () => resolve(undefined));
  request.on("close", () => resolve(undefined));
  return promise;
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
