import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonClient } from "../../scripts/support/client.ts";
import { ended, expectRefused, publish, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let api: JsonClient;
let lab: ToolServer;

beforeAll(async () => {
  lab = await toolServer();
  lab.on("/v1/chat/completions", () => ({
    body: {
      id: "c1",
      object: "chat.completion",
      created: 1,
      model: "m1",
      choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
    },
  }));
  const models = {
    providers: {
      lab: {
        kind: "openai-compatible",
        baseUrl: lab.url("/v1"),
        prices: { m1: { input: 1000, output: 2000 } },
      },
    },
  };
  server = await startServer({ HOLDFAST_MODELS: JSON.stringify(models) });
  ({ api } = server);
  for (const tenant of [api]) await documents(tenant);
});

afterAll(async () => {
  await server.close();
  lab.close();
});

async function documents(of: JsonClient): Promise<void> {
  await publish(of, {
    name: "writes",
    nodes: [
      { id: "s", type: "set", with: 1 },
      { id: "llm", type: "llm", model: "lab/m1", prompt: "say hi" },
    ],
  });
  await publish(of, { name: "asks", nodes: [{ id: "p", type: "approval" }] });
  await publish(of, {
    name: "fails",
    nodes: [
      { id: "llm", type: "llm", model: "lab/m1", prompt: "say hi" },
      { id: "bad", type: "tool", tool: "fail", with: { code: "BROKEN" } },
    ],
  });
}

type Used = Readonly<Record<string, number | string>>;

async function usage(of = api, query = "") {
  const { status, body, text } = await of.get(`/v1/usage${query}`);
  expect(status, text).toBe(200);
  return body as unknown as {
    days: { date: string; workflows: Used[] }[];
    total: Used;
    complete: boolean;
  };
}

describe("usage", () => {
  test("counts runs, steps, tokens and dollars, by day and workflow", async () => {
    for (const name of ["writes", "writes", "asks"]) await start(api, name);
    await api.post("/dev/clock", { advance: "P1D" });
    await start(api, "writes");

    const { days, total, complete } = await usage();

    expect(days).toHaveLength(2);
    expect(days[1]?.workflows).toMatchObject([
      { workflow: "asks", runs: 1, live: 1, steps: 0, modelUsd: 0 },
      {
        workflow: "writes",
        runs: 2,
        succeeded: 2,
        steps: 4,
        inputTokens: 2000,
        outputTokens: 1000,
        modelUsd: 4,
      },
    ]);
    expect(total).toMatchObject({ runs: 4, succeeded: 3, live: 1, modelUsd: 6 });
    expect(complete).toBe(true);
    expect(await usage(api, `?to=${days[1]?.date}`)).toMatchObject({ total: { runs: 3 } });
  });

  test("of a day that is over stays as it was, and of one with live runs goes on", async () => {
    const before = await usage();
    await server.killAndStart();
    expect(await usage()).toEqual(before);
    const { data } = (await api.get("/v1/runs?status=waiting")).body;
    const [run] = data as unknown as { id: string }[];

    await api.post(`/v1/runs/${run?.id}/cancel`, {});

    const { days } = await usage();
    expect(days[1]?.workflows[0]).toMatchObject({ workflow: "asks", live: 0, cancelled: 1 });
  });

  test("is each tenant's own, and refuses days that are none, or too many", async () => {
    const other = await server.tenant();

    expect(await usage(other.api)).toMatchObject({ days: [], total: { runs: 0 } });
    for (const query of ["?from=soon", "?from=2020-01-01", "?from=2026-02-02&to=2026-01-01"]) {
      expectRefused(await api.get(`/v1/usage${query}`), 400, "INVALID_REQUEST");
    }
  });
});

describe("a tenant that may spend five dollars a month", () => {
  test("starts no more once its models have cost that, until the next month", async () => {
    const { api: of } = await server.tenant({ monthlyUsd: 5 });
    await documents(of);
    const failed = await start(of, "fails");
    expect(failed).toMatchObject({ status: "failed", cost: 2 });
    // What a retry costs is counted, and what the run had cost before is not counted again.
    await of.post(`/v1/runs/${failed.id}/retry`);
    await ended(of, failed.id);
    for (let n = 0; n < 2; n++) expect((await start(of, "writes")).status).toBe("succeeded");

    const refused = await of.post("/v1/runs", { workflow: "asks" });

    expectRefused(refused, 429, "LIMIT_REACHED");
    expect(refused.body).toMatchObject({ limit: "monthlyUsd", max: 5 });
    await api.post("/dev/clock", { advance: "P32D" });
    expect((await of.post("/v1/runs", { workflow: "asks" })).status).toBe(201);
  });
});
