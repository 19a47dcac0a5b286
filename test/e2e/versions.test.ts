import { afterAll, beforeAll, expect, test } from "vitest";
import { succeeded } from "../../scripts/support/client.ts";
import { ended, expectRefused, publish, reaches, read, start, typesOf } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

test("a waiting run goes on under a new version over HTTP, after a dry run and a crash", async () => {
  const { api } = server;
  const wait = (id: string) => ({ id, type: "wait", event: { name: "go" } });
  const said = (text: string) => ({ id: "say", type: "set", with: text });
  await publish(api, { name: "flow", nodes: [wait("one"), said("old")] });
  const { id } = await start(api, "flow");
  await publish(api, { name: "flow", nodes: [wait("two"), said("new")] });
  const migrate = (body: object) => api.post(`/v1/runs/${id}/migrate`, body as never);

  const asked = succeeded(await migrate({ version: 2, dryRun: true }));
  expect(asked).toMatchObject({
    migrated: false,
    problems: [{ node: "one", step: "one.1", code: "NODE_GONE" }],
  });
  const blocked = await migrate({ version: 2 });
  expectRefused(blocked, 409, "MIGRATION_BLOCKED");
  expect(blocked.body["errors"]).toMatchObject([{ path: "one", code: "NODE_GONE" }]);
  expectRefused(await migrate({ version: 9 }), 404, "WORKFLOW_NOT_FOUND");
  expect((await read(api, id)).version).toBe(1);

  const done = succeeded(await migrate({ version: 2, map: { one: "two" }, reason: "mended" }));
  expect(done).toMatchObject({ from: 1, to: 2, migrated: true, problems: [] });
  await server.killAndStart();
  expect(await reaches(api, id, "waiting")).toMatchObject({ version: 2, hash: done["hash"] });
  succeeded(await api.post(`/v1/runs/${id}/signals`, { name: "go" }));

  expect((await ended(api, id)).output).toBe("new");
  expect((await typesOf(api, id)).filter((type) => type === "run.migrated")).toHaveLength(1);
  expectRefused(await migrate({ version: 1 }), 409, "RUN_ENDED");
});

test("versions are deleted over HTTP once nobody uses them, and a crash changes nothing of it", async () => {
  const { api } = server;
  const wait = { id: "w", type: "wait", event: { name: "go" } };
  for (const text of ["one", "two"]) {
    await publish(api, { name: "gone", nodes: [wait, { id: "say", type: "set", with: text }] });
  }
  const { id } = await start(api, "gone", null, { version: 1 });
  const used = await api.remove("/v1/workflows/gone/versions/1");
  expectRefused(used, 409, "WORKFLOW_IN_USE");
  expect(used.body["usedBy"]).toEqual([{ kind: "run", count: 1, examples: [id] }]);
  expect((await api.remove("/v1/workflows/gone/versions/2")).status).toBe(204);
  await server.killAndStart();

  expectRefused(await api.get("/v1/workflows/gone/versions/2"), 404, "WORKFLOW_NOT_FOUND");
  expect(succeeded(await api.get("/v1/workflows/gone"))).toMatchObject({ version: 1 });
  succeeded(await api.post(`/v1/runs/${id}/signals`, { name: "go" }));
  expect((await ended(api, id)).output).toBe("one");
  expect((await api.remove("/v1/workflows/gone")).status).toBe(204);
  expectRefused(await api.get("/v1/workflows/gone"), 404, "WORKFLOW_NOT_FOUND");
  expect(succeeded(await api.get(`/v1/runs/${id}/graph`))).toMatchObject({ version: 1 });
  expectRefused(await api.remove("/v1/workflows/gone"), 404, "WORKFLOW_NOT_FOUND");
});
