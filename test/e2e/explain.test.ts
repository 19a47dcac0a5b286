import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AdviceView, ExplainView } from "../../core/engine/insight.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { begin, expectRefused, publish, reaches, registerTool, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "pay");
  await publish(server.api, {
    name: "pay",
    nodes: [
      {
        id: "pay",
        type: "tool",
        tool: "pay",
        retry: { maxAttempts: 2, backoff: { initial: "PT1H", jitter: "none" } },
      },
    ],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

async function explain(id: string): Promise<ExplainView> {
  return succeeded(await server.api.get(`/v1/runs/${id}/explain`)) as unknown as ExplainView;
}

async function advice(id: string): Promise<AdviceView> {
  return succeeded(await server.api.get(`/v1/runs/${id}/advice`)) as unknown as AdviceView;
}

describe("explain", () => {
  test("says whom an approval waits for, and how it is decided", async () => {
    const approvers = ["ada@example.com"];
    await publish(server.api, {
      name: "ask",
      nodes: [{ id: "check", type: "approval", approvers, due: "P1D" }],
    });
    const run = await start(server.api, "ask");
    const task = run.waitingOn[0]?.task ?? "";

    const told = await explain(run.id);

    expect(told.summary).toContain("check waits for ada@example.com to decide task");
    expect(told).toMatchObject({ status: "waiting", unblock: [`POST /v1/tasks/${task}/decide`] });
    expect(told.nextTimer).toBe(run.waitingOn[0]?.until);
  });

  test("says what failed, when it is tried again, and how to go on", async () => {
    tools.on("/pay", () => ({ status: 503, body: "closed" }));
    const { id } = await begin(server.api, "pay");
    await reaches(server.api, id, "waiting");

    const told = await explain(id);

    expect(told.summary).toMatch(/^pay is tried again at .*, after HTTP_503/);
    expect(told.lastError).toMatchObject({ code: "HTTP_503", step: "pay.1" });
    expect(told.unblock.join()).toContain(`/v1/runs/${id}/steps/pay.1/skip`);
    await server.api.post(`/v1/runs/${id}/pause`, {});
    expect(await explain(id)).toMatchObject({
      status: "paused",
      unblock: [`POST /v1/runs/${id}/resume`],
    });
  });

  test("says which call is under way, and why a run failed or was cancelled", async () => {
    tools.on("/pay", () => "hang");
    const before = tools.callsOf("/pay").length;
    const { id } = await begin(server.api, "pay");
    await tools.arrived("/pay", before + 1);
    expect(await explain(id)).toMatchObject({ status: "running", running: ["pay.1"] });
    await server.api.post(`/v1/runs/${id}/cancel`, {});
    expect((await explain(id)).summary).toMatch(/^It was cancelled at .* by key /);

    tools.on("/pay", () => ({ status: 404 }));
    const failed = await start(server.api, "pay");
    const told = await explain(failed.id);
    expect(told.summary).toMatch(/^It failed at pay at .*: HTTP_404/);
    expect(told.unblock[0]).toContain(`/v1/runs/${failed.id}/retry`);
  });

  test("names the limit that ended a run", async () => {
    await publish(server.api, {
      name: "loop",
      nodes: [{ id: "s", type: "set" }],
      edges: [{ from: "s", to: "s" }],
      limits: { maxVisits: 3 },
    });
    const { id } = await start(server.api, "loop");

    expect(await explain(id)).toMatchObject({ status: "failed", limit: "MAX_VISITS" });
  });
});

describe("C11: advice", () => {
  test.each([
    [503, "transient", "retry"],
    [401, "configuration", "mend_and_retry"],
    [422, "data", "mend_and_retry"],
  ])("for HTTP %i is %s: %s, and is only proposed", async (status, category, action) => {
    await registerTool(server.api, tools, "once");
    tools.on("/once", () => ({ status }));
    await publish(server.api, {
      name: "once",
      nodes: [{ id: "call", type: "tool", tool: "once", retry: { maxAttempts: 1 } }],
    });
    const { id } = await start(server.api, "once");

    const told = await advice(id);

    expect(told).toMatchObject({ category, action, source: "rules" });
    expect(told.confidence).toBeGreaterThan(0);
    tools.on("/once", tools.effectOnce);
    await reaches(server.api, id, "failed");
    succeeded(await server.api.post(told.request?.path ?? "", {}));
    await reaches(server.api, id, "succeeded");
    expectRefused(await server.api.get(`/v1/runs/${id}/advice`), 409, "RUN_NOT_FAILED");
  });
});

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
