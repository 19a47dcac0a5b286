import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BulkReport } from "../../core/engine/bulk-runs.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { expectRefused, publish, reaches, read, registerTool, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "pay");
  await publish(server.api, {
    name: "pay",
    nodes: [{ id: "pay", type: "tool", tool: "pay", retry: { maxAttempts: 1 } }],
  });
  await publish(server.api, { name: "hold", nodes: [{ id: "w", type: "wait", for: "P1D" }] });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

async function bulk(body: JsonObject): Promise<BulkReport> {
  return succeeded(await server.api.post("/v1/bulk/runs", body)) as unknown as BulkReport;
}

describe("one action on many runs", () => {
  test("retries those that failed, and touches no other", async () => {
    tools.on("/pay", () => ({ status: 400 }));
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await start(server.api, "pay")).id);
    const holding = await start(server.api, "hold");
    tools.on("/pay", tools.effectOnce);

    const dry = await bulk({ action: "retry", filter: { workflow: "pay" }, dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, matched: 5, failed: [], more: false });
    expect(dry.done.toSorted()).toEqual(ids.toSorted());
    expect((await read(server.api, ids[0] ?? "")).status).toBe("failed");

    const report = await bulk({ action: "retry", filter: { workflow: "pay" } });
    expect(report.done.toSorted()).toEqual(ids.toSorted());
    for (const id of ids) await reaches(server.api, id, "succeeded");
    expect((await read(server.api, holding.id)).status).toBe("waiting");
  });

  test("pauses, resumes and cancels, and reports each refusal", async () => {
    const tags = { batch: "b1" };
    const run = await start(server.api, "hold", null, { tags });
    const filter = { tag: "batch:b1" };

    expect((await bulk({ action: "pause", filter })).done).toEqual([run.id]);
    expect((await read(server.api, run.id)).status).toBe("paused");
    expect((await bulk({ action: "resume", filter })).done).toEqual([run.id]);
    expect((await bulk({ action: "cancel", filter, reason: "all of them" })).done).toEqual([
      run.id,
    ]);

    const late = await bulk({ action: "pause", filter: { ...filter, status: ["cancelled"] } });
    expect(late).toMatchObject({ done: [], failed: [{ runId: run.id, code: "RUN_ENDED" }] });
    const { api } = await server.key({ name: "viewer", role: "viewer" });
    expectRefused(await api.post("/v1/bulk/runs", { action: "cancel", filter }), 403, "FORBIDDEN");
  });
});
