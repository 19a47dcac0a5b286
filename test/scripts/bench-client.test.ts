import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Connection, openConnection, requestBytes } from "../../scripts/bench/lean-client.ts";

const open: { server: Server; connection: Connection }[] = [];
afterEach(() => {
  for (const { server, connection } of open.splice(0)) {
    connection.close();
    server.close();
  }
});

/** A client that talks to whoever writes these bytes after each request. */
async function talkingTo(answer: (socket: Socket, request: string) => void): Promise<Connection> {
  const server = createServer((socket) => {
    socket.on("data", (bytes) => answer(socket, bytes.toString("latin1")));
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const connection = openConnection((server.address() as AddressInfo).port);
  open.push({ server, connection });
  return connection;
}

describe("the client of the load generator", () => {
  test("sends a request with its key and its length in bytes", async () => {
    let got = "";
    const connection = await talkingTo((socket, request) => {
      got = request;
      socket.write("HTTP/1.1 204 No Content\r\n\r\n");
    });

    const reply = await connection.send(
      requestBytes("POST", "/v1/x", { key: "k", body: { a: "é" } }),
    );

    expect(reply).toEqual({ status: 204, body: "" });
    expect(got).toMatch(/^POST \/v1\/x HTTP\/1\.1\r\n/);
    expect(got).toContain("\r\nAuthorization: Bearer k\r\n");
    expect(got).toContain("\r\nContent-Length: 10\r\n");
  });

  test("puts a reply together however it arrives, and keeps the connection", async () => {
    const reply = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"a":"é"}', "utf8");
    let at = 0;
    const connection = await talkingTo((socket) => {
      at++;
      socket.write(reply.subarray(0, at * 7));
      setImmediate(() => socket.write(reply.subarray(at * 7)));
    });
    const request = requestBytes("GET", "/", { key: "k" });

    for (let i = 0; i < 7; i++) {
      expect(await connection.send(request)).toEqual({ status: 200, body: '{"a":"é"}' });
    }
  });

  test("rejects when the connection breaks before the reply is whole", async () => {
    const connection = await talkingTo((socket) =>
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
    );

    const sent = connection.send(requestBytes("GET", "/", { key: "k" }));

    await expect(sent).rejects.toThrow("closed");
    await expect(connection.send(requestBytes("GET", "/", { key: "k" }))).rejects.toThrow("closed");
  });

  test("rejects a reply whose length it is not told", async () => {
    const connection = await talkingTo((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nx"));

    await expect(connection.send(requestBytes("GET", "/", { key: "k" }))).rejects.toThrow(
      "without a Content-Length",
    );
  });
});
