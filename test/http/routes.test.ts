import { describe, expect, test } from "vitest";
import { door } from "./door.ts";
import { LEDGER_KEY, SIGNATURE } from "./fake-engine.ts";

describe("runs", () => {
  test("start with 201, Location and the run", async () => {
    const { ask } = door();

    const answer = await ask("POST /v1/runs", {
      body: { workflow: "refund", input: { a: 1 }, tags: { team: "care" } },
    });

    expect(answer.status).toBe(201);
    expect(answer.headers["location"]).toBe(`/v1/runs/${String(answer.json["id"])}`);
    expect(answer.json).toMatchObject({ status: "running", workflow: "refund", input: { a: 1 } });
  });

  test("are answered once they settle when asked to wait", async () => {
    const { ask } = door();

    const answer = await ask("POST /v1/runs?wait=25", { body: { workflow: "refund" } });

    expect(answer).toMatchObject({ status: 201, json: { status: "waiting" } });
    expect((await ask("POST /v1/runs?wait=0", { body: { workflow: "a" } })).json["status"]).toBe(
      "running",
    );
  });

  test.each(["26", "-1", "1.5", "abc", ""])("do not wait %j seconds", async (wait) => {
    const { ask, calls } = door();

    const answer = await ask(`POST /v1/runs?wait=${wait}`, { body: { workflow: "refund" } });

    expect(answer.status).toBe(400);
    expect(calls).toEqual([]);
  });

  test("of an unknown workflow are 404", async () => {
    const answer = await door().ask("POST /v1/runs", { body: { workflow: "unknown" } });

    expect(answer).toMatchObject({ status: 404, json: { code: "WORKFLOW_NOT_FOUND" } });
  });

  test("take signals, answers and cancels", async () => {
    const { ask, calls } = door();
    await ask("POST /v1/runs", { body: { workflow: "refund", id: "r" } });

    const signal = await ask("POST /v1/runs/r/signals", { body: { name: "paid", payload: 1 } });
    expect(signal).toMatchObject({ status: 202, json: { accepted: true, duplicate: false } });
    const late = await ask("POST /v1/runs/r/signals", { body: { name: "late" } });
    expect(late).toMatchObject({ status: 409, json: { code: "RUN_ENDED" } });
    for (const raw of ['{"response":"blue"}', "7", "null", "[]"]) {
      expect((await ask("POST /v1/runs/r/respond", { raw })).status).toBe(200);
    }
    expect((await ask("POST /v1/runs/r/respond")).json["code"]).toBe("INVALID_JSON");
    expect((await ask("POST /v1/runs/r/cancel")).status).toBe(200);
    expect((await ask("POST /v1/runs/r/cancel", { body: { reason: "twice" } })).status).toBe(200);
    expect((await ask("POST /v1/runs/r/cancel", { body: { why: "twice" } })).status).toBe(400);
    expect(calls).toContain('respond r {"response":"blue"}');
    expect(calls).toContain("respond r null");
    expect(calls).toContain("cancel r undefined");
    expect(calls).toContain("cancel r twice");
  });

  test("show their steps and verify their ledger", async () => {
    const { ask } = door();
    await ask("POST /v1/runs", { body: { workflow: "refund", id: "r" } });

    expect((await ask("GET /v1/runs/r/steps?node=a&status=failed")).json["data"]).toEqual([]);
    expect((await ask("GET /v1/runs/r/ledger/verify")).json).toEqual({
      ok: true,
      count: 4,
      head: "abc",
      signature: SIGNATURE,
      anchored: false,
      errors: [],
      nextCursor: null,
    });
  });

  test("are signed by keys that anyone may read, and keep for a while", async () => {
    const { ask } = door();

    const answer = await ask("GET /.well-known/jwks.json", { as: null });
    expect(answer).toMatchObject({ status: 200, json: { keys: [LEDGER_KEY] } });
    expect(answer.headers["cache-control"]).toBe("public, max-age=300");
  });
});

describe("workflows", () => {
  test("are published: 201 for a new version, 200 when unchanged, 400 with every fault", async () => {
    const { ask } = door();
    const publish = (name: string) => ask("POST /v1/workflows", { body: { name, nodes: [] } });

    const made = await publish("refund");
    expect(made).toMatchObject({
      status: 201,
      headers: { location: "/v1/workflows/refund/versions/1" },
      json: { name: "refund", version: 1, hash: "abc" },
    });
    expect((await publish("refund")).status).toBe(200);
    const refused = await publish("No Name");
    expect(refused).toMatchObject({
      status: 400,
      json: { code: "INVALID_WORKFLOW", errors: [{ path: "name", code: "INVALID_NAME" }] },
    });
  });

  test("are validated, read, listed by version, and drawn", async () => {
    const { ask } = door();
    const nodes = [{ id: "end", type: "end" }];
    await ask("POST /v1/workflows", { body: { name: "refund", nodes } });

    expect((await ask("POST /v1/workflows/validate", { body: {} })).json["valid"]).toBe(true);
    expect((await ask("GET /v1/workflows/refund")).json["document"]).toEqual({
      name: "refund",
      nodes,
    });
    expect((await ask("GET /v1/workflows/refund/versions")).json["data"]).toHaveLength(1);
    expect((await ask("GET /v1/workflows/refund/versions/1")).status).toBe(200);
    for (const version of ["2", "0", "01", "x", "1.0", "99999999999"]) {
      expect((await ask(`GET /v1/workflows/refund/versions/${version}`)).status).toBe(404);
    }
    const drawn = await ask("GET /v1/workflows/refund?format=mermaid");
    expect(drawn.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(drawn.body).toBe('flowchart TD\n  n0(("end: end"))\n');
    expect((await ask("GET /v1/workflows/refund?format=png")).status).toBe(400);
  });
});

describe("tools, tenants and keys", () => {
  test("are put, read and removed", async () => {
    const { ask } = door();
    const body = { kind: "http", config: { url: "https://a.example", headers: { x: "1" } } };

    const put = await ask("PUT /v1/tools/refund", { body });
    expect(put).toMatchObject({ status: 200, json: { name: "refund", kind: "http" } });
    expect((await ask("GET /v1/tools/refund")).json["config"]).toEqual(body.config);
    expect((await ask("GET /v1/tools")).json["data"]).toHaveLength(1);
    expect((await ask("PUT /v1/tools/refund", { body: { kind: "magic" } })).status).toBe(400);
    expect((await ask("PUT /v1/tools/refund", { body: { ...body, name: "x" } })).status).toBe(400);
    expect((await ask("DELETE /v1/tools/refund")).status).toBe(204);
    expect((await ask("DELETE /v1/tools/refund")).status).toBe(404);
  });

  test("are made by the platform key and by admins", async () => {
    const { ask } = door();
    const asPlatform = { as: "hf_platform" };

    const made = await ask("POST /v1/tenants", { ...asPlatform, body: { name: "Acme" } });
    expect(made).toMatchObject({ status: 201, headers: { location: "/v1/tenants/ten_1" } });
    expect((await ask("GET /v1/tenants/ten_1", asPlatform)).json["name"]).toBe("Acme");
    expect((await ask("GET /v1/tenants/ten_2", asPlatform)).status).toBe(404);
    const key = { ...asPlatform, body: { name: "first", role: "admin" } };
    expect((await ask("POST /v1/tenants/ten_1/keys", key)).json["key"]).toBe("hf_shown_once");
    expect((await ask("POST /v1/tenants/ten_9/keys", key)).status).toBe(404);
    const odd = await ask("POST /v1/keys", { body: { name: "x", role: "emperor" } });
    expect(odd).toMatchObject({ status: 400, json: { errors: [{ path: "role" }] } });
    expect((await ask("DELETE /v1/keys/key_1")).status).toBe(204);
    expect((await ask("DELETE /v1/keys/key_9")).status).toBe(404);
  });

  test.each([
    { name: "" },
    { name: "a\u0007b" },
    { name: "x".repeat(201) },
    { name: "a", limits: { maxActiveRuns: -1 } },
    { name: "a", limits: { maxActiveRuns: 1.5 } },
    { name: "a", limits: { what: 1 } },
    { name: "a", lane: "fast" },
  ])("refuse a tenant like %j", async (body) => {
    expect((await door().ask("POST /v1/tenants", { as: "hf_platform", body })).status).toBe(400);
  });
});

describe("tasks", () => {
  test("are listed, read and decided; a conflict says who and when", async () => {
    const { ask } = door();
    const decide = (decision: string) =>
      ask("POST /v1/tasks/task_1/decide", { body: { decision, comment: "ok" } });

    expect((await ask("GET /v1/tasks?status=open&kind=approval")).json["data"]).toHaveLength(1);
    expect((await ask("GET /v1/tasks?kind=dance")).status).toBe(400);
    expect((await ask("GET /v1/tasks/task_1")).json["status"]).toBe("open");
    expect(await decide("approved")).toMatchObject({ status: 200, json: { decision: "approved" } });
    expect((await decide("approved")).status).toBe(200);
    expect(await decide("rejected")).toMatchObject({
      status: 409,
      json: { code: "TASK_DECIDED", decision: "approved", decidedBy: "key_admin" },
    });
  });
});
