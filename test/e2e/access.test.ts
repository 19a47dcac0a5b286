import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, JsonClient } from "../../scripts/support/client.ts";
import { expectRefused, idIn, linkOf, publish, start, taskOf } from "../support/runs.ts";
import { startServer, type Tenant, type TestServer } from "../support/server.ts";

const ADA = "ada@example.com";

let server: TestServer;
let ours: Tenant;

beforeAll(async () => {
  server = await startServer();
  ours = await server.tenant();
  for (const name of ["refund", "payroll"]) {
    await publish(ours.api, {
      name,
      nodes: [
        { id: "ok", type: "approval", approvers: [ADA] },
        { id: "not", type: "set" },
      ],
      edges: [{ from: "ok", to: "not", on: "rejected" }],
    });
  }
});

afterAll(() => server.close());

type Made = Readonly<{ id: string; key: string; api: JsonClient }>;

function keyIn(made: Answer): Made {
  expect(made.status, made.text).toBe(201);
  const { key } = made.body as { key: string };
  return { id: idIn(made), key, api: server.as(key) };
}

async function keyOf(request: Readonly<Record<string, string | readonly string[]>>) {
  return keyIn(await ours.api.post("/v1/keys", { name: "k", ...request }));
}

async function listed(id: string) {
  const { data } = (await ours.api.get("/v1/keys")).body;
  return (data as unknown as { id: string }[]).find((key) => key.id === id);
}

const later = (advance: string) => server.api.post("/dev/clock", { advance });

type Entry = Readonly<Record<string, unknown>>;

async function entries(api: JsonClient, query = ""): Promise<readonly Entry[]> {
  const { status, body, text } = await api.get(`/v1/audit${query}`);
  expect(status, text).toBe(200);
  return body["data"] as unknown as readonly Entry[];
}

describe("a key (F2)", () => {
  test("opens nothing once it has expired", async () => {
    const made = await ours.api.post("/v1/keys", { name: "brief", expiresIn: "PT10M" });
    const { api, id } = keyIn(made);
    expect((await api.get("/v1/runs")).status).toBe(200);

    await later("PT10M");

    expectRefused(await api.get("/v1/runs"), 401, "UNAUTHENTICATED");
    expect(await listed(id)).toMatchObject({ id, expiresAt: made.body["expiresAt"] });
  });

  test("is changed over while both work, and the old one ends after the overlap", async () => {
    const old = await keyOf({ role: "operator", person: ADA });

    const made = await ours.api.post(`/v1/keys/${old.id}/rotate`, { overlap: "PT1H" });
    const next = keyIn(made);

    expect(made.body).toMatchObject({ role: "operator", person: ADA });
    for (const { api } of [old, next]) expect((await api.get("/v1/runs")).status).toBe(200);
    expect(await listed(old.id)).toMatchObject({ rotatedTo: next.id });
    await later("PT1H");
    expectRefused(await old.api.get("/v1/runs"), 401, "UNAUTHENTICATED");
    await server.killAndStart();
    expectRefused(await old.api.get("/v1/runs"), 401, "UNAUTHENTICATED");
    expect((await next.api.get("/v1/runs")).status).toBe(200);
  });

  test("that is to live for no duration, or to be changed over for a year, is not made", async () => {
    const forever = await ours.api.post("/v1/keys", { name: "x", expiresIn: "PX" });
    const { id } = await keyOf({});
    const long = await ours.api.post(`/v1/keys/${id}/rotate`, { overlap: "P1Y" });

    for (const answer of [forever, long]) expectRefused(answer, 400, "INVALID_REQUEST");
    expect(long.body["errors"]).toMatchObject([{ path: "overlap" }]);
    expect(await listed(id)).not.toHaveProperty("expiresAt");
  });

  test("shows when it was last used, and not before it was", async () => {
    const { api, id } = await keyOf({ role: "viewer" });
    expect(await listed(id)).not.toHaveProperty("lastUsedAt");

    await api.get("/v1/runs");

    expect(await listed(id)).toMatchObject({ lastUsedAt: expect.stringMatching(/^20/) });
  });
});

describe("a key that is bound to workflows (F2)", () => {
  test("has nothing but their runs and tasks", async () => {
    const { api } = await keyOf({ role: "admin", workflows: ["refund"] });
    const mine = await start(api, "refund");
    const other = await start(ours.api, "payroll");
    const task = await taskOf(ours.api, other.id);

    expect((await api.get(`/v1/runs/${mine.id}`)).status).toBe(200);
    expect((await api.get("/v1/runs?workflow=refund")).status).toBe(200);
    expect((await api.get("/v1/workflows/refund")).status).toBe(200);
    const decide = { decision: "approved", as: ADA };
    for (const answer of [
      await api.get(`/v1/runs/${other.id}`),
      await api.get(`/v1/runs/${other.id}/events`),
      await api.post(`/v1/runs/${other.id}/cancel`, {}),
      await api.get(`/v1/tasks/${task.id}`),
      await api.post(`/v1/tasks/${task.id}/decide`, decide),
      await api.get("/v1/workflows/payroll"),
    ]) {
      expectRefused(answer, 404, "NOT_FOUND");
    }
    const payroll = { workflow: "payroll" };
    expectRefused(await api.post("/v1/runs", payroll), 404, "WORKFLOW_NOT_FOUND");
    expect((await api.get("/v1/workflows")).text).not.toContain("payroll");
    expect((await api.get("/v1/tasks")).text).not.toContain(other.id);
  });

  test("may nothing that is the tenant's as a whole", async () => {
    const { api } = await keyOf({ role: "admin", workflows: ["refund"] });

    for (const answer of [
      await api.get("/v1/runs"),
      await api.get("/v1/keys"),
      await api.post("/v1/keys", { name: "wider", role: "admin" }),
      await api.get("/v1/audit"),
      await api.get("/v1/tools"),
      await api.put("/v1/secrets/s", { value: "x" }),
      await api.post("/v1/stream/tickets", {}),
      await api.post("/v1/events", { name: "go" }),
      await api.post("/v1/bulk/runs", { action: "cancel", filter: {} }),
    ]) {
      expect([403, 404], answer.text).toContain(answer.status);
    }
  });
});

describe("the audit", () => {
  test("tells who did what, when, and from where", async () => {
    const { api, id } = await keyOf({ role: "operator", person: ADA });
    const run = await start(api, "refund");

    await api.post(`/v1/runs/${run.id}/cancel`, {}, { "x-request-id": "req-of-ours" });

    const [cancelled, started] = await entries(ours.api, `?actor=${id}`);
    expect(cancelled).toMatchObject({
      outcome: "done",
      actor: { kind: "key", id },
      role: "operator",
      person: ADA,
      action: "cancelRun",
      path: `/v1/runs/${run.id}/cancel`,
      status: 200,
      requestId: "req-of-ours",
      from: "127.0.0.1",
    });
    expect(started).toMatchObject({ action: "startRun", status: 201 });
  });

  test("tells of refusals, of reading only where a role does not allow it", async () => {
    const { api, id } = await keyOf({ role: "viewer" });
    await api.get("/v1/runs");
    await api.get("/v1/runs/run_none");
    await api.get("/v1/keys");
    await api.post("/v1/runs", { workflow: "refund" });

    const told = await entries(ours.api, `?actor=${id}&outcome=refused`);

    expect(told.map(({ action, code }) => [action, code])).toEqual([
      ["startRun", "FORBIDDEN"],
      ["listKeys", "FORBIDDEN"],
    ]);
    expect(await entries(ours.api, `?actor=${id}`)).toHaveLength(2);
  });

  test("tells of a decision by a signed link, by its person, and never the link", async () => {
    const run = await start(ours.api, "refund");
    const task = await taskOf(ours.api, run.id);
    const link = await linkOf(ours.api, task.id, ADA);
    const { nonce } = (await server.as(undefined).get(link, { accept: "application/json" }))
      .body as { nonce: string };
    await server.as(undefined).post(link, { decision: "approved", nonce });

    const told = await entries(ours.api, "?action=decideLink");

    expect(told).toMatchObject([
      { actor: { kind: "link", id: ADA }, outcome: "done", path: "/approve/{link}" },
    ]);
    expect(JSON.stringify(await entries(ours.api))).not.toContain(link.split("/").at(-1));
  });

  test("is for administrators, shows no other tenant's, and no secret", async () => {
    const theirs = await server.tenant();
    await ours.api.put("/v1/secrets/hidden", { value: "never-told" });
    const viewer = await keyOf({ role: "viewer" });

    expectRefused(await viewer.api.get("/v1/audit"), 403, "FORBIDDEN");
    const told = await entries(ours.api, "?action=putSecret&outcome=done");
    expect(told).toMatchObject([{ path: "/v1/secrets/hidden", outcome: "done" }]);
    expect(JSON.stringify(told)).not.toContain("never-told");
    expect(await entries(theirs.api)).toEqual([]);
  });

  test("has pages that together are all of it, newest first", async () => {
    const { api, id } = await keyOf({ role: "operator" });
    for (let n = 0; n < 5; n++) await api.post("/v1/events", { name: `e${n}` });

    const times: string[] = [];
    let cursor = "";
    do {
      const more = cursor === "" ? "" : `&cursor=${cursor}`;
      const { body } = await ours.api.get(`/v1/audit?actor=${id}&limit=2${more}`);
      const page = body as { data: readonly { at: string }[]; nextCursor: string | null };
      times.push(...page.data.map(({ at }) => at));
      cursor = page.nextCursor ?? "";
    } while (cursor !== "");

    expect(times).toHaveLength(5);
    expect(times.toSorted().toReversed()).toEqual(times);
  });

  test("tells the platform of tenants that were made and removed, and outlives them", async () => {
    const gone = await server.tenant();
    await server.platform.remove(`/v1/tenants/${gone.id}`);
    await server.killAndStart();

    const { body } = await server.platform.get("/v1/platform/audit?limit=3");

    expect(body["data"]).toMatchObject([
      { action: "deleteTenant", path: `/v1/tenants/${gone.id}`, outcome: "done" },
      { action: "createTenantKey", path: `/v1/tenants/${gone.id}/keys` },
      { action: "createTenant", actor: { kind: "platform" } },
    ]);
    expectRefused(await ours.api.get("/v1/platform/audit"), 403, "FORBIDDEN");
  });
});
