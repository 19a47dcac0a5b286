import { afterAll, beforeAll, expect, test } from "vitest";
import { succeeded } from "../../scripts/support/client.ts";
import { ended, expectRefused, publish, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

test("versions are deleted over HTTP once nobody uses them, and a crash changes nothing of it", async () => {
  const { api } = server;
  const wait = { id: "w", type: "wait", event: { name: "go" } };
  for (const text of ["one", "two"]) {
    await publish(api, { name: "flow", nodes: [wait, { id: "say", type: "set", with: text }] });
  }
  const { id } = await start(api, "flow", null, { version: 1 });
  const used = await api.remove("/v1/workflows/flow/versions/1");
  expectRefused(used, 409, "WORKFLOW_IN_USE");
  expect(used.body["usedBy"]).toEqual([{ kind: "run", count: 1, examples: [id] }]);
  expect((await api.remove("/v1/workflows/flow/versions/2")).status).toBe(204);
  await server.killAndStart();

  expectRefused(await api.get("/v1/workflows/flow/versions/2"), 404, "WORKFLOW_NOT_FOUND");
  expect(succeeded(await api.get("/v1/workflows/flow"))).toMatchObject({ version: 1 });
  succeeded(await api.post(`/v1/runs/${id}/signals`, { name: "go" }));
  expect((await ended(api, id)).output).toBe("one");
  expect((await api.remove("/v1/workflows/flow")).status).toBe(204);
  expectRefused(await api.get("/v1/workflows/flow"), 404, "WORKFLOW_NOT_FOUND");
  expect(succeeded(await api.get(`/v1/runs/${id}/graph`))).toMatchObject({ version: 1 });
  expectRefused(await api.remove("/v1/workflows/flow"), 404, "WORKFLOW_NOT_FOUND");
});
