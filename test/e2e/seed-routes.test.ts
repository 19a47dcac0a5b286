import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { succeeded } from "../../scripts/support/client.ts";
import { ROOT } from "../architecture/source.ts";
import { eventually } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/** As their programs ask: without a key. */
async function post(path: string, body: Json = {}, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function get(path: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(server.url + path, { headers });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const nodes = [
  { id: "profile", function: "profile_data" },
  { id: "rules", function: "generate_rules" },
  { id: "ask", function: "wait_for_approval" },
  { id: "apply", function: "apply_rules" },
  { id: "done", function: "finish_pipeline" },
];
const edges = [
  { source: "profile", target: "rules" },
  { source: "rules", target: "ask" },
  { source: "ask", target: "apply" },
  {
    source: "apply",
    target: "apply",
    condition: { key: "anomaly_count", operator: ">", value: 5 },
  },
  { source: "apply", target: "done" },
];

describe("the routes for graphs of functions (H18, B3, B4, B7)", () => {
  test("list, create, run until the approval, resume and tell the state", async () => {
    const { tools } = (await get("/tools")).body as { tools: readonly string[] };
    expect(tools).toEqual(expect.arrayContaining(["profile_data", "wait_for_approval", "echo"]));
    const graph = { nodes, edges, start_node: "profile" };
    const { graph_id } = (await post("/graph/create", graph)).body;
    expect((await post("/graph/create", graph)).body).toEqual({ graph_id });

    const run = await post("/graph/run", { graph_id: graph_id as string, initial_state: {} });
    expect(run.body).toMatchObject({
      status: "awaiting_approval",
      final_state: { dataset_size: 1000, anomaly_count: 50, rules_generated: true },
    });
    const { run_id, logs } = run.body as { run_id: string; logs: readonly string[] };
    expect(logs).toEqual([
      "Executing node: profile",
      "Transition: profile -> rules",
      "Executing node: rules",
      "Transition: rules -> ask",
      "Executing node: ask",
      "Suspending for Approval (HITL).",
    ]);
    await server.killAndStart();

    const resumed = await post(`/graph/resume/${run_id}`);
    expect(resumed.body).toMatchObject({ status: "completed", final_state: { anomaly_count: 3 } });
    expect((await post(`/graph/resume/${run_id}`)).status).toBe(409);
    const { body } = await get(`/graph/state/${run_id}`);
    expect(body).toMatchObject({ run_id, status: "completed", state: { anomaly_count: 3 } });
    expect(
      (body["logs"] as readonly string[]).filter((line) => line.endsWith("ing node: apply")),
    ).toHaveLength(4);
  });

  test("refuse what is wrong with a graph, and lose nothing", async () => {
    const bad = await post("/graph/create", {
      nodes: [
        { id: "a", function: "no_such_function" },
        { id: "a", function: "profile_data" },
      ],
      edges: [{ source: "a", target: "nowhere" }],
    });
    expect(bad.status).toBe(400);
    expect((bad.body["errors"] as readonly { path: string }[]).map(({ path }) => path)).toEqual([
      "nodes[1].id",
      "edges[0].target",
      "start_node",
    ]);
    expect((await post("/graph/run", { graph_id: "graph-none", initial_state: {} })).status).toBe(
      404,
    );
    expect((await post("/graph/run", { graph_id: "graph-none" })).status).toBe(400);
    expect((await get("/graph/state/run_none")).status).toBe(404);
    expect((await post("/graph/resume/run_none")).status).toBe(404);
  });

  test("end a loop that has no end", async () => {
    const loop = {
      nodes: [{ id: "a", function: "profile_data" }],
      edges: [{ source: "a", target: "a" }],
      start_node: "a",
    };
    const { graph_id } = (await post("/graph/create", loop)).body;

    const { body } = await post("/graph/run", { graph_id: graph_id as string, initial_state: {} });

    expect(body["status"]).toBe("failed");
    expect((body["logs"] as readonly string[]).at(-1)).toContain("MAX_VISITS");
  });
});

const expense: JsonObject = {
  name: "Expense of somebody",
  nodes: [
    { id: "start", type: "startProcess" },
    {
      id: "risk",
      type: "scriptTask",
      data: { script: "return { risk: processData.amount / 100 };" },
    },
    {
      id: "approve",
      type: "userTask",
      data: { label: "Approve ${amount}", assignedTo: "manager" },
    },
    { id: "choose", type: "decision" },
    { id: "pay", type: "scriptTask", data: { script: "return { paid: true };" } },
    { id: "end", type: "endEvent" },
  ],
  connections: [
    { source: "start", target: "risk" },
    { source: "risk", target: "approve" },
    { source: "approve", target: "choose" },
    { source: "choose", target: "pay", condition: "processData.approved == true" },
    { source: "choose", target: "end", isDefault: true },
    { source: "pay", target: "end" },
  ],
};

type Instance = Readonly<{
  id: string;
  processData: JsonObject;
  executionHistory: readonly { nodeId: string; nodeType: string }[];
}> &
  JsonObject;

async function started(inputData: JsonObject, workflowDef = expense): Promise<Instance> {
  const { status, body } = await post("/api/runtime/start", {
    workflowDef,
    inputData,
    initiator: "ada",
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return body["instance"] as Instance;
}

async function instanceOf(id: string): Promise<Instance> {
  return (await get(`/api/runtime/instance/${id}`)).body["instance"] as Instance;
}

describe("the routes for processes (H18, A13, D17 to D19)", () => {
  test("start an instance, list its task, complete it once, and tell how it went", async () => {
    const { id } = await started({ amount: 500 });
    const task = () =>
      eventually("a task", async () => {
        const { tasks } = (await get("/api/runtime/tasks")).body as {
          tasks: readonly { instanceId: string; taskData: JsonObject; currentNode: string }[];
        };
        return tasks.find(({ instanceId }) => instanceId === id);
      });
    expect(await task()).toMatchObject({
      currentNode: "approve",
      taskData: {
        taskName: "Approve 500",
        assignedTo: "manager",
        fields: [{ name: "approved" }, {}],
      },
    });
    const paused = (await get(`/api/runtime/instance/${id}`)).body["instance"];
    expect(paused).toMatchObject({
      instanceId: id,
      status: "PAUSED",
      currentNodeId: "approve",
      processData: { amount: 500, risk: 5, taskId: (await task()).taskData["taskId"] },
      initiator: "ada",
    });
    await server.killAndStart();

    const wrong = await post(`/api/runtime/complete-task/${id}`, { comments: "hm" });
    expect(wrong).toMatchObject({ status: 422, body: { success: false, code: "INVALID_FORM" } });
    const done = await post(`/api/runtime/complete-task/${id}`, { approved: true });
    expect(done).toMatchObject({
      status: 200,
      body: {
        success: true,
        instance: {
          status: "COMPLETED",
          processData: { amount: 500, risk: 5, approved: true, paid: true },
          error: null,
          tokens: { active: [] },
        },
      },
    });
    const { executionHistory } = done.body["instance"] as Instance;
    expect(executionHistory.map(({ nodeId, nodeType }) => `${nodeId} ${nodeType}`)).toEqual([
      "start startProcess",
      "risk scriptTask",
      "approve userTask",
      "choose gateway",
      "pay scriptTask",
      "end endEvent",
    ]);
    expect((await post(`/api/runtime/complete-task/${id}`, { approved: true })).status).toBe(409);
  });

  test("complete the task that is named, by whom it was", async () => {
    const { id } = await started({ amount: 1 });
    const taskId = await eventually(
      "a task",
      async () => (await instanceOf(id)).processData["taskId"],
    );

    const other = { taskId: "task_none", formData: { approved: false } };
    expect((await post(`/api/runtime/complete-task/${id}`, other)).status).toBe(404);
    const named = { taskId, formData: { approved: false }, completedBy: "eve" };
    const done = await post("/api/runtime/complete-task", named);

    expect(done.body["instance"]).toMatchObject({ status: "COMPLETED" });
    const { processData } = done.body["instance"] as Instance;
    expect(processData).toEqual({ amount: 1, risk: 0.01, approved: false });
  });

  test("recover an instance that has failed, from where it failed", async () => {
    const script = "if (processData.n < 2) throw new Error('too small'); return {};";
    const failing = {
      name: "failing",
      nodes: [
        { id: "s", type: "start" },
        { id: "x", type: "scriptTask", script },
      ],
      edges: [{ source: "s", target: "x" }],
    };
    const { id } = await started({ n: 1 }, failing);
    await eventually("a failed instance", async () =>
      (await instanceOf(id))["status"] === "FAILED" ? true : undefined,
    );

    const again = await post(`/api/runtime/recover/${id}`);

    expect(again.body["instance"]).toMatchObject({ status: "FAILED", currentNodeId: "x" });
    const ended = await started({ n: 5 }, failing);
    const refused = await post(`/api/runtime/recover/${ended.id}`);
    expect(refused).toMatchObject({ status: 409, body: { success: false } });
  });

  test("refuse what is no process, and say what is wrong", async () => {
    expect((await post("/api/runtime/start", {})).status).toBe(400);
    const workflowDef = { name: "x", nodes: [{ id: "a", type: "teleport" }] };
    expect(await post("/api/runtime/start", { workflowDef })).toMatchObject({
      status: 400,
      body: { success: false, code: "NOT_IMPORTED", errors: [{ path: "nodes[0].type" }] },
    });
    expect((await get("/api/runtime/instance/run_none")).body).toMatchObject({ success: false });
    expect((await post("/api/runtime/complete-task", { approved: true })).status).toBe(400);
  });
});

describe("without a key", () => {
  test("no page of another site is answered, and nothing but these routes is", async () => {
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
    ]) {
      expect(
        (await post("/graph/create", { nodes, edges, start_node: "profile" }, headers)).status,
      ).toBe(401);
      expect((await get("/api/runtime/tasks", headers)).status).toBe(401);
    }
    expect((await get("/api/runtime/tasks", { origin: server.url })).status).toBe(200);
    expect((await get("/v1/runs")).status).toBe(401);
    expect((await get("/api/runtime/tasks", { authorization: "Bearer wrong" })).status).toBe(401);
  });

  test("nobody is answered where others may reach the server, and none where it is off", async () => {
    const shared = await startServer({ HOLDFAST_PUBLIC_URL: "https://holdfast.example" });
    const off = await startServer({ HOLDFAST_SEED_ROUTES: "off" });

    expect((await shared.as(undefined).get("/tools")).status).toBe(401);
    expect((await shared.api.get("/tools")).status).toBe(200);
    expect((await off.api.get("/tools")).status).toBe(404);
    const { paths } = succeeded(await off.api.get("/openapi.json")) as { paths: JsonObject };
    expect(Object.keys(paths)).not.toContain("/tools");
    await Promise.all([shared.close(), off.close()]);
  });
});

test("the commands of the page that tells of these routes do what it says", async () => {
  const page = readFileSync(`${ROOT}/docs/seed-routes.md`, "utf8");
  const commands = [
    ...page.matchAll(/^curl -s (?:-X (POST) )?\$B(\S+)(?: -H "\$J" -d '(.*?)')?$/gms),
  ];
  let [graph, run] = ["", ""];
  const came: string[] = [];
  for (const [, method, path = "", text] of commands) {
    const at = path.replace("RUN", run);
    const body = text === undefined ? {} : (JSON.parse(text.replace("…", graph)) as Json);
    const isRead = method === undefined && text === undefined;
    const answer = isRead ? await get(at) : await post(at, body);
    const { graph_id, run_id, status, instance } = answer.body;
    if (typeof graph_id === "string") graph = graph_id;
    if (typeof run_id === "string") run = run_id;
    const { id, status: of } = (instance ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof id === "string") run = id;
    came.push([answer.status, path.replace("/RUN", ""), of ?? status].filter(Boolean).join(" "));
  }

  expect(came).toEqual([
    "200 /tools",
    "200 /graph/create",
    "200 /graph/run awaiting_approval",
    "200 /graph/resume completed",
    "200 /graph/state completed",
    "200 /api/runtime/start RUNNING",
    "200 /api/runtime/tasks",
    "200 /api/runtime/complete-task COMPLETED",
    "200 /api/runtime/instance COMPLETED",
    "409 /api/runtime/recover 409",
  ]);
});
