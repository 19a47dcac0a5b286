import { connect } from "node:net";

export type Reply = Readonly<{ status: number; body: string }>;

export type Connection = Readonly<{
  /** One request at a time; the whole reply. A connection that breaks rejects. */
  send(request: Buffer): Promise<Reply>;
  close(): void;
}>;

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * HTTP/1.1 over one kept connection, with nothing that a bench does not need.
 *
 * Load generator and server share the processors of one machine: what the generator does not use,
 * the server has. It reads only what our server sends, replies with a `Content-Length`.
 */
export function openConnection(port: number): Connection {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let waiting: PromiseWithResolvers<Reply> | undefined;
  let received: Buffer | undefined;

  socket.on("data", (chunk: Buffer) => {
    received = received === undefined ? chunk : Buffer.concat([received, chunk]);
    try {
      const reply = replyIn(received);
      if (reply === undefined) return;
      received = undefined;
      const { resolve } = take();
      resolve(reply);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  const broken = (why: string) => {
    waiting?.reject(new Error(why));
    waiting = undefined;
  };
  socket.on("error", (error) => broken(error.message));
  socket.on("close", () => broken("the server closed the connection"));

  function take(): PromiseWithResolvers<Reply> {
    if (waiting === undefined) throw new Error("a reply came that nobody asked for");
    const taken = waiting;
    waiting = undefined;
    return taken;
  }

  return {
    send(request) {
      if (waiting !== undefined) throw new Error("this connection already waits for a reply");
      waiting = Promise.withResolvers<Reply>();
      const { promise } = waiting;
      if (socket.destroyed) broken("the connection is closed");
      else socket.write(request);
      return promise;
    },
    close: () => void socket.destroy(),
  };
}

/** The bytes of a request; the same can be sent again and again. */
export function requestBytes(
  method: string,
  path: string,
  about: Readonly<{ key: string; body?: unknown }>,
): Buffer {
  const body = about.body === undefined ? "" : JSON.stringify(about.body);
  const head = [
    `${method} ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    `Authorization: Bearer ${about.key}`,
    ...(body === ""
      ? []
      : ["Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function replyIn(bytes: Buffer): Reply | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined && status !== 204) {
    throw new Error("the server sent a reply without a Content-Length");
  }
  const bodyStart = headEnd + HEAD_END.length;
  const end = bodyStart + Number(length ?? 0);
  if (bytes.length < end) return undefined;
  return { status, body: bytes.toString("utf8", bodyStart, end) };
}
