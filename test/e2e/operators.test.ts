import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { succeeded } from "../../scripts/support/client.ts";
import { ask } from "../support/ask.ts";
import { advance, begin, ended, publish, reaches, registerTool, start } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "status");
  await registerTool(server.api, tools, "broken");
  tools.on("/status", ({ body }) => ({ status: 200, body: { status: body } }));
  tools.on("/broken", () => ({ status: 400, body: {} }));
  await publish(server.api, {
    name: "two-of-a-name",
    nodes: [
      { id: "a", type: "tool", tool: "status", with: "first" },
      { id: "b", type: "tool", tool: "status", with: "second" },
      {
        id: "c",
        type: "set",
        assign: { all: "{% $steps.a.output.status & ' ' & $steps.b.output.status %}" },
      },
    ],
    output: "{% $vars.all %}",
  });
  await publish(server.api, { name: "broken", nodes: [{ id: "x", type: "tool", tool: "broken" }] });
  await publish(server.api, { name: "later", nodes: [{ id: "w", type: "wait", for: "PT1H" }] });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

/** The value of a line of `/metrics` that has all these words in it. */
async function metric(...words: readonly string[]): Promise<number> {
  const { text, headers } = await ask("GET", `${server.url}/metrics`);
  expect(headers["content-type"]).toContain("text/plain; version=0.0.4");
  const line = text.split("\n").find((one) => words.every((word) => one.includes(word)));
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(" ") + 1));
}

test("Outputs of two nodes with members of one name stay apart, each by its node (A10)", async () => {
  const run = await start(server.api, "two-of-a-name");

  expect(run).toMatchObject({ status: "succeeded", output: "first second" });
});

test("Failed runs are found by status and time, and are told of (C10)", async () => {
  const before = (await start(server.api, "broken")).id;
  const from = new Date(await advance(server.api, "PT1M")).toISOString();
  const { id } = await start(server.api, "broken");
  const page = succeeded(
    await server.api.get(`/v1/runs?status=failed&from=${encodeURIComponent(from)}`),
  );
  const found = (page["data"] as unknown as readonly { id: string }[]).map((run) => run.id);

  expect(found).toEqual([id]);
  expect(found).not.toContain(before);
  const letters = succeeded(await server.api.get(`/v1/dead-letters?run=${id}`));
  expect(letters["data"]).toMatchObject([{ kind: "step", runId: id, status: "open" }]);
});

describe("the log line of a request (H1)", () => {
  test("has the ids of the request, the tenant, the key and the run, and nothing of the body", async () => {
    const headers = { "x-request-id": "op-17" };
    const body = { workflow: "later", input: { word: "confidential-word" } };
    const run = succeeded(await server.api.post("/v1/runs", body, headers)) as { id: string };
    await server.api.get(`/v1/runs/${run.id}/events`, { "x-request-id": "op-18" });
    const lineOf = (id: string) => {
      const lines = server.output().split("\n");
      return JSON.parse(lines.find((line) => line.includes(`"${id}"`)) ?? "{}") as object;
    };

    expect(lineOf("op-17")).toMatchObject({
      message: "request",
      method: "POST",
      route: "/v1/runs",
      status: 201,
      requestId: "op-17",
      tenant: "default",
      key: expect.any(String),
      run: run.id,
    });
    expect(lineOf("op-18")).toMatchObject({ route: "/v1/runs/{id}/events", run: run.id });
    expect(server.output()).not.toContain("confidential-word");
    expect(server.output()).not.toContain(server.keys.admin);
  });
});

describe("the figures of a server", () => {
  test("count runs and steps by status, retries, and how long steps took (H2)", async () => {
    const before = await Promise.all([
      metric("runs_total", 'status="succeeded"'),
      metric("runs_total", 'status="failed"'),
      metric("steps_total", 'status="started"'),
      metric("step_execution_duration_seconds_count", 'status="succeeded"'),
      metric("step_start_latency_seconds_count"),
    ]);
    await start(server.api, "two-of-a-name");
    await start(server.api, "broken");
    const after = await Promise.all([
      metric("runs_total", 'status="succeeded"'),
      metric("runs_total", 'status="failed"'),
      metric("steps_total", 'status="started"'),
      metric("step_execution_duration_seconds_count", 'status="succeeded"'),
      metric("step_start_latency_seconds_count"),
    ]);
    const more = after.map((value, index) => value - (before[index] ?? 0));

    expect(more.slice(0, 2)).toEqual([1, 1]);
    expect(more[2]).toBeGreaterThanOrEqual(3);
    expect(more[3]).toBeGreaterThanOrEqual(2);
    expect(more[4]).toBeGreaterThanOrEqual(3);
    expect(await metric("step_execution_duration_seconds_bucket", 'le="+Inf"')).toBeGreaterThan(0);
  });

  test("tell what the scheduler did: a timer that resumed its run, and no errors (F9)", async () => {
    const scheduler = async () =>
      succeeded(await server.api.get("/dev/stats"))["scheduler"] as unknown as {
        fired: number;
        errors: number;
        looks: number;
      };
    const { id } = await begin(server.api, "later");
    await reaches(server.api, id, "waiting");
    const before = await scheduler();
    await advance(server.api, "PT2H");
    expect((await ended(server.api, id)).status).toBe("succeeded");
    const after = await scheduler();

    expect(after.fired).toBeGreaterThan(before.fired);
    expect(after.looks).toBeGreaterThan(before.looks);
    expect(after.errors).toBe(0);
  });
});
