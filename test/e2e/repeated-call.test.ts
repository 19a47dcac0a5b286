import { afterAll, beforeAll, expect, test } from "vitest";
import { begin, ended, publish, registerTool } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
});

afterAll(async () => {
  tools.close();
  await server.close();
});

test("A call that is repeated after kill -9 sends the same bytes under the same key (C7, C8)", async () => {
  tools.on("/pay", (call) => (call.n === 1 ? "hang" : { body: "paid" }));
  await registerTool(server.api, tools, "pay");
  await publish(server.api, {
    name: "bytes",
    nodes: [{ id: "pay", type: "tool", tool: "pay", with: { to: "Ada", amount: 1, for: ["x"] } }],
  });

  const { id } = await begin(server.api, "bytes");
  const first = await tools.arrived("/pay", 1);
  await server.killAndStart();
  const second = await tools.arrived("/pay", 2);

  expect((await ended(server.api, id)).status).toBe("succeeded");
  expect(second.key).toBe(first.key);
  // Services compare a repeat with what came first, and some compare bytes.
  expect(JSON.stringify(second.body)).toBe(JSON.stringify(first.body));
});
