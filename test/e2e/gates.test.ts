import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import {
  begin,
  linkOf,
  publish,
  reaches,
  read,
  registerTool,
  start,
  stepOf,
  taskOf,
  typesOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

const ADA = "ada@example.com";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  const config = { url: tools.url("/pay") };
  await server.api.put("/v1/tools/pay", { kind: "http", config, approval: { approvers: [ADA] } });
  await publish(server.api, {
    name: "pay",
    nodes: [{ id: "pay", type: "tool", tool: "pay", with: "{% $input %}" }],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

async function asking(input: string) {
  const run = await start(server.api, "pay", input);
  return { run, task: await taskOf(server.api, run.id) };
}

function decide(task: string, decision: string) {
  return server.api.post(`/v1/tasks/${task}/decide`, { decision, as: ADA });
}

const calls = (input: string) => tools.callsOf("/pay").filter(({ body }) => body === input);

describe("a tool that needs a person first", () => {
  test("is called only after the person approved exactly this input", async () => {
    const { run, task } = await asking("12 to Ann");
    expect(run).toMatchObject({
      status: "waiting",
      waitingOn: [{ kind: "approval", node: "pay" }],
    });
    expect(task.preview).toEqual({ tool: "pay", input: "12 to Ann" });
    expect(calls("12 to Ann")).toEqual([]);

    await decide(task.id, "approved");

    const done = await reaches(server.api, run.id, "succeeded");
    expect(stepOf(done, "pay")).toMatchObject({ status: "succeeded", input: "12 to Ann" });
    expect(calls("12 to Ann")).toHaveLength(1);
  });

  test("is not called when the person says no", async () => {
    const { run, task } = await asking("13 to Bob");

    await decide(task.id, "rejected");

    const failed = await reaches(server.api, run.id, "failed");
    expect(failed.error).toMatchObject({ code: "REJECTED", node: "pay" });
    expect(calls("13 to Bob")).toEqual([]);
  });

  test("is called under one key though the process dies on both sides of the decision", async () => {
    const { run, task } = await asking("14 to Cay");
    await server.killAndStart();
    tools.on("/pay", () => "hang");
    const before = tools.callsOf("/pay").length;
    await decide(task.id, "approved");
    await tools.arrived("/pay", before + 1);
    tools.on("/pay", tools.effectOnce);
    await server.killAndStart();

    const done = await reaches(server.api, run.id, "succeeded");
    expect(stepOf(done, "pay").status).toBe("succeeded");
    expect(new Set(calls("14 to Cay").map(({ key }) => key)).size).toBe(1);
    const types = await typesOf(server.api, run.id);
    expect(types.filter((type) => type === "task.created")).toHaveLength(1);
  });

  test("is decided by the signed link as well", async () => {
    const { run, task } = await asking("15 to Dan");
    const link = await linkOf(server.api, task.id, ADA);
    const page = await ask("GET", link);
    const nonce = /name="nonce" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    expect(page.text).toContain("15 to Dan");

    await ask("POST", link, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ decision: "approved", nonce, digest: task.digest }),
    });

    expect((await reaches(server.api, run.id, "succeeded")).status).toBe("succeeded");
    expect(calls("15 to Dan")).toHaveLength(1);
  });

  test("is asked about once for all attempts of a visit, and again for the next visit", async () => {
    const config = { url: tools.url("/flaky") };
    await server.api.put("/v1/tools/flaky", {
      kind: "http",
      config,
      approval: { approvers: [ADA] },
    });
    tools.on("/flaky", (call) => (call.n === 1 ? { status: 500 } : { body: call.n }));
    await publish(server.api, {
      name: "flaky-twice",
      vars: { count: 0 },
      nodes: [
        {
          id: "call",
          type: "tool",
          tool: "flaky",
          retry: { backoff: { initial: "PT0S", jitter: "none" } },
          assign: { count: "{% $vars.count + 1 %}" },
        },
        { id: "done", type: "end" },
      ],
      edges: [
        { from: "call", to: "call", when: "{% $vars.count < 2 %}" },
        { from: "call", to: "done" },
      ],
    });
    const { id } = await start(server.api, "flaky-twice");

    for (const visit of [1, 2]) {
      const waiting = await reaches(server.api, id, "waiting");
      expect(waiting.waitingOn).toMatchObject([{ kind: "approval", step: `call.${visit}` }]);
      const { task = "" } = waiting.waitingOn[0] ?? {};
      await decide(task, "approved");
      await tools.arrived("/flaky", visit + 1);
    }

    const run = await reaches(server.api, id, "succeeded");
    expect(stepOf(run, "call", 1).attempt).toBe(2);
    expect(stepOf(run, "call", 2).attempt).toBe(1);
    const types = await typesOf(server.api, id);
    expect(types.filter((type) => type === "task.created")).toHaveLength(2);
  });
});

test("A tool that was removed fails the step that needs it, by name", async () => {
  await registerTool(server.api, tools, "brief");
  await publish(server.api, {
    name: "brief",
    nodes: [
      { id: "w", type: "wait", event: { name: "go" } },
      { id: "c", type: "tool", tool: "brief" },
    ],
  });
  const { id } = await start(server.api, "brief");
  await server.api.remove("/v1/tools/brief");

  await server.api.post(`/v1/runs/${id}/signals`, { name: "go" });

  const run = await reaches(server.api, id, "failed");
  expect(run.error).toMatchObject({ code: "UNKNOWN_TOOL", node: "c" });
  expect(run.error?.message).toContain("brief");
});

test("A run whose deadline has passed when it is started fails at once", async () => {
  await registerTool(server.api, tools, "never");
  await publish(server.api, { name: "never", nodes: [{ id: "c", type: "tool", tool: "never" }] });

  const body = { workflow: "never", deadline: "2020-01-01T00:00:00Z" };
  const answer = await server.api.post("/v1/runs?wait=5", body);

  expect(answer.body).toMatchObject({ status: "failed", error: { code: "DEADLINE_EXCEEDED" } });
  expect(tools.callsOf("/never")).toEqual([]);
});

test("A deadline that passes while a call is in flight ends the run, and the call", async () => {
  await registerTool(server.api, tools, "hangs");
  tools.on("/hangs", () => "hang");
  await publish(server.api, { name: "hangs", nodes: [{ id: "c", type: "tool", tool: "hangs" }] });
  const started = await server.api.post("/v1/runs", { workflow: "hangs", deadline: "PT1S" });
  const { id } = started.body as { id: string };
  const call = await tools.arrived("/hangs");

  const run = await reaches(server.api, id, "failed", 8_000);

  expect(run.error?.code).toBe("DEADLINE_EXCEEDED");
  expect(stepOf(run, "c").status).toBe("cancelled");
  await call.gone;
  expect((await read(server.api, id)).status).toBe("failed");
  expect((await begin(server.api, "never")).status).toBe("queued");
});
