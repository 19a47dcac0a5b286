import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import {
  eventsOf,
  expectRefused,
  idIn,
  publish,
  read,
  start,
  taskOf,
  typesOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await publish(server.api, {
    name: "event",
    nodes: [
      { id: "w", type: "wait", event: { name: "go" } },
      { id: "v", type: "wait", event: { name: "go" } },
    ],
  });
  await publish(server.api, { name: "ask", nodes: [{ id: "p", type: "approval" }] });
});

afterAll(() => server.close());

/** What each POST needs to be there, and what it sends. */
const POSTS: Readonly<Record<string, () => Promise<{ path: string; body: Json; other: Json }>>> = {
  "a start": async () => ({
    path: "/v1/runs",
    body: { workflow: "event", input: 1 },
    other: { workflow: "event", input: 2 },
  }),
  "a signal": async () => {
    const { id } = await start(server.api, "event");
    const path = `/v1/runs/${id}/signals`;
    return { path, body: { name: "go", payload: 1 }, other: { name: "go", payload: 2 } };
  },
  "an answer": async () => {
    const { id } = await start(server.api, "event");
    return { path: `/v1/runs/${id}/respond`, body: { yes: true }, other: { yes: false } };
  },
  "a cancel": async () => {
    const { id } = await start(server.api, "event");
    return { path: `/v1/runs/${id}/cancel`, body: { reason: "x" }, other: { reason: "y" } };
  },
  "a decision": async () => {
    const run = await start(server.api, "ask");
    const { id } = await taskOf(server.api, run.id);
    const body = { decision: "approved" };
    return { path: `/v1/tasks/${id}/decide`, body, other: { decision: "rejected" } };
  },
  "a key": async () => ({ path: "/v1/keys", body: { name: "a" }, other: { name: "b" } }),
  "a workflow": async () => {
    const nodes = [{ id: "s", type: "set", with: 1 }];
    const document: JsonObject = { name: `made-${performance.now()}`.replace(".", "-"), nodes };
    return { path: "/v1/workflows", body: document, other: { ...document, title: "x" } };
  },
};

describe.each(Object.entries(POSTS))("%s with an Idempotency-Key", (what, prepare) => {
  test("that is sent three times happens once, and is answered alike", async () => {
    const { path, body, other } = await prepare();
    const key = { "idempotency-key": `again-${what.replaceAll(" ", "-")}` };

    const answers = [];
    for (let times = 0; times < 3; times++) answers.push(await server.api.post(path, body, key));
    const reused = await server.api.post(path, other, key);

    const [first, ...again] = answers;
    expect(first?.status, first?.text).toBeLessThan(300);
    expect(first?.headers["idempotency-replayed"]).toBeUndefined();
    const { key: _shownOnce, ...told } = first?.body ?? {};
    for (const repeat of again) {
      expect(repeat.status).toBe(first?.status);
      expect(repeat.headers["idempotency-replayed"]).toBe("true");
      expect(idOrSame(repeat.body)).toEqual(idOrSame(told));
    }
    expectRefused(reused, 422, "IDEMPOTENCY_KEY_REUSED");
  });

  test("that is sent ten times at once happens once, and nobody is told otherwise", async () => {
    const { path, body } = await prepare();
    const key = { "idempotency-key": `at-once-${what.replaceAll(" ", "-")}` };

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => server.api.post(path, body, key)),
    );

    const done = answers.filter(({ status }) => status < 300);
    const firsts = done.filter(({ headers }) => headers["idempotency-replayed"] !== "true");
    expect(firsts).toHaveLength(1);
    for (const early of answers.filter(({ status }) => status >= 300)) {
      expectRefused(early, 409, "IDEMPOTENCY_IN_FLIGHT");
      expect(early.headers["retry-after"]).toMatch(/^\d+$/);
    }
    const later = await server.api.post(path, body, key);
    expect(later.headers["idempotency-replayed"]).toBe("true");
  });

  test("that is sent again after kill -9 is answered as before", async () => {
    const { path, body } = await prepare();
    const key = { "idempotency-key": `killed-${what.replaceAll(" ", "-")}` };
    const first = await server.api.post(path, body, key);

    await server.killAndStart();

    const again = await server.api.post(path, body, key);
    expect(again.status).toBe(first.status);
    expect(again.headers["idempotency-replayed"]).toBe("true");
  });
});

/** A run goes on meanwhile; that it is the same run is what counts. */
function idOrSame(body: JsonObject): Json {
  return "steps" in body ? (body["id"] ?? null) : body;
}

test("A signal that is repeated under its key is taken once", async () => {
  const { id } = await start(server.api, "event");
  const path = `/v1/runs/${id}/signals`;
  const key = { "idempotency-key": "one-signal" };

  await Promise.all(
    Array.from({ length: 10 }, () => server.api.post(path, { name: "go", payload: 1 }, key)),
  );
  await server.api.post(path, { name: "go", payload: 1 }, key);

  const run = await read(server.api, id);
  expect(run.waitingOn).toMatchObject([{ node: "v" }]);
  const received = (await typesOf(server.api, id)).filter((type) => type === "signal.received");
  expect(received).toHaveLength(1);
});

test("A refused request gives its key up: the same again is done once its cause is gone", async () => {
  const key = { "idempotency-key": "too-early" };
  const body = { name: "go" };
  const path = "/v1/runs/comes-later/signals";
  expectRefused(await server.api.post(path, body, key), 404, "NOT_FOUND");
  const made = await server.api.post("/v1/runs?wait=5", { workflow: "event", id: "comes-later" });
  expect(idIn(made)).toBe("comes-later");

  const sent = await server.api.post(path, body, key);

  expect(sent.status).toBe(202);
  expect(sent.headers["idempotency-replayed"]).toBeUndefined();
  expect(
    (await eventsOf(server.api, "comes-later")).some(({ type }) => type === "signal.received"),
  ).toBe(true);
});
