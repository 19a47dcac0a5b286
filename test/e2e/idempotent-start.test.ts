import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { ended, expectRefused, idIn, publish, registerTool } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "charge");
  await publish(server.api, {
    name: "order",
    nodes: [{ id: "charge", type: "tool", tool: "charge", with: "{% $input %}" }],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

function postRaw(body: string, headers: Record<string, string>) {
  return ask("POST", `${server.url}/v1/runs`, {
    headers: {
      authorization: `Bearer ${server.keys.admin}`,
      "content-type": "application/json",
      ...headers,
    },
    body,
  });
}

describe("twenty starts at once with one Idempotency-Key (C6)", () => {
  test("are one run, and nineteen of them say that they are repeats", async () => {
    const body = { workflow: "order", input: { order: "A-1" } };
    const headers = { "idempotency-key": "A-1" };

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => server.api.post("/v1/runs", body, headers)),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
    const ids = new Set(answers.map(idIn));
    expect(ids.size).toBe(1);
    const replayed = answers.filter(({ headers: got }) => got["idempotency-replayed"] === "true");
    expect(replayed).toHaveLength(19);
    const [id = ""] = ids;
    expect(new Set(answers.map(({ headers: got }) => got["location"]))).toEqual(
      new Set([`/v1/runs/${id}`]),
    );
    await ended(server.api, id);
    expect(tools.calls.filter(({ body: sent }) => isOrder(sent, "A-1"))).toHaveLength(1);
    const listed = await server.api.get("/v1/runs?workflow=order");
    expect(listed.body["data"]).toHaveLength(1);
  });

  test("and one id of their own are one run too", async () => {
    const body = { workflow: "order", input: { order: "A-2" }, id: "order-A-2" };
    const headers = { "idempotency-key": "A-2" };

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => server.api.post("/v1/runs", body, headers)),
    );

    expect(new Set(answers.map((answer) => answer.body["id"]))).toEqual(new Set(["order-A-2"]));
    const replayed = answers.filter(({ headers: got }) => got["idempotency-replayed"] === "true");
    expect(replayed).toHaveLength(19);
    await ended(server.api, "order-A-2");
    expect(tools.calls.filter(({ body: sent }) => isOrder(sent, "A-2"))).toHaveLength(1);
  });

  test("and twenty bodies are one run and nineteen refusals", async () => {
    const headers = { "idempotency-key": "A-3" };

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        server.api.post("/v1/runs", { workflow: "order", input: { order: "A-3", index } }, headers),
      ),
    );

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(19);
    const started = answers.find(({ status }) => status === 201);
    await ended(server.api, started ? idIn(started) : "");
    expect(tools.calls.filter(({ body: sent }) => isOrder(sent, "A-3"))).toHaveLength(1);
  });
});

describe("an Idempotency-Key", () => {
  test("with another body is refused, and nothing is started", async () => {
    const headers = { "idempotency-key": "B-1" };
    const first = await server.api.post("/v1/runs", { workflow: "order", input: 1 }, headers);
    const other = await server.api.post("/v1/runs", { workflow: "order", input: 2 }, headers);
    const withTag = await server.api.post(
      "/v1/runs",
      { workflow: "order", input: 1, tags: { a: "b" } },
      headers,
    );

    expect(first.status).toBe(201);
    expectRefused(other, 422, "IDEMPOTENCY_KEY_REUSED");
    expectRefused(withTag, 422, "IDEMPOTENCY_KEY_REUSED");
  });

  test("is each tenant's own", async () => {
    const tenant = await server.tenant();
    await publish(tenant.api, { name: "order", nodes: [{ id: "done", type: "set", with: 1 }] });
    const headers = { "idempotency-key": "B-2" };
    const body = { workflow: "order", input: 1 };

    const ours = await server.api.post("/v1/runs", body, headers);
    const theirs = await tenant.api.post("/v1/runs", body, headers);

    expect([ours.status, theirs.status]).toEqual([201, 201]);
    expect(theirs.headers["idempotency-replayed"]).toBeUndefined();
    expect(theirs.body["id"]).not.toBe(ours.body["id"]);
    expect((await tenant.api.get(`/v1/runs/${idIn(ours)}`)).status).toBe(404);
  });

  test("knows a repeat whatever the order of its members and its white space", async () => {
    const key = { "idempotency-key": "B-3" };
    const first = await postRaw(`{"workflow":"order","input":{"a":1,"b":[1,2]}}`, key);
    const same = await postRaw(
      ` {\n "input" : { "b":[ 1 , 2.0 ],\t"a":1e0 } , "workflow":"order" }`,
      key,
    );
    const other = await postRaw(`{"workflow":"order","input":{"a":1,"b":[2,1]}}`, key);

    expect([first.status, same.status, other.status]).toEqual([201, 201, 422]);
    expect(same.json()["id"]).toBe(first.json()["id"]);
    expect(same.headers["idempotency-replayed"]).toBe("true");
  });

  test("with another id is refused, and the id stays free", async () => {
    const key = { "idempotency-key": "B-4" };
    const body = { workflow: "order", input: 1 };
    const first = await server.api.post("/v1/runs", { ...body, id: "B-4-one" }, key);
    const other = await server.api.post("/v1/runs", { ...body, id: "B-4-two" }, key);
    const without = await server.api.post("/v1/runs", body, key);

    expect(first.status).toBe(201);
    expectRefused(other, 422, "IDEMPOTENCY_KEY_REUSED");
    expectRefused(without, 422, "IDEMPOTENCY_KEY_REUSED");
    expect((await server.api.get("/v1/runs/B-4-two")).status).toBe(404);
  });

  test("that was used without an id is refused with one", async () => {
    const key = { "idempotency-key": "B-5" };
    const body = { workflow: "order", input: 1 };
    const first = await server.api.post("/v1/runs", body, key);
    const other = await server.api.post("/v1/runs", { ...body, id: "B-5-one" }, key);

    expect(first.status).toBe(201);
    expectRefused(other, 422, "IDEMPOTENCY_KEY_REUSED");
  });

  test("does not open a run of another key or of none that has its id", async () => {
    const body = { workflow: "order", input: 1, id: "B-6" };
    expect((await server.api.post("/v1/runs", body)).status).toBe(201);

    expectRefused(await server.api.post("/v1/runs", body), 409, "RUN_EXISTS");
    const keyed = await server.api.post("/v1/runs", body, { "idempotency-key": "B-6" });
    expectRefused(keyed, 409, "RUN_EXISTS");
  });

  test.each(["", " ", "a b", "ü", "x".repeat(256)])("cannot be %j", async (key) => {
    const answer = await postRaw(`{"workflow":"order"}`, {
      "idempotency-key": Buffer.from(key, "utf8").toString("latin1"),
    });

    expect(answer.status).toBe(400);
    expect(answer.json()["code"]).toBe("IDEMPOTENCY_KEY_INVALID");
  });

  test("is answered as before when a newer version would refuse the input", async () => {
    const nodes = [{ id: "done", type: "set", with: 1 }];
    await publish(server.api, { name: "stricter", nodes });
    const key = { "idempotency-key": "B-8" };
    const body = { workflow: "stricter", input: { amount: "12" } };
    const first = await server.api.post("/v1/runs", body, key);
    const input = { type: "object", properties: { amount: { type: "number" } } };
    await publish(server.api, { name: "stricter", nodes, input });

    const again = await server.api.post("/v1/runs", body, key);

    expect([first.status, again.status]).toEqual([201, 201]);
    expect(idIn(again)).toBe(idIn(first));
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expectRefused(await server.api.post("/v1/runs", body), 400, "INVALID_INPUT");
  });

  test("of a start that was refused may be used again", async () => {
    const key = { "idempotency-key": "B-7" };
    const missing = await server.api.post("/v1/runs", { workflow: "nothing" }, key);
    const right = await server.api.post("/v1/runs", { workflow: "order" }, key);

    expectRefused(missing, 404, "WORKFLOW_NOT_FOUND");
    expect(right.status).toBe(201);
    expect(right.headers["idempotency-replayed"]).toBeUndefined();
  });
});

test("A repeat after kill -9 finds the first run, and a reuse is still told", async () => {
  const plain = { workflow: "order", input: { order: "C-1" } };
  const named = { ...plain, id: "C-2" };
  const first = await server.api.post("/v1/runs", plain, { "idempotency-key": "C-1" });
  const second = await server.api.post("/v1/runs", named, { "idempotency-key": "C-2" });
  expect([first.status, second.status]).toEqual([201, 201]);

  await server.killAndStart();

  const again = await server.api.post("/v1/runs", plain, { "idempotency-key": "C-1" });
  const namedAgain = await server.api.post("/v1/runs", named, { "idempotency-key": "C-2" });
  expect(again.body["id"]).toBe(first.body["id"]);
  expect(again.headers["idempotency-replayed"]).toBe("true");
  expect(namedAgain.body["id"]).toBe("C-2");
  expect(namedAgain.headers["idempotency-replayed"]).toBe("true");
  const reused = await server.api.post("/v1/runs", named, { "idempotency-key": "C-1" });
  expectRefused(reused, 422, "IDEMPOTENCY_KEY_REUSED");
  const other = { ...named, id: "C-3" };
  const otherId = await server.api.post("/v1/runs", other, { "idempotency-key": "C-2" });
  expectRefused(otherId, 422, "IDEMPOTENCY_KEY_REUSED");
  expectRefused(await server.api.post("/v1/runs", named), 409, "RUN_EXISTS");
  await ended(server.api, "C-2");
  await ended(server.api, idIn(first));
  const keys = tools.calls.filter(({ body }) => isOrder(body, "C-1")).map(({ key }) => key);
  expect(new Set(keys).size).toBe(2);
});

test("A loop that calls the same tool with the same input three times calls it with three keys (C7)", async () => {
  await registerTool(server.api, tools, "ping");
  await publish(server.api, {
    name: "loop",
    vars: { count: 0 },
    nodes: [
      { id: "ping", type: "tool", tool: "ping", with: { same: true } },
      {
        id: "count",
        type: "set",
        with: "{% $vars.count + 1 %}",
        assign: { count: "{% $output %}" },
      },
      { id: "done", type: "end" },
    ],
    edges: [
      { from: "ping", to: "count" },
      { from: "count", to: "ping", when: "{% $vars.count < 3 %}" },
      { from: "count", to: "done" },
    ],
  });

  const run = await server.api.post("/v1/runs?wait=10", { workflow: "loop" });

  expect(run.body["status"]).toBe("succeeded");
  const calls = tools.callsOf("/ping");
  expect(calls.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => ({ same: true })));
  expect(new Set(calls.map(({ key }) => key)).size).toBe(3);
});

function isOrder(body: unknown, order: string): boolean {
  return (body as { order?: string } | null)?.order === order;
}
