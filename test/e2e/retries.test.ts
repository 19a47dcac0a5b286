import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import {
  advance,
  begin,
  eventsOf,
  publish,
  reaches,
  read,
  registerTool,
  start,
  stepOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Behaviour, type ToolServer, toolServer } from "../support/tool-server.ts";

const AT_ONCE = { backoff: { initial: "PT0S", jitter: "none" } };
const MINUTES = { backoff: { initial: "PT10M", factor: 2, max: "PT1H", jitter: "none" } };

let server: TestServer;
let tools: ToolServer;
let made = 0;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
});

afterAll(async () => {
  tools.close();
  await server.close();
});

type Flow = Readonly<{ name: string; path: string }>;

/** A workflow of one call of a tool of its own. */
async function calling(behaviour: Behaviour, node: JsonObject = {}, config: JsonObject = {}) {
  made++;
  const name = `call-${made}`;
  await registerTool(server.api, tools, name, config);
  tools.on(`/${name}`, behaviour);
  await publish(server.api, {
    name,
    nodes: [{ id: "call", type: "tool", tool: name, with: { n: 1 }, ...node }],
  });
  return { name, path: `/${name}` } satisfies Flow;
}

/** Fails so often, then works. */
function failing(times: number, answer: JsonObject): Behaviour {
  return (call) => (call.n <= times ? answer : { body: { n: call.n } });
}

describe("a call that fails twice and then works", () => {
  test("is made three times, with one key and growing pauses that the clock can pass (C1, C3)", async () => {
    const flow = await calling(failing(2, { status: 500, body: "down" }), { retry: MINUTES });
    const { id } = await begin(server.api, flow.name);

    const first = await reaches(server.api, id, "waiting");
    const step = stepOf(first, "call");
    expect(step.status).toBe("retrying");
    expect(step.attempts).toMatchObject([{ attempt: 1, error: { code: "HTTP_500" } }]);
    const failedAt = Date.parse(step.attempts[0]?.endedAt ?? "");
    expect(Date.parse(step.nextAttemptAt ?? "") - failedAt).toBe(600_000);
    expect(first.waitingOn).toMatchObject([
      { kind: "retry", node: "call", attempt: 2, until: step.nextAttemptAt },
    ]);

    await advance(server.api, "PT9M59S");
    expect(tools.callsOf(flow.path)).toHaveLength(1);
    await advance(server.api, "PT1S");
    await tools.arrived(flow.path, 2);
    const second = stepOf(await reaches(server.api, id, "waiting"), "call");
    const [, failedAgain] = second.attempts;
    expect(Date.parse(second.nextAttemptAt ?? "") - Date.parse(failedAgain?.endedAt ?? "")).toBe(
      1_200_000,
    );
    await advance(server.api, "PT20M");

    const run = await reaches(server.api, id, "succeeded");
    const { attempts, attempt, output, recoveries } = stepOf(run, "call");
    expect({ attempt, output, recoveries }).toEqual({
      attempt: 3,
      output: { n: 3 },
      recoveries: 0,
    });
    expect(attempts.map((one) => one.error?.code)).toEqual(["HTTP_500", "HTTP_500", undefined]);
    expect(new Set(tools.callsOf(flow.path).map(({ key }) => key)).size).toBe(1);
    // What was due did not begin before its time, nor much after.
    expect(Date.parse(attempts[1]?.startedAt ?? "") - failedAt).toBeGreaterThanOrEqual(600_000);
  });

  test("goes on after kill -9 between its attempts (C1)", async () => {
    const flow = await calling(failing(1, { status: 503 }), { retry: MINUTES });
    const { id } = await begin(server.api, flow.name);
    const before = await reaches(server.api, id, "waiting");

    await server.killAndStart();

    expect(await read(server.api, id)).toEqual(before);
    await advance(server.api, "PT10M");
    expect(stepOf(await reaches(server.api, id, "succeeded"), "call").attempt).toBe(2);
    expect(tools.callsOf(flow.path)).toHaveLength(2);
  });

  test("fails when its attempts are used up, and names the step and its error (C2)", async () => {
    const flow = await calling(() => ({ status: 502, text: "bad gateway" }), { retry: AT_ONCE });

    const run = await start(server.api, flow.name);

    expect(run.status).toBe("failed");
    expect(run.error).toMatchObject({ code: "HTTP_502", node: "call", attempt: 3 });
    expect(tools.callsOf(flow.path)).toHaveLength(3);
    expect(stepOf(run, "call").attempts).toHaveLength(3);
  });

  test("is made as often as its node says (C4)", async () => {
    const retry = { ...AT_ONCE, maxAttempts: 5 };
    const flow = await calling(failing(4, { status: 500 }), { retry });

    expect((await start(server.api, flow.name)).output).toEqual({ n: 5 });
  });

  test.each([
    ["seconds", () => "600"],
    ["a date", () => new Date(Date.now() + 600_000).toUTCString()],
  ])("waits as long as Retry-After asks in %s", async (_what, header) => {
    const flow = await calling(
      (call) => (call.n === 1 ? { status: 429, headers: { "retry-after": header() } } : {}),
      { retry: AT_ONCE },
    );
    const { id } = await begin(server.api, flow.name);
    const step = stepOf(await reaches(server.api, id, "waiting"), "call");

    const pause =
      Date.parse(step.nextAttemptAt ?? "") - Date.parse(step.attempts[0]?.endedAt ?? "");
    expect(pause).toBeGreaterThan(598_000);
    expect(pause).toBeLessThanOrEqual(600_000);
    await advance(server.api, "PT10M");
    expect((await reaches(server.api, id, "succeeded")).output).toBeNull();
  });
});

describe("whether a call is tried again", () => {
  test.each([400, 401, 403, 404, 410, 422])("HTTP %i is not", async (status) => {
    const flow = await calling(() => ({ status, body: { why: "no" } }), { retry: AT_ONCE });

    const run = await start(server.api, flow.name);

    expect(run.error).toMatchObject({ code: `HTTP_${status}`, retryable: false });
    expect(tools.callsOf(flow.path)).toHaveLength(1);
  });

  test.each([408, 425, 429, 500, 503, 599])("HTTP %i is", async (status) => {
    const flow = await calling(failing(1, { status }), { retry: AT_ONCE });

    expect((await start(server.api, flow.name)).output).toEqual({ n: 2 });
  });

  test("HTTP 409 is only when the attempt repeats a key", async () => {
    const first = await calling(() => ({ status: 409 }), { retry: AT_ONCE });
    const repeat = await calling(
      (call) => (call.n < 3 ? { status: call.n === 1 ? 500 : 409 } : { body: "done" }),
      { retry: AT_ONCE },
    );

    expect((await start(server.api, first.name)).error?.code).toBe("HTTP_409");
    expect(tools.callsOf(first.path)).toHaveLength(1);
    expect((await start(server.api, repeat.name)).output).toBe("done");
  });

  test("the node's own list of codes decides, and notOn before on (C5)", async () => {
    const listed = await calling(failing(1, { status: 404 }), {
      retry: { ...AT_ONCE, on: ["HTTP_40*"] },
    });
    const unlisted = await calling(() => ({ status: 500 }), {
      retry: { ...AT_ONCE, on: ["HTTP_40*"] },
    });
    const excluded = await calling(() => ({ status: 503 }), {
      retry: { ...AT_ONCE, on: ["HTTP_5*"], notOn: ["HTTP_503"] },
    });

    expect((await start(server.api, listed.name)).output).toEqual({ n: 2 });
    expect((await start(server.api, unlisted.name)).error?.code).toBe("HTTP_500");
    expect((await start(server.api, excluded.name)).error?.code).toBe("HTTP_503");
    expect(tools.callsOf(unlisted.path)).toHaveLength(1);
    expect(tools.callsOf(excluded.path)).toHaveLength(1);
  });

  test("an attempt that takes too long ends at its timeout, and the next has the same key", async () => {
    const flow = await calling((call) => (call.n === 1 ? "hang" : { body: "at last" }), {
      timeout: "PT1S",
      retry: AT_ONCE,
    });

    const run = await start(server.api, flow.name);

    expect(run.output).toBe("at last");
    const [first, second] = stepOf(run, "call").attempts;
    expect(first?.error).toMatchObject({ code: "TIMEOUT", retryable: true });
    const took = Date.parse(first?.endedAt ?? "") - Date.parse(first?.startedAt ?? "");
    expect(took).toBeGreaterThanOrEqual(990);
    expect(took).toBeLessThan(3_000);
    expect(second?.error).toBeUndefined();
    const [call, again] = tools.callsOf(flow.path);
    expect(again?.key).toBe(call?.key);
    await call?.gone;
  });

  test("a target that nobody listens at is NETWORK, and is", async () => {
    const flow = await calling(() => ({}), { retry: AT_ONCE }, { url: "http://127.0.0.1:1/" });

    const run = await start(server.api, flow.name);

    expect(run.error).toMatchObject({ code: "NETWORK", attempt: 3 });
  });
});

describe("a target that must not be called", () => {
  test.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
    "http://100.64.0.1/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://224.0.0.1/",
  ])("is refused before anything is sent, and not again: %s", async (url) => {
    const flow = await calling(() => ({}), { retry: AT_ONCE }, { url });

    const run = await start(server.api, flow.name);

    expect(run.error).toMatchObject({ code: "TARGET_REFUSED", attempt: 1, retryable: false });
    expect(stepOf(run, "call").attempts).toHaveLength(1);
  });

  test("is not reached by a redirect either: none is followed", async () => {
    const flow = await calling(
      () => ({ status: 302, headers: { location: tools.url("/somewhere-else") } }),
      { retry: AT_ONCE },
    );

    const run = await start(server.api, flow.name);

    expect(run.error).toMatchObject({ code: "HTTP_302", retryable: false });
    expect(tools.callsOf("/somewhere-else")).toEqual([]);
  });
});

test("A secret reaches the tool, and is nowhere else: no answer, event, log line or file", async () => {
  const secret = "s3cret-that-nobody-may-see";
  const inBase64 = Buffer.from(secret).toString("base64").replace(/=+$/, "");
  await server.api.put("/v1/secrets/token", { value: secret });
  const config = { headers: { "x-token": { $secret: "token" } } };
  const works = await calling(
    (call) => ({ body: { echo: call.headers["x-token"] ?? null } }),
    {},
    config,
  );
  const fails = await calling(
    (call) => ({ status: 400, text: `what is ${String(call.headers["x-token"])}?` }),
    {},
    config,
  );

  const runs = [await start(server.api, works.name), await start(server.api, fails.name)];

  expect(tools.callsOf(works.path)[0]?.headers["x-token"]).toBe(secret);
  expect(runs.map(({ status }) => status)).toEqual(["succeeded", "failed"]);
  const told = [server.output()];
  for (const { id } of runs) {
    told.push(JSON.stringify(await read(server.api, id)));
    told.push(JSON.stringify(await eventsOf(server.api, id)));
  }
  for (const path of ["/v1/secrets", "/v1/tools", `/v1/tools/${works.name}`, "/v1/workflows"]) {
    told.push((await server.api.get(path)).text);
  }
  await server.stop();
  for (const file of readdirSync(server.dataFolder)) {
    told.push(readFileSync(join(server.dataFolder, file)).toString("latin1"));
  }
  await server.start();
  for (const text of told) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(inBase64);
  }
});

test("A secret that is gone fails the step by name, and nothing is called", async () => {
  await server.api.put("/v1/secrets/short-lived", { value: "x" });
  const flow = await calling(() => ({}), {}, { headers: { "x-a": { $secret: "short-lived" } } });
  await server.api.remove("/v1/secrets/short-lived");

  const run = await start(server.api, flow.name);

  expect(run.error?.code).toBe("SECRET_NOT_FOUND");
  expect(run.error?.message).toContain("short-lived");
  expect(tools.callsOf(flow.path)).toEqual([]);
});
