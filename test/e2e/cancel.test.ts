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
import { seeded } from "../support/seeded.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "slow");
  await registerTool(server.api, tools, "next");
  await publish(server.api, {
    name: "two",
    nodes: [
      { id: "slow", type: "tool", tool: "slow", with: "{% $run.id %}" },
      { id: "next", type: "tool", tool: "next", with: "{% $run.id %}" },
    ],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

function cancel(id: string, body = {}) {
  return server.api.post(`/v1/runs/${id}/cancel`, body);
}

function gate(path: string) {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  tools.on(path, async (call) => {
    await opened;
    return tools.effectOnce(call);
  });
  return { open: () => open() };
}

describe("a run that is cancelled", () => {
  test("while a call is in flight is cancelled at once, and its late answer changes nothing (A14)", async () => {
    const slow = gate("/slow");
    const { id } = await begin(server.api, "two");
    const call = await tools.arrived("/slow");

    const answer = await cancel(id, { reason: "ordered twice" });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: "cancelled", waitingOn: [], error: null });
    await call.gone;
    const before = await read(server.api, id);
    slow.open();
    // A whole other run goes by: whatever the late answer does, it has done by then.
    await start(server.api, "two");

    const after = await read(server.api, id);
    expect(after).toEqual(before);
    expect(after.status).toBe("cancelled");
    expect(stepOf(after, "slow").status).toBe("cancelled");
    expect(tools.callsOf("/next").filter(({ body }) => body === id)).toEqual([]);
    const events = await eventsOf(server.api, id);
    expect(events.at(-1)).toMatchObject({
      type: "run.cancelled",
      data: { reason: "ordered twice" },
    });
    expect(events.some(({ type }) => type === "run.failed")).toBe(false);
  });

  test("while it waits for a person has no open task and no live link any more", async () => {
    const approvers = ["ada@example.com"];
    await publish(server.api, { name: "ask", nodes: [{ id: "p", type: "approval", approvers }] });
    const run = await start(server.api, "ask");
    const task = await taskOf(server.api, run.id);
    const link = await linkOf(server.api, task.id, "ada@example.com");

    expect((await cancel(run.id)).body["status"]).toBe("cancelled");

    expect((await taskOf(server.api, run.id)).status).toBe("cancelled");
    expect((await ask("GET", link)).status).toBe(410);
    const late = { decision: "approved", as: "ada@example.com" };
    expectRefused(await server.api.post(`/v1/tasks/${task.id}/decide`, late), 409, "TASK_CLOSED");
    const types = await typesOf(server.api, run.id);
    expect(types.slice(-3)).toEqual(["task.cancelled", "step.cancelled", "run.cancelled"]);
  });

  test("while it waits for a time or its next attempt never goes on", async () => {
    await registerTool(server.api, tools, "fails");
    tools.on("/fails", () => ({ status: 500 }));
    const retry = { backoff: { initial: "PT1H", jitter: "none" } };
    await publish(server.api, {
      name: "retries",
      nodes: [{ id: "call", type: "tool", tool: "fails", retry }],
    });
    await publish(server.api, { name: "timer", nodes: [{ id: "w", type: "wait", for: "PT1H" }] });
    const retrying = await begin(server.api, "retries");
    await reaches(server.api, retrying.id, "waiting");
    const timer = await start(server.api, "timer");

    await cancel(retrying.id);
    await cancel(timer.id);
    await advance(server.api, "P1D");

    for (const { id } of [retrying, timer]) {
      expect((await read(server.api, id)).status).toBe("cancelled");
      expect((await typesOf(server.api, id)).at(-1)).toBe("run.cancelled");
    }
    expect(tools.callsOf("/fails")).toHaveLength(1);
  });

  test("takes nothing more: a second cancel, a signal and an answer are refused", async () => {
    await publish(server.api, {
      name: "event",
      nodes: [{ id: "w", type: "wait", event: { name: "go" } }],
    });
    const { id } = await start(server.api, "event");

    const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(id)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const late of answers.filter(({ status }) => status !== 200)) {
      expectRefused(late, 409, "RUN_ENDED");
    }
    const { seq } = await read(server.api, id);
    const sent = await server.api.post(`/v1/runs/${id}/signals`, { name: "go" });
    expectRefused(sent, 409, "RUN_ENDED");
    expectRefused(await server.api.post(`/v1/runs/${id}/respond`, {}), 409, "RUN_ENDED");
    expect((await read(server.api, id)).seq).toBe(seq);
    expect((await typesOf(server.api, id)).filter((type) => type === "run.cancelled")).toHaveLength(
      1,
    );
  });

  test("stays cancelled after kill -9, though its call was in flight", async () => {
    tools.on("/slow", () => "hang");
    const before = tools.callsOf("/slow").length;
    const { id } = await begin(server.api, "two");
    await tools.arrived("/slow", before + 1);
    await cancel(id);

    await server.killAndStart();

    expect((await read(server.api, id)).status).toBe("cancelled");
    tools.on("/slow", tools.effectOnce);
    expect((await start(server.api, "two")).status).toBe("succeeded");
    expect(tools.callsOf("/slow").filter(({ body }) => body === id)).toHaveLength(1);
  });
});

test("No effect starts after the cancel event, whenever it comes", async () => {
  const seed = Number(process.env["E2E_SEED"] ?? Date.now() % 1_000_000);
  const random = seeded(seed);
  await registerTool(server.api, tools, "quick");
  const ids = Array.from({ length: 20 }, (_, index) => `s${index}`);
  await publish(server.api, {
    name: "long",
    nodes: ids.map((id) => ({ id, type: "tool", tool: "quick", with: "{% $run.id %}" })),
  });

  const runs = await Promise.all(Array.from({ length: 20 }, () => begin(server.api, "long")));
  await Promise.all(
    runs.map(async ({ id }) => {
      const calls = Math.floor(random() * 15);
      while (tools.callsOf("/quick").filter(({ body }) => body === id).length < calls) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await cancel(id);
    }),
  );

  for (const { id } of runs) {
    const run = await read(server.api, id);
    const events = await eventsOf(server.api, id);
    const types = events.map(({ type }) => type);
    expect(run.status, `seed ${seed}`).toBe("cancelled");
    const after = types.slice(types.indexOf("run.cancelled") + 1);
    // An answer that was on its way is recorded, and changes nothing.
    expect(new Set([...after, "tool.returned"]), `seed ${seed}`).toEqual(
      new Set(["tool.returned"]),
    );
    const started = types.filter((type) => type === "step.started").length;
    const calls = tools.callsOf("/quick").filter(({ body }) => body === id);
    // A call is made after its start is on record, so there are never more calls than starts.
    expect(calls.length, `seed ${seed}`).toBeLessThanOrEqual(started);
    expect(new Set(calls.map(({ key }) => key)).size, `seed ${seed}`).toBe(calls.length);
  }
});
