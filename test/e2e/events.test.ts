import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { begin, expectRefused, publish, reaches, read, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const event = { name: "paid", key: "{% $input.order %}" };
  await publish(server.api, { name: "pay", nodes: [{ id: "w", type: "wait", event }] });
  await publish(server.api, {
    name: "either",
    nodes: [
      { id: "w", type: "wait", any: [{ event }, { event: { name: "cancelled" } }, { for: "P1D" }] },
      { id: "which", type: "set", with: ["{% $steps.w.won %}", "{% $steps.w.output %}"] },
    ],
  });
});

afterAll(() => server.close());

async function send(body: JsonObject): Promise<JsonObject> {
  const answer = await server.api.post("/v1/events", body);
  expect(answer.status, answer.text).toBe(202);
  return succeeded(answer);
}

test("An event wakes every run that waits for it, by name and key", async () => {
  const runs = [
    await start(server.api, "pay", { order: "a" }),
    await start(server.api, "either", { order: "a" }),
    await start(server.api, "pay", { order: "b" }),
  ];
  const sent = await send({ name: "paid", key: "a", payload: { sum: 1 } });

  expect(sent).toMatchObject({ delivered: 2, buffered: false });
  const [pay, either, other] = runs.map(({ id }) => id) as [string, string, string];
  expect((await reaches(server.api, pay, "succeeded")).output).toEqual({ sum: 1 });
  expect((await reaches(server.api, either, "succeeded")).output).toEqual([0, { sum: 1 }]);
  expect((await read(server.api, other)).status).toBe("waiting");
});

test("An event that came before is kept over a crash, for one run, once", async () => {
  const event = { name: "paid", key: "early", payload: 7, id: "early-1" };
  const sent = await send(event);
  await server.killAndStart();
  const again = await send(event);
  const first = await start(server.api, "pay", { order: "early" });
  const second = await start(server.api, "pay", { order: "early" });

  expect(sent).toEqual({ id: "early-1", delivered: 0, buffered: true });
  expect(again).toEqual(sent);
  expect(first).toMatchObject({ status: "succeeded", output: 7 });
  expect(second.status).toBe("waiting");
});

test("Events of one tenant are not heard by another", async () => {
  const other = await server.tenant();
  await publish(other.api, {
    name: "pay",
    nodes: [{ id: "w", type: "wait", event: { name: "paid", key: "c" } }],
  });
  const { id } = await begin(other.api, "pay");
  await reaches(other.api, id, "waiting");
  await send({ name: "paid", key: "c" });

  expect((await read(other.api, id)).status).toBe("waiting");
});

test("Events are sent by operators, with a name, and without more", async () => {
  const viewer = await server.key({ name: "v", role: "viewer" });

  expectRefused(await viewer.api.post("/v1/events", { name: "paid" }), 403, "FORBIDDEN");
  expectRefused(await server.api.post("/v1/events", {}), 400, "INVALID_REQUEST");
  expectRefused(
    await server.api.post("/v1/events", { name: "a", to: "b" }),
    400,
    "INVALID_REQUEST",
  );
});
