import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonClient } from "../../scripts/support/client.ts";
import { idIn, publish, reaches, registerTool, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let platform: JsonClient;
let tools: ToolServer;

beforeAll(async () => {
  server = await startServer();
  tools = await toolServer();
  tools.on("/hang", () => "hang");
  ({ platform } = server);
});

afterAll(async () => {
  await server.close();
  tools.close();
});

describe("a tenant", () => {
  test("gets other limits, and keeps those that are not named", async () => {
    const { id, api } = await server.tenant();
    const path = `/v1/tenants/${id}`;
    await publish(api, { name: "ask", nodes: [{ id: "p", type: "approval" }] });

    const limits = { maxActiveRuns: 1, maxPayloadBytes: 100 };
    expect(await platform.patch(path, { limits })).toMatchObject({ status: 200, body: { limits } });
    const named = await platform.patch(path, { name: "Acme", limits: { maxPayloadBytes: null } });
    expect(named.body).toMatchObject({ name: "Acme", limits: { maxActiveRuns: 1 } });
    expect((await platform.get(path)).body["limits"]).toEqual({ maxActiveRuns: 1 });

    // Limits are believed for a second.
    await expect
      .poll(async () => (await api.post("/v1/runs", { workflow: "ask" })).status)
      .toBe(429);
    await platform.patch(path, { limits: { maxActiveRuns: null } });
    await expect
      .poll(async () => (await api.post("/v1/runs", { workflow: "ask" })).status, {
        timeout: 5_000,
      })
      .toBe(201);
  });

  test("keeps its lane, and is refused what is not known of it", async () => {
    const { id } = await server.tenant();

    for (const body of [{ lane: "shared" }, { limits: { maxRuns: 1 } }, { id: "ten_other" }]) {
      expect((await platform.patch(`/v1/tenants/${id}`, body)).status).toBe(400);
    }
    expect((await platform.patch("/v1/tenants/ten_unknown", {})).status).toBe(404);
  });
});

describe("a tenant that may carry out three steps at once", () => {
  test("carries out three, of all its runs together, and all of them in the end", async () => {
    const { api } = await server.tenant({ maxConcurrentSteps: 3 });
    let now = 0;
    let most = 0;
    let begun = 0;
    const waiting: (() => void)[] = [];
    tools.on("/slow", async () => {
      most = Math.max(most, ++now);
      begun++;
      // Each call ends when three are under way, or when the last ones have come.
      if (now === 3 || begun === 12) for (const go of waiting.splice(0)) go();
      else await new Promise<void>((resolve) => waiting.push(resolve));
      now--;
      return { body: {} };
    });
    await registerTool(api, tools, "slow");
    await publish(api, {
      name: "wide",
      nodes: [
        {
          id: "each",
          type: "map",
          items: "{% [1..6] %}",
          concurrency: 6,
          body: { nodes: [{ id: "call", type: "tool", tool: "slow" }], edges: [] },
        },
      ],
    });

    const runs = await Promise.all([start(api, "wide"), start(api, "wide")]);
    for (const { id } of runs) await reaches(api, id, "succeeded");

    expect(most).toBe(3);
  });
});

describe("a tenant that is suspended", () => {
  test("begins nothing, may be read, and goes on where it was when that is lifted", async () => {
    const { id, api } = await server.tenant();
    const path = `/v1/tenants/${id}`;
    let calls = 0;
    tools.on("/held", () => {
      calls++;
      return { body: {} };
    });
    await registerTool(api, tools, "held");
    await publish(api, {
      name: "later",
      nodes: [
        { id: "w", type: "wait", for: "PT10M" },
        { id: "call", type: "tool", tool: "held" },
      ],
      edges: [{ from: "w", to: "call" }],
    });
    await api.post("/v1/schedules", { workflow: "later", every: "PT5M" });
    const run = await start(api, "later");

    expect((await platform.patch(path, { suspended: true })).body["suspended"]).toBe(true);
    await server.killAndStart();
    for (const [line, body] of [
      ["/v1/runs", { workflow: "later" }],
      [`/v1/runs/${run.id}/cancel`, {}],
    ] as const) {
      expect(await api.post(line, body)).toMatchObject({
        status: 403,
        body: { code: "TENANT_SUSPENDED" },
      });
    }
    await server.api.post("/dev/clock", { advance: "PT20M" });
    expect((await api.get(`/v1/runs/${run.id}`)).body["status"]).toBe("waiting");
    expect((await api.get("/v1/runs")).body["data"]).toHaveLength(1);
    expect(calls).toBe(0);

    await platform.patch(path, { suspended: false });
    await server.killAndStart();
    await server.api.post("/dev/clock", { advance: "PT1M" });
    await reaches(api, run.id, "succeeded");
    expect(calls).toBeGreaterThan(0);
  });
});

describe("a tenant that is deleted", () => {
  test("is gone with its keys, its runs and everything it owned (A8)", async () => {
    const { id, api } = await server.tenant();
    await publish(api, { name: "ask", nodes: [{ id: "p", type: "approval" }] });
    await registerTool(api, tools, "hang");
    await publish(api, { name: "call", nodes: [{ id: "t", type: "tool", tool: "hang" }] });
    await api.put("/v1/secrets/s", { value: "x" });
    await api.post("/v1/events", { name: "nobody-waits", payload: 1 });
    const run = await start(api, "ask");
    await reaches(api, run.id, "waiting");
    await api.post("/v1/runs", { workflow: "call" });
    const call = await tools.arrived("/hang");

    expect((await platform.remove(`/v1/tenants/${id}`)).status).toBe(204);

    expect((await api.get("/v1/runs")).status).toBe(401);
    expect((await platform.get(`/v1/tenants/${id}`)).status).toBe(404);
    expect((await platform.remove(`/v1/tenants/${id}`)).status).toBe(404);
    const key = await platform.post(`/v1/tenants/${id}/keys`, { name: "k" });
    expect(key.status).toBe(404);
    await call.gone;
    await expect.poll(() => rowsOf(id), { timeout: 15_000 }).toEqual([`platform#closing/${id}`]);

    // Everything is looked through again when all that was under way has ended.
    await server.api.post("/dev/clock", { advance: "PT2H" });
    await expect.poll(() => rowsOf(id), { timeout: 15_000 }).toEqual([]);
  });

  test("is not the server's own", async () => {
    const refused = await platform.remove("/v1/tenants/default");

    expect(refused).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
    expect((await server.api.get("/v1/runs")).status).toBe(200);
  });

  test("is deleted to the end by the next process when this one is killed", async () => {
    const { id, api } = await server.tenant();
    for (let n = 0; n < 20; n++) {
      await publish(api, { name: `w${n}`, nodes: [{ id: "p", type: "approval" }] });
      idIn(await api.post("/v1/runs", { workflow: `w${n}` }));
    }

    const asked = platform.remove(`/v1/tenants/${id}`).catch(() => undefined);
    await expect.poll(() => rowsOf(id).includes(`platform#closing/${id}`)).toBe(true);
    await server.killAndStart();
    await asked;

    await expect.poll(() => rowsOf(id), { timeout: 15_000 }).toEqual([`platform#closing/${id}`]);
    expect((await api.get("/v1/runs")).status).toBe(401);
  });
});

/** Every row that names the tenant in its key or holds its id. */
function rowsOf(tenant: string): string[] {
  const database = new DatabaseSync(server.databaseFile, { readOnly: true });
  try {
    const found = database
      .prepare(
        `select pk || '/' || sk as name from items
         where pk like ? || '#%' or attributes like '%"' || ? || '"%' or sk = ?
         union select 'artifact ' || id from artifacts where tenant = ?`,
      )
      .all(tenant, tenant, tenant, tenant);
    return found.map(({ name }) => String(name)).filter((name) => !name.includes("#replays"));
  } finally {
    database.close();
  }
}
