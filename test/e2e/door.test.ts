import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { ask } from "../support/ask.ts";
import {
  advance,
  begin,
  ended,
  expectRefused,
  idIn,
  publish,
  reaches,
  read,
  registerTool,
  start,
  stepOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "slow");
  await publish(server.api, {
    name: "quick",
    nodes: [{ id: "s", type: "set", with: "{% $input %}" }],
  });
  await publish(server.api, { name: "slow", nodes: [{ id: "c", type: "tool", tool: "slow" }] });
  await publish(server.api, {
    name: "event",
    nodes: [{ id: "w", type: "wait", event: { name: "go" } }],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

function post(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${server.keys.admin}`;
  return ask("POST", server.url + path, {
    headers: { authorization, "content-type": "application/json", ...headers },
    body,
  });
}

describe("a start that waits", () => {
  test("is answered when the run has ended, with the body of a read", async () => {
    tools.on("/slow", async () => {
      await delay(100);
      return { body: "done" };
    });

    const answer = await server.api.post("/v1/runs?wait=20", { workflow: "slow" });

    expect(answer.status).toBe(201);
    expect(answer.headers["location"]).toBe(`/v1/runs/${idIn(answer)}`);
    expect(answer.body).toMatchObject({ status: "succeeded", output: "done" });
    expect(answer.body).toEqual((await server.api.get(`/v1/runs/${idIn(answer)}`)).body);
  });

  test("is answered when the run first waits, and when its time is over", async () => {
    tools.on("/slow", () => "hang");
    const began = performance.now();
    const [waits, hangs] = await Promise.all([
      server.api.post("/v1/runs?wait=20", { workflow: "event" }),
      server.api.post("/v1/runs?wait=1", { workflow: "slow" }),
    ]);

    expect(waits.body).toMatchObject({ status: "waiting", waitingOn: [{ kind: "event" }] });
    expect(hangs.body).toMatchObject({ status: "running" });
    expect(performance.now() - began).toBeLessThan(10_000);
    await server.api.post(`/v1/runs/${idIn(hangs)}/cancel`, {});
  });

  test.each(["-1", "26", "1.5", "x", ""])("does not wait %j seconds", async (wait) => {
    const answer = await server.api.post(`/v1/runs?wait=${wait}`, { workflow: "quick" });

    expectRefused(answer, 400, "INVALID_REQUEST");
    expect(answer.body["errors"]).toMatchObject([{ path: "wait" }]);
  });
});

describe("a body", () => {
  test("over a megabyte is 413, announced or not, and the server lives", async () => {
    const large = JSON.stringify({ workflow: "quick", input: "x".repeat(1_100_000) });

    const answer = await post("/v1/runs", large);

    expect(answer.status).toBe(413);
    expect(answer.json()["code"]).toBe("PAYLOAD_TOO_LARGE");
    expect((await server.api.get("/healthz")).status).toBe(200);
  });

  test.each([
    ["{", 1, 2],
    ['{"workflow": "quick",\n "input": nope}', 2, 11],
    ['{"workflow": "quick"} trailing', 1, 23],
    ["{'workflow': 'quick'}", 1, 2],
    ['{"workflow": "quick", "input": 01}', 1, 33],
    ['{"workflow": "quick", "input": NaN}', 1, 32],
  ])("that is broken JSON, %j, is told where", async (body, line, column) => {
    const answer = await post("/v1/runs", body);

    expect(answer.status).toBe(400);
    expect(answer.json()["code"]).toBe("INVALID_JSON");
    expect(answer.json()["detail"]).toContain(`line ${line}`);
    expect(answer.json()["detail"]).toContain(`column ${column}`);
  });

  test("nested deeper than 64 levels is refused, and one of 60 is kept", async () => {
    const nested = (depth: number) =>
      `{"workflow":"quick","input":${"[".repeat(depth)}${"]".repeat(depth)}}`;

    for (const depth of [65, 1_000, 400_000]) {
      const answer = await post("/v1/runs", nested(depth));
      expect(answer.status, String(depth)).toBe(400);
      expect(answer.json()["code"]).toBe("JSON_TOO_DEEP");
    }
    const kept = await post("/v1/runs?wait=5", nested(60));
    expect(kept.json()).toMatchObject({ status: "succeeded" });
  });

  test("with unknown fields is refused, and each is named", async () => {
    const body = { workflow: "quick", inputs: 1, tag: {}, input: {} };
    const answer = await server.api.post("/v1/runs", body);

    expectRefused(answer, 400, "INVALID_REQUEST");
    const errors = answer.body["errors"] as unknown as { path: string }[];
    expect(errors.map(({ path }) => path).toSorted()).toEqual(["inputs", "tag"]);
  });

  test.each([
    ["nothing", ""],
    ["a list", "[]"],
    ["a text", '"quick"'],
    ["null", "null"],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ])("that is %s starts nothing", async (_what, body) => {
    const answer = await post("/v1/runs", body);

    expect(answer.status).toBe(400);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
  });

  test("of another type is 415", async () => {
    const body = "<run/>";
    expect((await post("/v1/runs", body, { "content-type": "text/xml" })).status).toBe(415);
    const zipped = { "content-encoding": "gzip" };
    expect((await post("/v1/runs", "{}", zipped)).status).toBe(415);
  });
});

test("Every route that needs a key answers 401 without one, and only those are open that have to be", async () => {
  const { paths } = (await server.api.get("/openapi.json")).body as {
    paths: Record<string, object>;
  };
  const open: string[] = [];
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations)) {
      const url = server.url + path.replaceAll(/\{[^}]+\}/g, "x");
      // Those of other systems are open to this machine, and to no page of another site.
      const isOther = /^\/(?:tools|graph|api\/runtime)(?:\/|$)/.test(path);
      const headers = isOther ? { origin: "https://elsewhere.example" } : {};
      const answer = await ask(method.toUpperCase(), url, { headers });
      if (answer.status !== 401) open.push(`${method} ${path} ${answer.status}`);
    }
  }

  expect(open.toSorted()).toEqual([
    "get /.well-known/jwks.json 200",
    "get /approve/{link} 410",
    "get /docs 200",
    "get /docs/errors 200",
    "get /healthz 200",
    "get /openapi.json 200",
    "get /v1/version 200",
    "post /approve/{link} 410",
    // Its sender has no key: the signature is asked for instead, once there is such a hook.
    "post /v1/hooks/{name} 400",
  ]);
});

test("A request id is taken, told and logged; one that could break a line is not (F16, H1)", async () => {
  const answer = await server.api.get("/v1/runs/run_none", { "x-request-id": "my-request-17" });
  const odd = await server.api.get("/v1/runs/run_none", { "x-request-id": "a b\tc" });

  expect(answer.headers["x-request-id"]).toBe("my-request-17");
  expect(answer.body["requestId"]).toBe("my-request-17");
  expect(odd.headers["x-request-id"]).not.toContain(" ");
  expect(server.output()).toContain("my-request-17");
});

describe("a server that is told to stop", () => {
  test("exits with 0, and the call in flight is made again by the next one", async () => {
    const before = tools.callsOf("/slow").length;
    tools.on("/slow", () => "hang");
    const { id } = await begin(server.api, "slow");
    const first = await tools.arrived("/slow", before + 1);

    const exit = await server.stop();
    tools.on("/slow", tools.effectOnce);
    await server.start();

    expect(exit).toEqual({ code: 0, signal: null });
    const run = await reaches(server.api, id, "succeeded");
    expect(stepOf(run, "c")).toMatchObject({ recoveries: 1, idempotencyKey: first.key });
    expect(tools.callsOf("/slow").at(-1)?.key).toBe(first.key);
  });

  test("answers the request that it has taken, and takes on no other", async () => {
    const before = tools.callsOf("/slow").length;
    tools.on("/slow", async () => {
      await delay(300);
      return { body: "in time" };
    });
    const answered = server.api.post("/v1/runs?wait=10", { workflow: "slow" });
    await tools.arrived("/slow", before + 1);

    const exit = await server.stop();

    expect(exit).toEqual({ code: 0, signal: null });
    expect((await answered).body).toMatchObject({ status: "succeeded", output: "in time" });
    await expect(ask("GET", `${server.url}/healthz`)).rejects.toThrow("ECONNREFUSED");
    await server.start();
  });

  test("keeps what it acknowledged, and its clock where it was moved to", async () => {
    const run = await start(server.api, "event");
    const moved = await advance(server.api, "P3D");

    await server.stop();
    await server.start();

    expect(await read(server.api, run.id)).toEqual(run);
    const { now } = (await server.api.get("/dev/clock")).body as { now: string };
    expect(Date.parse(now)).toBeGreaterThanOrEqual(moved);
  });
});

test("A second server on the same folder exits and names the one that holds it", async () => {
  const second = server.second();
  const { code } = await second.exited;

  expect(code).toBe(1);
  expect(second.output()).toContain(server.dataFolder);
  expect(second.output()).toContain(String(server.port));
  expect((await server.api.get("/healthz")).status).toBe(200);
});

test("A folder whose holder was killed is free at once", async () => {
  await server.kill();
  const began = performance.now();
  await server.start();

  expect(performance.now() - began).toBeLessThan(10_000);
  expect((await start(server.api, "quick", 1)).status).toBe("succeeded");
});

test("Settings that cannot be are all told at once, and nothing is started", async () => {
  const bad = await startServer({ PORT: "99999", HOST: "not a host" }).then(
    async (started) => {
      await started.close();
      return "started";
    },
    (error: unknown) => String(error),
  );

  expect(bad).toContain("PORT");
  expect(bad).toContain("HOST");
});

const BAD_DOCUMENTS: readonly JsonObject[] = [
  {},
  { name: "x" },
  { name: "x", nodes: {} },
  { name: "x", nodes: [null] },
  { name: "x", nodes: [{}] },
  { name: "../x", nodes: [{ id: "a", type: "set" }] },
  { name: "x", nodes: [{ id: "__proto__", type: "constructor" }] },
  { name: "x", nodes: [{ id: "a", type: "set" }], edges: [{ from: "a", to: "__proto__" }] },
  { name: "x", nodes: [{ id: "a", type: "set" }], edges: "a>b" },
  { name: "x", nodes: [{ id: "a", type: "wait", until: {}, for: [] }] },
  { name: "x", nodes: [{ id: "a", type: "set" }], input: { type: "nonsense" } },
  { name: "x", nodes: [{ id: "a", type: "set" }], limits: { maxVisits: -1, deadline: "soon" } },
];

test.each(BAD_DOCUMENTS)(
  "A document that is none is refused with reasons: %j",
  async (document) => {
    const published = await server.api.post("/v1/workflows", document);
    const validated = await server.api.post("/v1/workflows/validate", document);

    expectRefused(published, 400, published.body["code"] as string);
    expect((published.body["errors"] as unknown[]).length).toBeGreaterThan(0);
    expect([200, 400]).toContain(validated.status);
    expect(validated.body["valid"] ?? false).toBe(false);
    await ended(server.api, (await start(server.api, "quick")).id);
  },
);
