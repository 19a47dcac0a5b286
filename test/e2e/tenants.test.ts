import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonClient } from "../../scripts/support/client.ts";
import {
  begin,
  ended,
  eventsOf,
  expectRefused,
  idIn,
  publish,
  reaches,
  read,
  start,
  taskOf,
} from "../support/runs.ts";
import { startServer, type Tenant, type TestServer } from "../support/server.ts";

let server: TestServer;
let ours: Tenant;
let theirs: Tenant;

beforeAll(async () => {
  server = await startServer();
  [ours, theirs] = [await server.tenant(), await server.tenant()];
  for (const { api } of [ours, theirs, server]) {
    await publish(api, { name: "ask", nodes: [{ id: "p", type: "approval" }] });
    await publish(api, {
      name: "event",
      nodes: [{ id: "w", type: "wait", event: { name: "go" } }],
    });
    await publish(api, { name: "quick", nodes: [{ id: "s", type: "set", with: 1 }] });
  }
});

afterAll(() => server.close());

async function keyOf(api: JsonClient, request: Record<string, string | boolean>) {
  const made = await api.post("/v1/keys", { name: "k", ...request });
  expect(made.status, made.text).toBe(201);
  return { id: idIn(made), api: server.as((made.body as { key: string }).key) };
}

describe("another tenant's", () => {
  test("runs, tasks, events, workflows, tools, secrets and keys do not exist", async () => {
    const run = await start(theirs.api, "ask", "their secret input");
    const task = await taskOf(theirs.api, run.id);
    await publish(theirs.api, { name: "only-theirs", nodes: [{ id: "s", type: "set" }] });
    const tool = { kind: "http", config: { url: "http://127.0.0.1:1/" } };
    await theirs.api.put("/v1/tools/their-tool", tool);
    await theirs.api.put("/v1/secrets/their-secret", { value: "x" });
    const key = await keyOf(theirs.api, { role: "viewer" });
    const before = await read(theirs.api, run.id);

    const decision = { decision: "approved" };
    const answers = await Promise.all([
      ours.api.get(`/v1/runs/${run.id}`),
      ours.api.get(`/v1/runs/${run.id}/steps`),
      ours.api.get(`/v1/runs/${run.id}/events`),
      ours.api.get(`/v1/runs/${run.id}/ledger/verify`),
      ours.api.post(`/v1/runs/${run.id}/signals`, { name: "go" }),
      ours.api.post(`/v1/runs/${run.id}/respond`, {}),
      ours.api.post(`/v1/runs/${run.id}/cancel`, {}),
      ours.api.get(`/v1/tasks/${task.id}`),
      ours.api.post(`/v1/tasks/${task.id}/decide`, decision),
      ours.api.get("/v1/tools/their-tool"),
      ours.api.remove("/v1/tools/their-tool"),
      ours.api.remove("/v1/secrets/their-secret"),
      ours.api.remove(`/v1/keys/${key.id}`),
    ]);

    for (const answer of answers) expectRefused(answer, 404, "NOT_FOUND");
    for (const answer of [
      await ours.api.post("/v1/runs", { workflow: "only-theirs" }),
      await ours.api.get("/v1/workflows/only-theirs"),
      await ours.api.get("/v1/workflows/only-theirs/versions"),
      await ours.api.get("/v1/workflows/only-theirs/versions/1"),
    ]) {
      expectRefused(answer, 404, "WORKFLOW_NOT_FOUND");
    }
    for (const list of ["runs", "tasks", "workflows", "tools", "secrets", "keys"]) {
      const { text } = await ours.api.get(`/v1/${list}?limit=200`);
      expect(text).not.toContain(run.id);
      expect(text).not.toContain("their");
    }
    expect(await read(theirs.api, run.id)).toEqual(before);
    expect((await key.api.get("/v1/runs")).status).toBe(200);
  });

  test("tool cannot be used by a workflow of ours", async () => {
    const tool = { kind: "http", config: { url: "http://127.0.0.1:1/" } };
    await theirs.api.put("/v1/tools/private", tool);
    const nodes = [{ id: "call", type: "tool", tool: "private" }];

    const answer = await ours.api.post("/v1/workflows", { name: "steals", nodes });

    expectRefused(answer, 400, "INVALID_WORKFLOW");
    expect(answer.body["errors"]).toMatchObject([{ path: "nodes[0].tool", code: "UNKNOWN_TOOL" }]);
  });

  test("run may have the same id as one of ours", async () => {
    const body = { workflow: "quick", id: "the-same" };
    const answers = [
      await ours.api.post("/v1/runs", body),
      await theirs.api.post("/v1/runs", body),
    ];

    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    await ours.api.post("/v1/runs/the-same/cancel", {});
    expect((await read(theirs.api, "the-same")).status).toBe("succeeded");
  });

  test("cursor opens nothing of theirs", async () => {
    for (let index = 0; index < 3; index++) await start(theirs.api, "quick", `their ${index}`);
    const page = await theirs.api.get("/v1/runs?limit=1");
    const cursor = (page.body as { nextCursor: string }).nextCursor;

    const { data } = (await ours.api.get(`/v1/runs?cursor=${cursor}`)).body;

    expect(JSON.stringify(data)).not.toContain("their");
    const theirIds = new Set(
      ((await theirs.api.get("/v1/runs")).body["data"] as unknown as { id: string }[]).map(
        ({ id }) => id,
      ),
    );
    const ids = (data as unknown as { id: string }[]).map(({ id }) => id);
    expect(ids.filter((id) => theirIds.has(id) && id !== "the-same")).toEqual([]);
  });
});

describe("a key", () => {
  test("of a viewer reads and changes nothing", async () => {
    const { api } = await keyOf(ours.api, { role: "viewer" });
    const run = await start(ours.api, "ask");
    const task = await taskOf(ours.api, run.id);

    expect((await api.get(`/v1/runs/${run.id}`)).status).toBe(200);
    for (const [path, body] of [
      ["/v1/runs", { workflow: "quick" }],
      ["/v1/workflows", { name: "x", nodes: [{ id: "s", type: "set" }] }],
      [`/v1/runs/${run.id}/cancel`, {}],
      [`/v1/runs/${run.id}/signals`, { name: "go" }],
      [`/v1/runs/${run.id}/respond`, {}],
      [`/v1/tasks/${task.id}/decide`, { decision: "approved" }],
      ["/v1/keys", { name: "x", role: "admin" }],
    ] as const) {
      expectRefused(await api.post(path, body), 403, "FORBIDDEN");
    }
    expectRefused(await api.put("/v1/tools/x", { kind: "http" }), 403, "FORBIDDEN");
    expectRefused(await api.put("/v1/secrets/x", { value: "x" }), 403, "FORBIDDEN");
    expectRefused(await api.get("/v1/keys"), 403, "FORBIDDEN");
    expect((await read(ours.api, run.id)).seq).toBe(run.seq);
  });

  test("of an approver decides as its own person, and nothing else", async () => {
    const person = "ada@example.com";
    const { api } = await keyOf(ours.api, { role: "approver", person });
    const approvers = [person, "bob@example.com"];
    await publish(ours.api, { name: "named", nodes: [{ id: "p", type: "approval", approvers }] });
    const run = await start(ours.api, "named");
    const task = await taskOf(ours.api, run.id);
    const decide = (body: Record<string, string>) => api.post(`/v1/tasks/${task.id}/decide`, body);

    expectRefused(await api.post("/v1/runs", { workflow: "quick" }), 403, "FORBIDDEN");
    expectRefused(await api.post(`/v1/runs/${run.id}/cancel`, {}), 403, "FORBIDDEN");
    const asBob = await decide({ decision: "approved", as: "bob@example.com" });
    expectRefused(asBob, 403, "FORBIDDEN");
    const decided = await decide({ decision: "approved" });
    const again = await decide({ decision: "approved" });
    const other = await decide({ decision: "rejected" });

    expect(decided.status).toBe(200);
    expect(decided.body).toMatchObject({ status: "done", decisions: [{ by: person, via: "api" }] });
    expect(again.body).toEqual(decided.body);
    expectRefused(other, 409, "TASK_DECIDED");
    expect(other.body).toMatchObject({ decision: "approved", decidedBy: person });
  });

  test("that is nobody's decides no task that names people", async () => {
    const run = await start(ours.api, "named");
    const task = await taskOf(ours.api, run.id);
    const operator = await keyOf(ours.api, { role: "operator" });
    const stranger = await keyOf(ours.api, { role: "approver", person: "eve@example.com" });
    const path = `/v1/tasks/${task.id}/decide`;
    const approve = { decision: "approved" };

    expectRefused(await operator.api.post(path, approve), 403, "NOT_AN_APPROVER");
    expectRefused(await stranger.api.post(path, approve), 403, "NOT_AN_APPROVER");
    expect((await read(ours.api, run.id)).seq).toBe(run.seq);
  });

  test("that acts for others names them, and the record says by which key", async () => {
    const desk = await keyOf(ours.api, { role: "operator", actsFor: true });
    const body = { workflow: "named", actor: { kind: "person", id: "carl@example.com" } };
    const started = await desk.api.post("/v1/runs?wait=5", body);
    const task = await taskOf(ours.api, idIn(started));

    const decided = await desk.api.post(`/v1/tasks/${task.id}/decide`, {
      decision: "approved",
      as: "ADA@example.com",
    });

    expect(started.body["actor"]).toEqual({ ...body.actor, assertedBy: desk.id });
    expect(decided.body).toMatchObject({ decisions: [{ assertedBy: desk.id }] });
    const events = await eventsOf(ours.api, idIn(started));
    const event = events.find(({ type }) => type === "task.decided");
    expect(event?.actor).toMatchObject({ kind: "person", assertedBy: desk.id });
  });

  test("that does not act for others starts no run in another's name", async () => {
    const { api } = await keyOf(ours.api, { role: "operator", person: "carl@example.com" });
    const actor = { kind: "person", id: "ada@example.com" };

    const refused = await api.post("/v1/runs", { workflow: "quick", actor });
    const own = { kind: "person", id: "carl@example.com" };
    const started = await api.post("/v1/runs", { workflow: "quick", actor: own });

    expectRefused(refused, 403, "FORBIDDEN");
    expect(started.status).toBe(201);
  });

  test("that is revoked opens nothing, at once and after a restart", async () => {
    const { id, api } = await keyOf(ours.api, { role: "operator" });
    expect((await api.get("/v1/runs")).status).toBe(200);

    expect((await ours.api.remove(`/v1/keys/${id}`)).status).toBe(204);

    expectRefused(await api.get("/v1/runs"), 401, "UNAUTHENTICATED");
    await server.killAndStart();
    expectRefused(await api.get("/v1/runs"), 401, "UNAUTHENTICATED");
    expect((await ours.api.get("/v1/runs")).status).toBe(200);
  });

  test("is shown once, and stored as nothing that opens", async () => {
    const headers = { "idempotency-key": "one-key" };
    const made = await ours.api.post("/v1/keys", { name: "once" }, headers);
    const again = await ours.api.post("/v1/keys", { name: "once" }, headers);

    expect(made.body["role"]).toBe("operator");
    expect(again.body["id"]).toBe(made.body["id"]);
    expect(again.body["key"]).toBeUndefined();
    const { key } = made.body as { key: string };
    expect((await ours.api.get("/v1/keys")).text).not.toContain(key);
    expect(server.output()).not.toContain(key);
  });

  test.each(["", "Bearer", "Bearer ", "Basic abc", "Bearer hf_nothing", "hf_e2e_admin"])(
    "that is none, %j, opens nothing",
    async (authorization) => {
      const answer = await server.as(undefined).get("/v1/runs", { authorization });

      expectRefused(answer, 401, "UNAUTHENTICATED");
      expect(answer.headers["www-authenticate"]).toContain("Bearer");
    },
  );
});

describe("the platform key", () => {
  test("makes tenants and keys, and has no runs of its own", async () => {
    const made = await server.platform.post("/v1/tenants", { name: "Acme", lane: "shared" });
    const id = idIn(made);

    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: "Acme", lane: "shared", limits: {} });
    expect((await server.platform.get(`/v1/tenants/${id}`)).body).toMatchObject({ id });
    expect((await server.platform.get("/v1/tenants")).text).toContain(id);
    expectRefused(await server.platform.get("/v1/runs"), 403, "FORBIDDEN");
    expectRefused(await server.platform.get("/v1/tenants/ten_none"), 404, "NOT_FOUND");
    const noTenant = await server.platform.post("/v1/tenants/ten_none/keys", { name: "x" });
    expectRefused(noTenant, 404, "NOT_FOUND");
  });

  test("is what a tenant's admin has not", async () => {
    for (const path of ["/v1/tenants", `/v1/tenants/${theirs.id}`]) {
      expectRefused(await ours.api.get(path), 403, "FORBIDDEN");
    }
    expectRefused(await ours.api.post("/v1/tenants", { name: "x" }), 403, "FORBIDDEN");
    const keys = await ours.api.post(`/v1/tenants/${theirs.id}/keys`, { name: "x", role: "admin" });
    expectRefused(keys, 403, "FORBIDDEN");
  });
});

describe("a tenant that may start five runs in a minute (F4)", () => {
  test("starts five, is told when to come again, and others start as before", async () => {
    const { api } = await server.tenant({ startsPerMinute: 5 });
    await publish(api, { name: "quick", nodes: [{ id: "s", type: "set", with: 1 }] });
    const first = () => api.post("/v1/runs", { workflow: "quick" }, { "idempotency-key": key() });
    let keys = 0;
    const key = () => `start-${++keys}`;

    const answers = [];
    for (let n = 0; n < 6; n++) answers.push(await first());

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 429]);
    const last = answers[5];
    expect(answers[0]?.headers).toMatchObject({
      ratelimit: expect.stringMatching(/^"tenant";r=4;t=\d+$/),
      "ratelimit-policy": '"tenant";q=5;w=60',
    });
    expect(last?.body).toMatchObject({ code: "LIMIT_REACHED", limit: "startsPerMinute", max: 5 });
    expect(last?.headers).toMatchObject({ ratelimit: expect.stringMatching(/^"tenant";r=0;/) });
    expect((await ours.api.post("/v1/runs", { workflow: "quick" })).status).toBe(201);

    keys = 0;
    const repeated = await first();
    expect(repeated.headers["idempotency-replayed"]).toBe("true");
    await server.killAndStart();
    expect((await api.post("/v1/runs", { workflow: "quick" })).status).toBe(429);
    const seconds = Number(last?.headers["retry-after"]);
    await server.api.post("/dev/clock", { advance: `PT${seconds}S` });
    expect((await api.post("/v1/runs", { workflow: "quick" })).status).toBe(201);
  });

  test("never starts more, however many ask at once", async () => {
    const { api } = await server.tenant({ startsPerMinute: 5, maxActiveRuns: 100 });
    await publish(api, { name: "quick", nodes: [{ id: "s", type: "set", with: 1 }] });
    await server.api.post("/dev/clock", { advance: "PT2M" });

    const answers = await Promise.all(
      Array.from({ length: 40 }, () => api.post("/v1/runs", { workflow: "quick" })),
    );

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      expect([status, body["limit"]]).toEqual([429, "startsPerMinute"]);
    }
  });
});

describe("a tenant that may have two active runs", () => {
  const asked = Array.from({ length: 10 }, (_, index) => index);
  const active = async (api: JsonClient) => {
    const { data } = (await api.get("/v1/runs?status=queued,running,waiting,paused")).body;
    return (data as unknown as { id: string }[]).map(({ id }) => id);
  };

  async function limited(): Promise<Tenant> {
    const tenant = await server.tenant({ maxActiveRuns: 2 });
    await publish(tenant.api, {
      name: "event",
      nodes: [{ id: "w", type: "wait", event: { name: "go" } }],
    });
    await publish(tenant.api, { name: "quick", nodes: [{ id: "s", type: "set", with: 1 }] });
    return tenant;
  }

  test("has two of ten that start at once; the others are told to come again", async () => {
    const { api } = await limited();

    const answers = await Promise.all(
      asked.map((input) => api.post("/v1/runs", { workflow: "event", input })),
    );

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    for (const full of answers.filter(({ status }) => status !== 201)) {
      expectRefused(full, 429, "LIMIT_REACHED");
      expect(full.headers["retry-after"]).toMatch(/^[1-9]/);
      expect(full.body).toMatchObject({ retryable: true, limit: "maxActiveRuns", max: 2 });
    }
    expect(await active(api)).toHaveLength(2);
  });

  test("has room again when its runs end, however they end, and over kill -9", async () => {
    const { api } = await limited();
    const [one, two] = [await begin(api, "event"), await begin(api, "event")];
    const full = () => api.post("/v1/runs", { workflow: "event" });
    expectRefused(await full(), 429, "LIMIT_REACHED");

    await server.killAndStart();
    expectRefused(await full(), 429, "LIMIT_REACHED");
    await api.post(`/v1/runs/${one.id}/signals`, { name: "go" });
    await reaches(api, one.id, "succeeded");
    const three = await full();
    expect(three.status).toBe(201);
    expectRefused(await full(), 429, "LIMIT_REACHED");
    await api.post(`/v1/runs/${two.id}/cancel`, {});
    await api.post(`/v1/runs/${idIn(three)}/cancel`, {});
    await server.killAndStart();

    const again = await Promise.all(asked.map(full));
    expect(again.filter(({ status }) => status === 201)).toHaveLength(2);
  });

  test("may start as many one after the other as it likes", async () => {
    const { api } = await limited();

    for (const input of asked) {
      expect((await start(api, "quick", input)).status).toBe("succeeded");
    }
    expect(await active(api)).toEqual([]);
  });

  test("repeats a start that was answered, though it has no room left", async () => {
    const { api } = await limited();
    const key = { "idempotency-key": "same" };
    const first = await api.post("/v1/runs", { workflow: "event" }, key);
    await begin(api, "event");

    const again = await api.post("/v1/runs", { workflow: "event" }, key);

    expect(again.status).toBe(201);
    expect(idIn(again)).toBe(idIn(first));
    await api.post(`/v1/runs/${idIn(first)}/cancel`, {});
    await ended(api, idIn(first));
  });
});
