import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeeded } from "../../scripts/support/client.ts";
import { begin, eventsOf, eventually, publish } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { socketClient } from "../support/socket-client.ts";

const SOCKETS = 500;
const EVENTS = 100;
const MEMORY_BYTES_MAX = 300 * 1024 * 1024;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

describe("500 clients of one server", () => {
  test("each hear of 100 events in order, and the server stays under 300 MB", async () => {
    const event = { name: "never" };
    await publish(server.api, { name: "waits", nodes: [{ id: "w", type: "wait", event }] });
    const run = await begin(server.api, "waits");
    const clients = await Promise.all(
      Array.from({ length: SOCKETS }, () => socketClient(server.url, server.api)),
    );
    for (const client of clients) {
      client.send({ action: "subscribe", id: "a", runs: [run.id] });
    }
    await Promise.all(clients.map((client) => client.frame("subscribed")));
    const before = (await eventsOf(server.api, run.id)).length;
    for (let sent = before; sent < EVENTS; sent++) {
      succeeded(await server.api.post(`/v1/runs/${run.id}/signals`, { name: "go", payload: sent }));
    }

    const wanted = Array.from({ length: EVENTS }, (_, index) => index + 1);
    await eventually(
      "all events at all clients",
      async () => (clients.every((one) => one.events("a").length >= EVENTS) ? true : undefined),
      60_000,
    );
    for (const client of clients) {
      expect(client.events("a").map(({ seq }) => seq)).toEqual(wanted);
    }
    const stats = succeeded(await server.api.get("/dev/stats"));
    const { rss } = stats["memory"] as unknown as { rss: number };
    expect(rss).toBeLessThan(MEMORY_BYTES_MAX);
    process.stdout.write(`${Math.round(rss / 1024 / 1024)} MB with ${SOCKETS} sockets\n`);
    for (const { socket } of clients) socket.terminate();
  }, 90_000);
});
