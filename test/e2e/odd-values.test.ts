import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunView } from "../../core/engine/views.ts";
import type { Json } from "../../core/kernel/json.ts";
import { type Asked, ask } from "../support/ask.ts";
import {
  eventsOf,
  expectRefused,
  linkOf,
  publish,
  read,
  registerTool,
  start,
  taskOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

const KIB = 1024;
const text = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "echo");
  await registerTool(server.api, tools, "give");
  tools.on("/echo", ({ body }) => ({ body }));
  await publish(server.api, { name: "noop", nodes: [{ id: "s", type: "set", with: 1 }] });
  await publish(server.api, {
    name: "pass",
    nodes: [
      { id: "s", type: "set", with: "{% $input %}", assign: { kept: "{% $output %}" } },
      { id: "t", type: "tool", tool: "echo", with: "{% $vars.kept %}" },
      { id: "e", type: "end", output: "{% $steps.t.output %}" },
    ],
  });
  await publish(server.api, {
    name: "give",
    nodes: [
      { id: "g", type: "tool", tool: "give" },
      { id: "s", type: "set", with: "{% $steps.g.output %}" },
    ],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

/** Starts a run with an input as it is written, and waits for what comes of it. */
function startRaw(workflow: string, input: string): Promise<Asked> {
  return ask("POST", `${server.url}/v1/runs?wait=10`, {
    headers: {
      authorization: `Bearer ${server.keys.admin}`,
      "content-type": "application/json",
    },
    body: `{"workflow":"${workflow}","input":${input}}`,
  });
}

function outcome(answer: Asked) {
  const run = answer.json() as unknown as RunView & { code?: string };
  return run.code ?? run.error?.code ?? run.status;
}

describe("a value that comes in, goes through a tool and comes out", () => {
  test.each([
    ["null", "null"],
    ["an empty text", '""'],
    ["an empty list", "[]"],
    ["an empty object", "{}"],
    ["false", "false"],
    ["nothing but zero", "0"],
    ["control characters", '"\\u0000\\u001f\\u007f"'],
    ["names that every object has", '{"__proto__":{"a":1},"constructor":2,"toString":3}'],
    ["a member without a name", '{"":1}'],
    ["right-to-left and emoji", '"\\u202e\u{1F600}\u00e9"'],
    ["what looks like a template", '"{% 1 + 1 %} $input {%"'],
    ["what looks like a secret", '{"$secret":"token"}'],
    ["what looks like an artifact", '{"$artifact":"x"}'],
    ["sixty levels", nested(60)],
    ["90 KiB", text(90 * KIB)],
    ["numbers at the edge", "[9007199254740991,-0.5,1e-7,1e21,5e-324,1.7976931348623157e308]"],
  ])("is the same: %s", async (_what, value) => {
    const answer = await startRaw("pass", value);

    const run = answer.json() as unknown as RunView;
    expect({ status: run.status, error: run.error }).toEqual({ status: "succeeded", error: null });
    expect(JSON.stringify(run.output)).toBe(JSON.stringify(JSON.parse(value)));
    const again = await read(server.api, run.id);
    expect(JSON.stringify(again.input)).toBe(JSON.stringify(JSON.parse(value)));
    const verified = await server.api.get(`/v1/runs/${run.id}/ledger/verify`);
    expect(verified.body["ok"]).toBe(true);
  });

  test("keeps half a character as it came, and has a replacement for one in a tool's answer", async () => {
    const value = '["\\ud800",{"\\udc00":"a\\udfffb"}]';

    const run = (await startRaw("pass", value)).json() as unknown as RunView;

    expect(JSON.stringify(run.input)).toBe(value);
    expect(run).toMatchObject({
      status: "succeeded",
      output: ["\ufffd", { "\ufffd": "a\ufffdb" }],
    });
    const verified = await server.api.get(`/v1/runs/${run.id}/ledger/verify`);
    expect(verified.body["ok"]).toBe(true);
  });

  test("is the nearest number where it has more digits than a number holds", async () => {
    const run = (await startRaw("pass", "9007199254740993")).json();

    expect(run).toMatchObject({ status: "succeeded", output: 9_007_199_254_740_992 });
  });

  test.each([
    ["140 KiB into a step", "pass", text(140 * KIB), "succeeded"],
    ["250 KiB into a run", "noop", text(250 * KIB), "succeeded"],
    ["1023 KiB into a run", "noop", text(1022 * KIB), "succeeded"],
    ["1025 KiB into a run", "noop", text(1025 * KIB), "PAYLOAD_TOO_LARGE"],
    ["10 MiB into a run", "noop", text(10 * KIB * KIB), "PAYLOAD_TOO_LARGE"],
    ["a number beyond all", "noop", "1e400", "INVALID_JSON"],
    ["a number of a thousand digits", "noop", `[${"9".repeat(1_000)}]`, "INVALID_JSON"],
    ["sixty-five levels", "noop", nested(65), "JSON_TOO_DEEP"],
  ])("has a clear end: %s", async (_what, workflow, value, expected) => {
    expect(outcome(await startRaw(workflow, value))).toBe(expected);
  });

  test("has a clear end as a signal, too", async () => {
    await publish(server.api, {
      name: "event",
      nodes: [{ id: "w", type: "wait", event: { name: "go" } }],
    });
    const { id, seq } = await start(server.api, "event");
    const path = `/v1/runs/${id}/signals`;

    const large = await server.api.post(path, { name: "go", payload: "x".repeat(1025 * KIB) });
    expectRefused(large, 413, "PAYLOAD_TOO_LARGE");
    const answer = await server.api.post(`/v1/runs/${id}/respond`, "x".repeat(1025 * KIB));
    expectRefused(answer, 413, "PAYLOAD_TOO_LARGE");
    expect((await read(server.api, id)).seq).toBe(seq);
  });
});

describe("a tool's answer", () => {
  test.each([
    ["nothing", { status: 204 }, null],
    ["null", { body: null }, null],
    ["an empty text", { body: "" }, ""],
    ["broken JSON", { text: "{" }, { text: "{" }],
    ["a page", { text: "<p>", headers: { "content-type": "text/html" } }, { text: "<p>" }],
    [
      "JSON of its own kind",
      { text: "[1]", headers: { "content-type": "application/a+json" } },
      [1],
    ],
    ["201", { status: 201, body: 1 }, 1],
    ["names that every object has", { text: '{"__proto__":1}' }, JSON.parse('{"__proto__":1}')],
  ])("that is %s is the step's output", async (_what, answer, output) => {
    tools.on("/give", () => answer);

    const run = await start(server.api, "give");

    expect(run.status, JSON.stringify(run.error)).toBe("succeeded");
    expect(JSON.stringify(run.output)).toBe(JSON.stringify(output as Json));
  });

  test.each([
    ["of 13 MiB", { text: text(13 * KIB * KIB) }, "OUTPUT_TOO_LARGE"],
    ["of 20 MiB", { text: text(20 * KIB * KIB) }, "RESPONSE_TOO_LARGE"],
    ["with a number beyond all", { text: "1e400" }, "RESPONSE_INVALID"],
    ["nested a hundred thousand levels", { text: nested(100_000) }, "RESPONSE_INVALID"],
    [
      "that is compressed",
      { text: "x", headers: { "content-encoding": "gzip" } },
      "RESPONSE_INVALID",
    ],
  ])("%s fails the step by name, once", async (_what, answer, code) => {
    tools.on("/give", () => answer);
    const before = tools.callsOf("/give").length;

    const run = await start(server.api, "give");

    expect(run.error).toMatchObject({ code, node: "g" });
    expect(tools.callsOf("/give").length - before).toBe(1);
  });
});

describe("a name that a template makes", () => {
  const awaits = {
    id: "w",
    type: "wait",
    event: { name: "{% $input.name %}", key: "{% $input.key %}" },
  };

  test.each([
    [{ name: "\ud800" }],
    [{ name: "x".repeat(201) }],
    [{ name: "" }],
    [{ name: "a\nb" }],
    [{ name: 1 }],
    [{ name: "go", key: "x".repeat(90_000) }],
    [{ name: "go", key: "a\udc00" }],
  ])("and no signal can have fails its wait, wherever that stands: %j", async (input) => {
    await publish(server.api, { name: "named", nodes: [awaits] });
    await publish(server.api, {
      name: "named-later",
      nodes: [{ id: "t", type: "tool", tool: "echo" }, awaits],
    });

    for (const workflow of ["named", "named-later"]) {
      const run = await start(server.api, workflow, input);
      expect(run.error).toMatchObject({ code: "INVALID_EVENT", node: "w" });
    }
  });

  test.each(["漢".repeat(200), "a#b%23c", "#", "%", "🙂".repeat(100), "..", "__proto__"])(
    "and a signal can have is met by it: %j",
    async (name) => {
      await publish(server.api, { name: "named", nodes: [awaits] });
      const run = await start(server.api, "named", { name, key: name });
      expect(run.status, JSON.stringify(run.error)).toBe("waiting");

      const sent = await server.api.post(`/v1/runs/${run.id}/signals`, { name, key: name });

      expect(sent.status, sent.text).toBe(202);
      expect((await read(server.api, run.id)).status).toBe("succeeded");
    },
  );

  test("and a person can have gets a link that works, however long it is", async () => {
    const approvers = ["{% $input %}"];
    await publish(server.api, {
      name: "people",
      nodes: [{ id: "p", type: "approval", approvers }],
    });
    const address = `${"漢".repeat(240)}@example.com`;
    const run = await start(server.api, "people", address);
    const task = await taskOf(server.api, run.id);

    const link = await linkOf(server.api, task.id, address);

    expect((await ask("GET", link)).status).toBe(200);
    for (const nobody of ["", " ", "a\ud800@example.com", "x".repeat(321), 1, null]) {
      const failed = await start(server.api, "people", nobody);
      expect(failed.error?.code, JSON.stringify(nobody)).toBe("INVALID_APPROVERS");
    }
  });
});

describe("what is too large", () => {
  test("is a decision's edits, and the task stays open; smaller ones are its output", async () => {
    await publish(server.api, { name: "edited", nodes: [{ id: "p", type: "approval" }] });
    const run = await start(server.api, "edited");
    const { id } = await taskOf(server.api, run.id);
    const decide = (edits: string) =>
      server.api.post(`/v1/tasks/${id}/decide`, { decision: "approved", edits });

    expectRefused(await decide("漢".repeat(30_000)), 413, "PAYLOAD_TOO_LARGE");
    expectRefused(await decide("x".repeat(900 * KIB)), 413, "PAYLOAD_TOO_LARGE");
    expect((await read(server.api, run.id)).seq).toBe(run.seq);
    const edits = "x".repeat(50 * KIB);
    expect((await decide(edits)).status).toBe(200);
    expect((await read(server.api, run.id)).output).toMatchObject({ edits });
  });

  test("is the comment that one task cannot hold beside all the others; without it one decides", async () => {
    const approvers = Array.from({ length: 20 }, (_, index) => `p${index}@example.com`);
    const node = { id: "p", type: "approval", approvers, quorum: 20, email: false };
    await publish(server.api, { name: "talkative", nodes: [node] });
    const run = await start(server.api, "talkative");
    const { id } = await taskOf(server.api, run.id);
    const decide = (as: string, more: object) =>
      server.api.post(`/v1/tasks/${id}/decide`, { decision: "approved", as, ...more });

    const refused: string[] = [];
    for (const as of approvers) {
      const decided = await decide(as, { comment: "漢".repeat(10_000) });
      if (decided.status === 200) continue;
      expectRefused(decided, 413, "PAYLOAD_TOO_LARGE");
      refused.push(as);
    }
    for (const as of refused) expect((await decide(as, {})).status).toBe(200);

    expect(refused.length).toBeGreaterThan(0);
    expect((await read(server.api, run.id)).status).toBe("succeeded");
  });

  test("is a document or a tool that no row could hold, in bytes and not in characters", async () => {
    const nodes = [{ id: "s", type: "set", with: "漢".repeat(140_000) }];
    const url = `http://127.0.0.1:1/${"x".repeat(400 * KIB)}`;

    const workflow = await server.api.post("/v1/workflows", { name: "large", nodes });
    const tool = await server.api.put("/v1/tools/large", { kind: "http", config: { url } });

    expectRefused(workflow, 413, "PAYLOAD_TOO_LARGE");
    expectRefused(tool, 413, "PAYLOAD_TOO_LARGE");
  });

  test("is no answer to be told again: a repeated request gets all of it", async () => {
    const sets = Array.from({ length: 13 }, (_, index) => ({
      id: `s${index}`,
      type: "set",
      with: { index, big: "{% $pad('', 30000, '漢') %}" },
    }));
    const wait = { id: "w", type: "wait", event: { name: "go" } };
    await publish(server.api, { name: "large-run", nodes: [...sets, wait] });
    const { id } = await start(server.api, "large-run", "x".repeat(200 * KIB));
    const key = { "idempotency-key": "cancel-it" };

    const first = await server.api.post(`/v1/runs/${id}/cancel`, {}, key);
    const again = await server.api.post(`/v1/runs/${id}/cancel`, {}, key);

    expect(first.status, first.text.slice(0, 500)).toBe(200);
    expect(first.text.length).toBeGreaterThan(370_000);
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect(again.body).toEqual(first.body);
  });
});

test("Half a character in a name is refused where the name is given", async () => {
  for (const [path, body] of [
    ["/v1/keys", { name: "\ud800" }],
    ["/v1/keys", { name: "x", person: "a\udc00" }],
    ["/v1/tenants", { name: "\ud800" }],
  ] as const) {
    const api = path === "/v1/tenants" ? server.platform : server.api;
    expectRefused(await api.post(path, body), 400, "INVALID_REQUEST");
  }
});

test("Markup in a title is text in mails and pages, and line breaks stay out of subjects", async () => {
  const title = "<script>alert(1)</script>\r\nBcc: eve@example.com";
  const node = { id: "p", type: "approval", title: "{% $input %}", preview: "{% $input %}" };
  await publish(server.api, {
    name: "markup",
    nodes: [{ ...node, approvers: ["ada@example.com"] }],
  });
  const run = await start(server.api, "markup", title);
  const task = await taskOf(server.api, run.id);
  const link = await linkOf(server.api, task.id, "ada@example.com");

  const page = await ask("GET", link, { headers: { accept: "text/html" } });
  const mails = await ask("GET", `${server.url}/mail`);
  const { data } = (await server.api.get("/dev/mail")).body as {
    data: { subject: string; html: string }[];
  };

  for (const shown of [page.text, mails.text, ...data.map(({ html }) => html)]) {
    expect(shown).not.toContain("<script>");
  }
  for (const { subject } of data) expect(subject).not.toMatch(/[\r\n]/);
  expect((await eventsOf(server.api, run.id)).length).toBe(run.seq);
});

test("Nothing of all this was an error of ours", () => {
  expect(
    server
      .output()
      .split("\n")
      .filter((line) => line.includes('"level":"error"')),
  ).toEqual([]);
});
