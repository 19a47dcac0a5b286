import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { jsonClient, succeeded } from "../../scripts/support/client.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function talkingTo(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const client = jsonClient({ baseUrl: `http://127.0.0.1:${address.port}`, key: "hf_test" });
  closers.push(() => {
    client.close();
    server.close();
    server.closeAllConnections();
  });
  return client;
}

describe("the scripts' client", () => {
  test("sends JSON with the key, and gives back status and object", async () => {
    const client = await talkingTo((request, response) => {
      const { method, url, headers } = request;
      request.on("data", (chunk: Buffer) => {
        response.writeHead(201, { location: "/x/1" });
        response.end(
          JSON.stringify({ method, url, auth: headers.authorization, got: chunk.toString() }),
        );
      });
    });

    const answer = await client.post("/x?y=1", { name: "é" }, { "idempotency-key": "k" });

    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe("/x/1");
    expect(succeeded(answer)).toEqual({
      method: "POST",
      url: "/x?y=1",
      auth: "Bearer hf_test",
      got: '{"name":"é"}',
    });
  });

  test("uses one connection for requests that follow each other", async () => {
    const ports = new Set<number | undefined>();
    const client = await talkingTo((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("{}");
    });

    for (let i = 0; i < 5; i++) await client.get("/");

    expect(ports.size).toBe(1);
  });

  test("gives a failure as an answer, which `succeeded` turns into an error", async () => {
    const client = await talkingTo((_request, response) => {
      response.writeHead(503);
      response.end("no JSON at all");
    });

    const answer = await client.get("/");

    expect(answer).toMatchObject({ status: 503, body: {}, text: "no JSON at all" });
    expect(() => succeeded(answer)).toThrow("answered 503: no JSON at all");
  });

  test("rejects when the connection breaks, and does not ask again", async () => {
    let asked = 0;
    const client = await talkingTo((request) => {
      asked++;
      request.socket.destroy();
    });

    await expect(client.post("/", {})).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(asked).toBe(1);
  });
});
