import { afterAll, beforeAll, expect, test } from "vitest";
import { succeeded } from "../../scripts/support/client.ts";
import { expectRefused, publish, reaches, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

test("a run's graph over HTTP follows it live, as JSON and drawn", async () => {
  const { api } = server;
  const nodes = [
    { id: "before", type: "set" },
    { id: "ask", type: "wait", event: { name: "go" } },
    { id: "after", type: "set" },
  ];
  await publish(api, { name: "drawn", nodes });
  const { id } = await start(api, "drawn");
  const seen = async () => succeeded(await api.get(`/v1/runs/${id}/graph`));
  expect(await seen()).toMatchObject({
    runId: id,
    status: "waiting",
    nodes: [
      { id: "before", status: "succeeded" },
      { id: "ask", status: "waiting", tokens: 1 },
      { id: "after", status: "idle" },
    ],
    edges: [{ taken: 1 }, { taken: 0 }],
  });
  const drawn = await api.get(`/v1/runs/${id}/graph?format=mermaid`);
  expect(drawn.headers["content-type"]).toBe("text/plain; charset=utf-8");
  expect(drawn.text).toMatch(/^flowchart TD\n[\s\S]*class n1 waiting\n/);

  succeeded(await api.post(`/v1/runs/${id}/signals`, { name: "go" }));
  await reaches(api, id, "succeeded");

  expect(await seen()).toMatchObject({
    status: "succeeded",
    nodes: [{ status: "succeeded" }, { status: "succeeded" }, { status: "succeeded" }],
    edges: [{ taken: 1 }, { taken: 1 }],
  });
  expectRefused(await api.get("/v1/runs/run_none/graph"), 404, "NOT_FOUND");
});
