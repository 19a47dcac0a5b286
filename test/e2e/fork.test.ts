import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunView } from "../../core/engine/views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { succeeded } from "../../scripts/support/client.ts";
import {
  advance,
  ended,
  eventsOf,
  expectRefused,
  publish,
  reaches,
  read,
  registerTool,
  start,
  stepOf,
  taskOf,
} from "../support/runs.ts";
import { startServer, type Tenant, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;
let other: Tenant;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  other = await server.tenant();
  for (const tool of ["first", "last", "broken"]) await registerTool(server.api, tools, tool);
  const approval = { type: "approval", approvers: ["ann@example.com"] };
  await publish(server.api, {
    name: "approved",
    vars: { who: "{% $input.who %}" },
    nodes: [
      { id: "first", type: "tool", tool: "first", with: "{% $run.id %}" },
      { id: "ok", ...approval, title: "Shall {% $vars.who %} be paid?" },
      { id: "last", type: "tool", tool: "last", with: "{% $vars.who & ' ' & $run.id %}" },
    ],
    output: "{% {'first': $steps.first.output, 'who': $vars.who} %}",
  });
  await publish(server.api, {
    name: "failing",
    nodes: [
      { id: "first", type: "tool", tool: "first", with: "{% $run.id %}" },
      { id: "broken", type: "tool", tool: "broken", with: "{% $input %}" },
    ],
  });
  await publish(server.api, {
    name: "leaf",
    nodes: [{ id: "hold", type: "wait", event: { name: "go", key: "{% $run.id %}" } }],
  });
  await publish(server.api, {
    name: "family",
    nodes: [
      { id: "child", type: "subflow", workflow: "leaf" },
      {
        id: "each",
        type: "map",
        items: "{% [1, 2, 3] %}",
        body: {
          nodes: [
            { id: "call", type: "tool", tool: "first", with: "{% $item %}" },
            { id: "pause", type: "wait", for: "PT1H" },
          ],
          edges: [{ from: "call", to: "pause" }],
        },
      },
    ],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

const post = (path: string, body: JsonObject = {}, headers?: Record<string, string>) =>
  server.api.post(`/v1/runs/${path}`, body, headers);

async function fork(run: RunView, at: number | string, more: JsonObject = {}): Promise<RunView> {
  const answer = await post(`${run.id}/fork`, { at, ...more });
  expect(answer.status, answer.text).toBe(201);
  return answer.body as unknown as RunView;
}

const waitingRun = () => start(server.api, "approved", { who: "Ada" });
const approve = async (run: RunView) => {
  const task = await taskOf(server.api, run.id);
  const decision = { decision: "approved", as: "ann@example.com" };
  succeeded(await server.api.post(`/v1/tasks/${task.id}/decide`, decision));
  return ended(server.api, run.id);
};
const keysOf = (path: string, run: RunView) =>
  tools
    .callsOf(path)
    .filter(({ body }) => JSON.stringify(body).endsWith(`${run.id}"`))
    .map(({ key }) => key);

describe("G15: a fork", () => {
  test("goes on where the run stood, repeats nothing that was done, and asks people anew", async () => {
    const run = await waitingRun();
    const done = await approve(run);
    const before = await eventsOf(server.api, run.id);
    const forked = await reaches(server.api, (await fork(run, run.seq)).id, "waiting");

    expect(forked).toMatchObject({
      workflow: "approved",
      version: 1,
      input: { who: "Ada" },
      vars: { who: "Ada" },
      parent: null,
      forkedFrom: { run: run.id, seq: run.seq },
    });
    expect(forked.id).not.toBe(run.id);
    expect((await taskOf(server.api, forked.id)).id).not.toBe(
      (await taskOf(server.api, run.id)).id,
    );
    const end = await approve(forked);
    expect(end.output).toEqual(done.output);
    expect(keysOf("/first", forked)).toEqual([]);
    expect(keysOf("/last", forked)).toHaveLength(1);
    expect(keysOf("/last", forked)).not.toEqual(keysOf("/last", run));
    expect(await eventsOf(server.api, run.id)).toEqual(before);
  });

  test("begins with its own record, which names the other one's and verifies", async () => {
    const run = await waitingRun();
    const forked = await reaches(server.api, (await fork(run, run.seq)).id, "waiting");
    const [created, second] = await eventsOf(server.api, forked.id);
    const verified = succeeded(await server.api.get(`/v1/runs/${forked.id}/ledger/verify`));

    expect([created?.seq, created?.type, second?.seq, second?.type]).toEqual([
      1,
      "run.created",
      2,
      "run.forked",
    ]);
    expect(second?.data["from"]).toMatchObject({ run: run.id, seq: run.seq });
    expect(verified).toMatchObject({ ok: true, errors: [] });
  });

  test("has other variables and another input where it is given them", async () => {
    const run = await waitingRun();
    const patch = { vars: { who: "Bob" }, input: { who: "Cy" } };
    const forked = await reaches(server.api, (await fork(run, run.seq, { patch })).id, "waiting");
    await approve(forked);

    expect(await read(server.api, forked.id)).toMatchObject({
      input: { who: "Cy" },
      output: { who: "Bob" },
    });
    expect((await taskOf(server.api, forked.id)).title).toBe("Shall Bob be paid?");
    expect(await read(server.api, run.id)).toMatchObject({ vars: { who: "Ada" } });
  });

  test("tells first what it would do again, and does nothing then", async () => {
    const run = await waitingRun();
    await approve(run);
    const runs = async () => succeeded(await server.api.get("/v1/runs?limit=200"))["data"];
    const before = (await runs()) as readonly unknown[];
    const told = await post(`${run.id}/fork`, { at: run.seq, dryRun: true });
    const all = await post(`${run.id}/fork`, { at: 1, dryRun: true });

    expect(told.status).toBe(200);
    expect(told.body).toMatchObject({
      runId: run.id,
      at: run.seq,
      repeats: [{ step: "last.1", node: "last", kind: "tool" }],
      more: false,
    });
    const steps = all.body["repeats"] as readonly { step: string }[];
    expect(steps.map(({ step }) => step)).toEqual(["first.1", "last.1"]);
    expect(await runs()).toHaveLength(before.length);
  });

  test("of a failed run goes on where it failed, while the failed one stays as it is", async () => {
    tools.on("/broken", () => ({ status: 400, body: { error: "no" } }));
    const run = await start(server.api, "failing");
    expect(run).toMatchObject({ status: "failed", error: { node: "broken" } });
    tools.on("/broken", () => ({ status: 200, body: { fine: true } }));
    const forked = await ended(server.api, (await fork(run, run.seq)).id);

    expect(forked).toMatchObject({ status: "succeeded", output: { fine: true } });
    expect(keysOf("/first", forked)).toEqual([]);
    expect(await read(server.api, run.id)).toMatchObject({ status: "failed" });
  });

  test("of a parent has a child of its own; and in a map, its items go on", async () => {
    const run = await start(server.api, "family");
    const childOf = async ({ id }: RunView) => {
      const page = succeeded(await server.api.get(`/v1/runs?parent=${id}`));
      return (page["data"] as unknown as readonly RunView[]).map((one) => one.id);
    };
    const [child = ""] = await childOf(run);
    const forked = await reaches(server.api, (await fork(run, run.seq)).id, "waiting");
    const [own = ""] = await childOf(forked);

    expect(own).not.toBe("");
    expect(own).not.toBe(child);
    const go = async (id: string) =>
      succeeded(await post(`${id}/signals`, { name: "go", key: id }));
    await go(own);
    expect(await read(server.api, child)).toMatchObject({ status: "waiting" });
    const inMap = async () => {
      const now = await read(server.api, forked.id);
      return now.waitingOn.length === 3 ? now : undefined;
    };
    await expect.poll(inMap, { timeout: 15_000 }).toBeDefined();
    const calls = tools.callsOf("/first").length;
    const twice = await fork(forked, (await read(server.api, forked.id)).seq);
    await advance(server.api, "PT2H");
    const end = await ended(server.api, twice.id);

    expect(end.status).toBe("succeeded");
    expect(end.output).toHaveLength(3);
    expect(tools.callsOf("/first")).toHaveLength(calls);
  });

  test("is made once for one Idempotency-Key", async () => {
    const run = await waitingRun();
    const key = { "idempotency-key": `fork-${run.id}` };
    const [one, two] = await Promise.all([
      post(`${run.id}/fork`, { at: run.seq }, key),
      post(`${run.id}/fork`, { at: run.seq }, key),
    ]);
    const another = await post(`${run.id}/fork`, { at: 1 }, key);

    expect([one?.status, two?.status]).toEqual([201, 201]);
    expect(one?.body["id"]).toBe(two?.body["id"]);
    expectRefused(another, 422, "IDEMPOTENCY_KEY_REUSED");
  });

  test("is refused where there is nothing to begin from", async () => {
    const run = await waitingRun();
    const done = await approve(run);
    const refused = async (at: unknown, status: number, code: string) =>
      expectRefused(await post(`${run.id}/fork`, { at } as JsonObject), status, code);

    await refused(done.seq, 409, "NOTHING_TO_FORK");
    await refused(done.seq + 1, 400, "INVALID_REQUEST");
    await refused(0, 400, "INVALID_REQUEST");
    await refused(1.5, 400, "INVALID_REQUEST");
    await refused(null, 400, "INVALID_REQUEST");
    await refused("no-such-snapshot", 404, "NOT_FOUND");
    expectRefused(await post("run_absent/fork", { at: 1 }), 404, "NOT_FOUND");
    expectRefused(await other.api.post(`/v1/runs/${run.id}/fork`, { at: 1 }), 404, "NOT_FOUND");
  });

  test("takes a place of the tenant's, and is refused where there is none", async () => {
    const small = await server.tenant({ maxActiveRuns: 1 });
    await publish(small.api, { name: "leaf", nodes: [{ id: "w", type: "wait", for: "PT1H" }] });
    const run = await start(small.api, "leaf");

    const full = await small.api.post(`/v1/runs/${run.id}/fork`, { at: run.seq });
    expectRefused(full, 429, "LIMIT_REACHED");
    succeeded(await small.api.post(`/v1/runs/${run.id}/cancel`));
    const free = await small.api.post(`/v1/runs/${run.id}/fork`, { at: run.seq });
    expect(free.status, free.text).toBe(201);
  });
});

describe("G17: the state of a run at an event", () => {
  test("is what the run was shown as then (A9)", async () => {
    const run = await waitingRun();
    const shown = await read(server.api, run.id);
    await approve(run);
    const state = succeeded(await server.api.get(`/v1/runs/${run.id}/state?at=${shown.seq}`));

    expect(state).toEqual(shown);
    expect(stepOf(state as unknown as RunView, "ok")).toMatchObject({ status: "waiting" });
  });

  test("is there for each of its events, and for no other", async () => {
    const run = await approve(await waitingRun());
    for (let at = 1; at <= run.seq; at++) {
      const state = succeeded(await server.api.get(`/v1/runs/${run.id}/state?at=${at}`));
      expect(state["seq"]).toBe(at);
    }
    const past = await server.api.get(`/v1/runs/${run.id}/state?at=${run.seq + 1}`);
    expectRefused(past, 400, "INVALID_REQUEST");
    expectRefused(await server.api.get(`/v1/runs/${run.id}/state?at=0`), 400, "INVALID_REQUEST");
    expect((await server.api.get(`/v1/runs/${run.id}/state`)).body).toEqual(run);
    expectRefused(await other.api.get(`/v1/runs/${run.id}/state?at=1`), 404, "NOT_FOUND");
  });
});

describe("a snapshot", () => {
  test("names a moment, to look at and to fork from", async () => {
    const run = await waitingRun();
    const body = { name: "before-payment", description: "As Ann saw it", tags: { why: "audit" } };
    const made = await post(`${run.id}/snapshots`, body);
    await approve(run);
    const state = await server.api.get(`/v1/runs/${run.id}/state?at=before-payment`);
    const forked = await fork(run, "before-payment");

    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...body, runId: run.id, seq: run.seq });
    expect(state.body["seq"]).toBe(run.seq);
    expect(forked.forkedFrom).toEqual({ run: run.id, seq: run.seq });
  });

  test("is listed newest first, found by tag and word, and can be forgotten (G14)", async () => {
    const run = await waitingRun();
    for (const name of ["c", "b", "a"]) {
      const tags = name === "b" ? { kind: "odd" } : {};
      succeeded(
        await post(`${run.id}/snapshots`, { name, at: 1, description: `Say ${name}`, tags }),
      );
    }
    const names = async (query: string) => {
      const page = succeeded(await server.api.get(`/v1/runs/${run.id}/snapshots?${query}`));
      const data = page["data"] as readonly { name: string }[];
      return { names: data.map(({ name }) => name), next: page["nextCursor"] as string | null };
    };

    expect((await names("")).names).toEqual(["a", "b", "c"]);
    expect((await names("tag=kind:odd")).names).toEqual(["b"]);
    expect((await names("tag=KIND")).names).toEqual(["b"]);
    expect((await names("q=SAY+C")).names).toEqual(["c"]);
    const first = await names("limit=2");
    expect(first.names).toEqual(["a", "b"]);
    expect((await names(`limit=2&cursor=${first.next}`)).names).toEqual(["c"]);
    const gone = await server.api.remove(`/v1/runs/${run.id}/snapshots/a`);
    expect(gone.status).toBe(204);
    expect((await names("")).names).toEqual(["b", "c"]);
    expectRefused(await server.api.remove(`/v1/runs/${run.id}/snapshots/a`), 404, "NOT_FOUND");
  });

  test("is refused by a name that is taken, that is a number, or for an event that is not there", async () => {
    const run = await waitingRun();
    const make = (body: JsonObject) => post(`${run.id}/snapshots`, body);
    succeeded(await make({ name: "x", at: 1 }));

    expect((await make({ name: "x", at: 1 })).status).toBe(201);
    expectRefused(await make({ name: "x", at: 2 }), 409, "SNAPSHOT_EXISTS");
    expectRefused(await make({ name: "12" }), 400, "INVALID_REQUEST");
    expectRefused(await make({ name: "../x" }), 400, "INVALID_REQUEST");
    expectRefused(await make({ name: "late", at: 1_000 }), 400, "INVALID_REQUEST");
  });
});
