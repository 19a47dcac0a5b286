import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import {
  advance,
  begin,
  eventsOf,
  expectRefused,
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

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  for (const tool of ["first", "second"]) await registerTool(server.api, tools, tool);
  await publish(server.api, {
    name: "two",
    nodes: [
      { id: "first", type: "tool", tool: "first", with: "{% $run.id %}" },
      { id: "second", type: "tool", tool: "second", with: "{% $run.id %}" },
    ],
  });
  await publish(server.api, {
    name: "timer",
    nodes: [
      { id: "wait", type: "wait", for: "PT1H" },
      { id: "second", type: "tool", tool: "second", with: "{% $run.id %}" },
    ],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

const post = (path: string, body = {}) => server.api.post(`/v1/runs/${path}`, body);
const callsOf = (path: string, id: string) =>
  tools.callsOf(path).filter(({ body }) => body === id).length;

/** A tool that answers when the test says so. */
function held(path: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  tools.on(path, async (call) => {
    await promise;
    return tools.effectOnce(call);
  });
  return () => {
    resolve();
    tools.on(path, tools.effectOnce);
  };
}

describe("A16: a run that is paused", () => {
  test("during a call lets that call end, starts nothing, and goes on when it is resumed", async () => {
    const release = held("/first");
    const { id } = await begin(server.api, "two");
    await tools.arrived("/first");

    const paused = await post(`${id}/pause`, { reason: "the bank is closed" });
    expect(paused.status, paused.text).toBe(200);
    expect(paused.body["status"]).toBe("paused");
    release();
    // A whole other run goes by: whatever the answer leads to, it has led to by then.
    await start(server.api, "two");

    const run = await read(server.api, id);
    expect(run.status).toBe("paused");
    expect(stepOf(run, "first").status).toBe("succeeded");
    expect(callsOf("/second", id)).toBe(0);
    expect((await post(`${id}/resume`)).body["status"]).toBe("running");
    await reaches(server.api, id, "succeeded");
    expect(callsOf("/first", id)).toBe(1);
    const paths = (await eventsOf(server.api, id)).filter(({ type }) =>
      /^run\.(paused|resumed)$/.test(type),
    );
    expect(paths).toMatchObject([
      { data: { reason: "the bank is closed" }, actor: { kind: "key" } },
      { data: { reason: "resume" } },
    ]);
  });

  test("keeps its timer from firing, through kill -9, until it is resumed", async () => {
    const { id } = await start(server.api, "timer");
    await post(`${id}/pause`);
    await advance(server.api, "PT2H");
    await server.killAndStart();
    await advance(server.api, "PT1H");

    expect((await read(server.api, id)).status).toBe("paused");
    expect(await typesOf(server.api, id)).not.toContain("timer.fired");
    await post(`${id}/resume`);

    await reaches(server.api, id, "succeeded");
    expect(callsOf("/second", id)).toBe(1);
  });

  test("after kill -9 in mid-call makes the call again only when it is resumed, under its key", async () => {
    tools.on("/first", () => "hang");
    const before = tools.callsOf("/first").length;
    const { id } = await begin(server.api, "two");
    await tools.arrived("/first", before + 1);
    await post(`${id}/pause`);
    await server.killAndStart();
    tools.on("/first", tools.effectOnce);
    await start(server.api, "two");
    expect(callsOf("/first", id)).toBe(1);

    await post(`${id}/resume`);
    await reaches(server.api, id, "succeeded");

    const keys = tools.callsOf("/first").filter(({ body }) => body === id);
    expect(keys).toHaveLength(2);
    expect(new Set(keys.map(({ key }) => key)).size).toBe(1);
  });

  test("takes a decision by mail and a signal, and acts on them when it is resumed", async () => {
    await publish(server.api, {
      name: "people",
      nodes: [
        { id: "ask", type: "approval", approvers: ["ada@example.com"] },
        { id: "paid", type: "wait", event: { name: "paid" } },
        { id: "second", type: "tool", tool: "second", with: "{% $run.id %}" },
      ],
    });
    const { id } = await start(server.api, "people");
    const task = await taskOf(server.api, id);
    const link = await linkOf(server.api, task.id, "ada@example.com");
    await post(`${id}/pause`);
    expect((await ask("GET", link)).status).toBe(200);

    const decision = { decision: "approved", as: "ada@example.com" };
    expect((await server.api.post(`/v1/tasks/${task.id}/decide`, decision)).status).toBe(200);
    expect((await post(`${id}/signals`, { name: "paid" })).status).toBe(202);

    expect(await read(server.api, id)).toMatchObject({ status: "paused" });
    expect((await taskOf(server.api, id)).status).toBe("done");
    await post(`${id}/resume`);
    await reaches(server.api, id, "succeeded");
    expect(callsOf("/second", id)).toBe(1);
  });

  test("is listed as paused, and can be cancelled; an ended run is not paused any more", async () => {
    const { id } = await start(server.api, "timer");
    await post(`${id}/pause`);
    const listed = await server.api.get("/v1/runs?status=paused&workflow=timer");
    expect((listed.body["data"] as { id: string }[]).map((run) => run.id)).toContain(id);

    expect((await post(`${id}/cancel`)).body["status"]).toBe("cancelled");

    for (const action of ["pause", "resume", "cancel"]) {
      expectRefused(await post(`${id}/${action}`), 409, "RUN_ENDED");
    }
  });

  test("50 times at once, resumed and cancelled too, has one end and tells everybody the truth", async () => {
    const { id } = await start(server.api, "timer");
    const actions = Array.from({ length: 50 }, (_, n) => ["pause", "resume", "cancel"][n % 3]);

    const answers = await Promise.all(actions.map((action) => post(`${id}/${action}`)));

    const cancelled = answers.filter(({ status }, n) => actions[n] === "cancel" && status === 200);
    expect(cancelled).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expectRefused(answer, 409, "RUN_ENDED");
    }
    expect((await typesOf(server.api, id)).at(-1)).toBe("run.cancelled");
  });
});

describe("a step that an operator takes in hand", () => {
  test("is skipped with an output: its call is abandoned, and the next one has it", async () => {
    tools.on("/first", () => "hang");
    await publish(server.api, {
      name: "uses",
      nodes: [
        { id: "first", type: "tool", tool: "first" },
        { id: "second", type: "tool", tool: "second", with: "{% $steps.first.output %}" },
      ],
    });
    const before = tools.callsOf("/first").length;
    const { id } = await begin(server.api, "uses");
    const call = await tools.arrived("/first", before + 1);

    const request = { output: { by: `hand-${id}` }, reason: "paid by hand" };
    const skipped = await post(`${id}/steps/first.1/skip`, request);
    expect(skipped.status, skipped.text).toBe(200);
    await call.gone;

    const run = await reaches(server.api, id, "succeeded");
    expect(stepOf(run, "first")).toMatchObject({ status: "skipped", output: request.output });
    expect(stepOf(run, "second").input).toEqual(request.output);
    const told = (await eventsOf(server.api, id)).find(({ type }) => type === "step.skipped");
    expect(told).toMatchObject({ data: { reason: "paid by hand" }, actor: { kind: "key" } });
    expectRefused(await post(`${id}/steps/first.1/skip`, request), 409, "RUN_ENDED");
    tools.on("/first", tools.effectOnce);
  });

  test("is not an approval: skip, patch and respond leave it open", async () => {
    await publish(server.api, {
      name: "approve",
      nodes: [{ id: "ask", type: "approval", approvers: ["ada@example.com"] }],
    });
    const { id } = await start(server.api, "approve");

    const skipped = await post(`${id}/steps/ask.1/skip`, { output: { decision: "approved" } });
    expectRefused(skipped, 409, "ANSWER_IS_APPROVAL");
    expectRefused(await post(`${id}/respond`, {}), 409, "ANSWER_IS_APPROVAL");
    expect((await post(`${id}/patch`, { vars: { approved: true } })).status).toBe(200);

    expect((await taskOf(server.api, id)).status).toBe("open");
    expect(await read(server.api, id)).toMatchObject({
      status: "waiting",
      vars: { approved: true },
    });
    expectRefused(await post(`${id}/steps/ask.2/cancel`), 409, "STEP_NOT_OPEN");
    expect((await post(`${id}/steps/ask.1/cancel`)).body["status"]).toBe("succeeded");
    expect((await taskOf(server.api, id)).status).toBe("cancelled");
  });

  test("needs a key that may operate", async () => {
    const { id } = await start(server.api, "timer");
    const { api } = await server.key({ name: "viewer", role: "viewer" });

    for (const path of ["pause", "resume", "steps/wait.1/cancel"]) {
      expectRefused(await api.post(`/v1/runs/${id}/${path}`, {}), 403, "FORBIDDEN");
    }
    expect((await read(server.api, id)).status).toBe("waiting");
  });
});
