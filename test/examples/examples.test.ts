import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunView } from "../../core/engine/views.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { type Call, openRefundDesk, type RefundDesk } from "../../examples/refund-desk.ts";
import { openPage, press } from "../../scripts/demo/person.ts";
import { type Answer, succeeded } from "../../scripts/support/client.ts";
import { ROOT } from "../architecture/source.ts";
import { advance, begin, ended, linkOf, read, start, stepOf, taskOf } from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

const FOLDER = join(ROOT, "examples");
const files = readdirSync(FOLDER).toSorted();
const documents = files.filter((name) => name.endsWith(".json"));
const APPROVER = "fay@acme.example";

const published = new Map<string, Answer>();
let server: TestServer;
let desk: RefundDesk;
/** What the desk does with its caller before it answers, for the test that needs it. */
let beforeAnswering: (call: Call) => Promise<void> = async () => undefined;

beforeAll(async () => {
  [server, desk] = await Promise.all([
    startServer(),
    openRefundDesk({ beforeAnswering: (call) => beforeAnswering(call) }),
  ]);
  const config = { url: `${desk.url}/refunds` };
  succeeded(await server.api.put("/v1/tools/refund", { kind: "http", config }));
  for (const name of documents)
    published.set(name, await server.api.post("/v1/workflows", documentOf(name)));
});

afterAll(async () => {
  await desk.close();
  await server.close();
});

function documentOf(name: string): JsonObject {
  return JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as JsonObject;
}

/** Decides as a person does: by the form behind the link in the mail. */
async function decide(runId: string, to: string, decision: string): Promise<void> {
  const task = await taskOf(server.api, runId);
  const page = await openPage(await linkOf(server.api, task.id, to));
  expect((await press(page, decision, "")).status).toBe(200);
}

function outputOf(run: RunView): Json {
  expect(run.status, JSON.stringify(run.error)).toBe("succeeded");
  return run.output;
}

test.each(documents)("%s is published under its own name, and without a warning", async (name) => {
  const document = documentOf(name);
  const answer = published.get(name);
  const validated = await server.api.post("/v1/workflows/validate", document);

  expect([answer?.status, answer?.body["name"]]).toEqual([201, name.replace(".json", "")]);
  expect(validated.body).toEqual({ valid: true, errors: [], warnings: [] });
});

describe("hello.json", () => {
  test("greets whom it is given", async () => {
    expect(outputOf(await start(server.api, "hello", { name: "Ada" }))).toBe("Hello, Ada!");
  });

  test("tells what is wrong with another input", async () => {
    const answer = await server.api.post("/v1/runs", { workflow: "hello", input: { name: "" } });

    expect([answer.status, answer.body["code"]]).toEqual([400, "INVALID_INPUT"]);
  });
});

describe("ask-a-person.json", () => {
  const input = { question: "Shall we ship on Friday?", approver: APPROVER };

  test.each([
    ["approved", `${APPROVER} said yes.`],
    ["rejected", `${APPROVER} said no.`],
  ])("goes on when a person has %s by the link in the mail", async (decision, output) => {
    const run = await start(server.api, "ask-a-person", input);
    expect([run.status, run.waitingOn[0]?.kind]).toEqual(["waiting", "approval"]);

    await decide(run.id, APPROVER, decision);

    expect(outputOf(await ended(server.api, run.id))).toBe(output);
  });

  test("goes on without an answer after a week", async () => {
    const run = await start(server.api, "ask-a-person", input);

    await advance(server.api, "P7D");

    expect(outputOf(await ended(server.api, run.id))).toBe("Nobody answered within a week.");
  });
});

test("wait-until.json reminds at its time, and not a second before", async () => {
  const now = await advance(server.api, "PT0S");
  const at = new Date(now + 3_600_000).toISOString();
  const run = await start(server.api, "wait-until", { at, about: "tea" });
  expect(run.waitingOn).toMatchObject([{ kind: "timer", until: at }]);

  await advance(server.api, "PT59M");
  expect((await read(server.api, run.id)).status).toBe("waiting");
  await advance(server.api, "PT1M");

  const output = outputOf(await ended(server.api, run.id)) as Record<string, string>;
  expect(output).toMatchObject({ reminder: "tea", "asked for": at });
  expect(Date.parse(output["came at"] ?? "")).toBeGreaterThanOrEqual(Date.parse(at));
});

test("press-for-an-answer.json reminds, asks somebody else, and decides at last", async () => {
  const input = { question: "Buy?", approver: "ada@example.com", boss: "bob@example.com" };
  const { id } = await start(server.api, "press-for-an-answer", input);
  const asked = await taskOf(server.api, id);
  await advance(server.api, "P2D");
  expect((await taskOf(server.api, id)).assignees).toEqual(["bob@example.com"]);
  await advance(server.api, "P2D");

  expect(outputOf(await ended(server.api, id))).toBe("rejected by escalation");
  const { data } = succeeded(await server.api.get("/dev/mail"));
  const mails = data as unknown as readonly { to: string; subject: string; text: string }[];
  const about = mails.filter(({ text, subject }) => `${text} ${subject}`.includes("Buy?"));
  expect(about.map(({ to }) => to)).toEqual([
    "ada@example.com",
    "bob@example.com",
    "ada@example.com",
    "ada@example.com",
  ]);
  expect(about[0]?.text).toBe("It was rejected by escalation.\n");
  expect(asked.reminders).toHaveLength(1);
});

describe("multi-step.json", () => {
  const cup = { item: "cup", price: 12.5, quantity: 2 };
  const pot = { item: "pot", price: 40, quantity: 1 };

  test.each([
    ["costs delivery", [cup], { lines: 1, goods: 25, delivery: 4.9 }],
    ["is delivered free", [cup, pot], { lines: 2, goods: 65, delivery: 0 }],
    [
      "of many lines is added up",
      Array.from({ length: 40 }, () => cup),
      { lines: 40, goods: 1000, delivery: 0 },
    ],
  ])("an order that %s", async (_, lines, bill) => {
    expect(outputOf(await start(server.api, "multi-step", { lines }))).toEqual(bill);
  });
});

test("model-call.json asks the default model, and counts its tokens", async () => {
  const run = await start(server.api, "model-call", { text: "It rains." });

  expect(outputOf(run)).toEqual({
    answer: "echo: What is this about? It rains.",
    model: "mock/echo",
    tokens: run.usage.totalTokens,
  });
  expect(run.usage.totalTokens).toBeGreaterThan(0);
});

test("crash-and-resume.json goes on after kill -9, and repeats only what was cut off", async () => {
  const { id } = await begin(server.api, "crash-and-resume", { ms: 1_500 });
  let slow: string | undefined;
  while (slow !== "running") {
    slow = (await read(server.api, id)).steps.find(({ node }) => node === "slow")?.status;
  }

  await server.killAndStart();

  const run = await ended(server.api, id);
  expect(outputOf(run)).toEqual(["done before the crash", "done after it"]);
  expect(stepOf(run, "before")).toMatchObject({ recoveries: 0, attempt: 1 });
  expect(stepOf(run, "slow")).toMatchObject({ recoveries: 1 });
});

describe("refund-agent.json", () => {
  const input = { order: "A-1717", complaint: "Late, incomplete and broken.", approver: APPROVER };
  const amounts = () => desk.payments().map(({ amount }) => amount);

  test("pays small refunds by itself, and large ones when a person agrees", async () => {
    const before = desk.payments().length;
    const run = await start(server.api, "refund-agent", input);
    expect(run.waitingOn).toMatchObject([{ kind: "approval", node: "approve" }]);
    expect(amounts().slice(before)).toEqual([9.9, 24]);

    await decide(run.id, APPROVER, "approved");

    expect(outputOf(await ended(server.api, run.id))).toEqual({ refunds: 3, paid: 282.9 });
    expect(amounts().slice(before)).toEqual([9.9, 24, 249]);
  });

  test("pays no more when the person does not agree", async () => {
    const before = desk.payments().length;
    const run = await start(server.api, "refund-agent", input);

    await decide(run.id, APPROVER, "rejected");

    const output = { refunds: 2, paid: 33.9, declined: "headphones" };
    expect(outputOf(await ended(server.api, run.id))).toEqual(output);
    expect(amounts().slice(before)).toEqual([9.9, 24]);
  });

  test("pays once when the server dies between the payment and its answer", async () => {
    const before = desk.payments().length;
    const { promise: paid, resolve } = Promise.withResolvers<Call>();
    beforeAnswering = (call) => {
      beforeAnswering = async () => undefined;
      resolve(call);
      return new Promise(() => undefined);
    };
    const { id } = await begin(server.api, "refund-agent", input);
    const { key } = await paid;

    await server.killAndStart();

    await linkOf(server.api, (await taskOnceOpen(id)).id, APPROVER);
    expect(desk.calls().filter((call) => call.key === key)).toMatchObject([
      { repeated: false },
      { repeated: true },
    ]);
    expect(amounts().slice(before)).toEqual([9.9, 24]);
  });

  async function taskOnceOpen(runId: string) {
    let run = await read(server.api, runId);
    while (run.status !== "waiting") run = await read(server.api, runId);
    return taskOf(server.api, runId);
  }
});

test("Every example has its section in the list of examples, and its test", () => {
  const list = readFileSync(join(FOLDER, "README.md"), "utf8");
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(join(import.meta.dirname, name), "utf8"))
    .join("\n");
  const examples = files.filter((name) => name !== "README.md");

  expect(new Set(list.match(/(?<=^## ).+$/gm))).toEqual(new Set(examples));
  const isTested = (name: string) =>
    tests.includes(`describe("${name}"`) || tests.includes(`test("${name} `);
  expect(examples.filter((name) => !isTested(name))).toEqual([]);
});
