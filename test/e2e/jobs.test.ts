import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobView } from "../../core/engine/job-views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { type Answer, type JsonClient, succeeded } from "../../scripts/support/client.ts";
import {
  advance,
  begin,
  ended,
  eventsOf,
  eventually,
  expectRefused,
  publish,
  reaches,
  read,
  start,
  stepOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let worker: JsonClient;

beforeAll(async () => {
  server = await startServer();
  worker = (await server.key({ name: "w", role: "worker" })).api;
});

afterAll(async () => {
  await server.close();
});

/** A tool of its own for each test, so that no test takes the jobs of another. */
async function tool(name: string, more: JsonObject = {}, node: JsonObject = {}): Promise<void> {
  succeeded(await server.api.put(`/v1/tools/${name}`, { kind: "worker", ...more }));
  const work = { id: "work", type: "tool", tool: name, with: "{% $input %}", ...node };
  await publish(server.api, { name, nodes: [work] });
}

async function poll(tools: readonly string[], more: JsonObject = {}): Promise<readonly JobView[]> {
  const body = { tools, worker: "w-1", ...more };
  const answer = succeeded(await worker.post("/v1/worker/poll", body));
  return answer["jobs"] as unknown as readonly JobView[];
}

async function take(name: string, more: JsonObject = {}): Promise<JobView> {
  const [job] = await poll([name], { wait: 10, ...more });
  if (!job) throw new Error(`no job of ${name} is offered`);
  return job;
}

function report(what: string, { id, lease }: JobView, body: JsonObject = {}): Promise<Answer> {
  return worker.post(`/v1/worker/jobs/${id}/${what}`, { lease, ...body });
}

describe("a job", () => {
  test("is waited for as rows, taken by a poll, and its output goes on in the run", async () => {
    await tool("plain");
    const run = await start(server.api, "plain", { n: 7 });

    expect(run).toMatchObject({ status: "waiting", waitingOn: [{ kind: "job", tool: "plain" }] });
    const job = await take("plain");
    expect(job).toMatchObject({
      runId: run.id,
      node: "work",
      tool: "plain",
      input: { n: 7 },
      attempt: 1,
      idempotencyKey: stepOf(run, "work").idempotencyKey,
    });
    expect(await poll(["plain"]), "it is taken").toEqual([]);
    const receipt = succeeded(await report("complete", job, { output: { seen: 7 } }));
    expect(receipt).toEqual({ id: job.id, runId: run.id, status: "completed" });
    expect(await ended(server.api, run.id)).toMatchObject({
      status: "succeeded",
      output: { seen: 7 },
    });
    const done = (await eventsOf(server.api, run.id)).find(({ type }) => type === "step.succeeded");
    expect(done?.actor).toMatchObject({ kind: "worker", id: "w-1" });
  });

  test("is given to a poll that was there before it, at once", async () => {
    await tool("early");
    const waiting = take("early", { wait: "PT20S" });
    const run = await begin(server.api, "early");
    const began = performance.now();

    expect((await waiting).runId).toBe(run.id);
    expect(performance.now() - began).toBeLessThan(900);
  });

  test("of two workers that ask at once goes to one, and of many jobs each goes once (A6)", async () => {
    await tool("many");
    const runs = await Promise.all(
      Array.from({ length: 12 }, (_, n) => begin(server.api, "many", n)),
    );
    const polls = await Promise.all(
      Array.from({ length: 8 }, () => poll(["many"], { max: 3, wait: 1 })),
    );

    const taken = polls.flat().map(({ runId }) => runId);
    expect(taken.toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
  });

  test("reported by two that believe to have it counts for the one who does (A5)", async () => {
    await tool("lost");
    const run = await begin(server.api, "lost");
    const first = await take("lost");
    await advance(server.api, "PT31S");
    const second = await take("lost");

    expect(second).toMatchObject({
      id: first.id,
      idempotencyKey: first.idempotencyKey,
      attempt: 2,
      deadline: first.deadline,
    });
    expect(second.lease).not.toBe(first.lease);
    expectRefused(await report("complete", first, { output: "late" }), 409, "LEASE_LOST");
    expectRefused(await report("heartbeat", first), 409, "LEASE_LOST");
    expectRefused(await report("fail", first, { code: "LATE" }), 409, "LEASE_LOST");
    succeeded(await report("complete", second, { output: "in time" }));
    const after = await ended(server.api, run.id);
    expect(after).toMatchObject({ status: "succeeded", output: "in time" });
    expect(stepOf(after, "work")).toMatchObject({ attempt: 2, recoveries: 1 });
  });

  test("stays with whoever says that the work goes on (A6)", async () => {
    await tool("long");
    await begin(server.api, "long");
    const job = await take("long");
    await advance(server.api, "PT20S");
    const beat = succeeded(await report("heartbeat", job));
    await advance(server.api, "PT20S");

    expect(beat).toMatchObject({ cancelled: false });
    expect(await poll(["long"])).toEqual([]);
    succeeded(await report("complete", job));
  });

  test("that may be done at most once is not offered again when its worker is lost", async () => {
    await tool("once", { delivery: "at-most-once" });
    const run = await begin(server.api, "once");
    const job = await take("once");
    await advance(server.api, "PT31S");

    expect(await ended(server.api, run.id)).toMatchObject({
      status: "failed",
      error: { code: "OUTCOME_UNKNOWN" },
    });
    expect(await poll(["once"])).toEqual([]);
    expectRefused(await report("complete", job), 409, "LEASE_LOST");
  });

  test("that fails so that it may succeed is tried again, after the time that it asks for", async () => {
    await tool("flaky");
    const run = await begin(server.api, "flaky");
    const job = await take("flaky");
    const failed = { code: "BUSY", message: "no", retryable: true, retryAfter: "PT60S" };
    const receipt = succeeded(await report("fail", job, failed));

    expect(receipt).toMatchObject({ status: "failed", error: { code: "BUSY" } });
    expect((await read(server.api, run.id)).waitingOn).toMatchObject([{ kind: "retry" }]);
    await advance(server.api, "PT59S");
    expect(await poll(["flaky"])).toEqual([]);
    await advance(server.api, "PT2S");
    const again = await take("flaky");
    expect(again).toMatchObject({ attempt: 2, idempotencyKey: job.idempotencyKey });
    succeeded(await report("fail", again, { code: "BROKEN", message: "for good" }));
    expect(await ended(server.api, run.id)).toMatchObject({
      status: "failed",
      error: { code: "BROKEN", message: "for good", node: "work" },
    });
  });

  test("that nobody does in time fails its attempt, however often it was taken", async () => {
    await tool("late", {}, { timeout: "PT40S", retry: { maxAttempts: 1 } });
    const run = await begin(server.api, "late");
    const job = await take("late");
    await advance(server.api, "PT31S");
    await take("late");
    await advance(server.api, "PT10S");

    expect(await ended(server.api, run.id)).toMatchObject({ error: { code: "TIMEOUT" } });
    expectRefused(await report("complete", job), 409, "LEASE_LOST");
  });

  test("is given up when its workers are lost again and again (A5)", async () => {
    await tool("doomed", { config: { lease: "PT5S" } });
    const run = await begin(server.api, "doomed");
    for (let taken = 1; taken <= 11; taken++) {
      expect((await take("doomed")).attempt).toBe(taken);
      await advance(server.api, "PT6S");
    }

    expect(await ended(server.api, run.id)).toMatchObject({ error: { code: "WORKER_LOST" } });
  });

  test("of a run that is cancelled is closed, and its worker's heartbeat says so", async () => {
    await tool("dropped");
    const [held, offered] = [
      await begin(server.api, "dropped"),
      await begin(server.api, "dropped"),
    ];
    const job = await take("dropped");
    succeeded(await server.api.post(`/v1/runs/${held.id}/cancel`, {}));
    succeeded(await server.api.post(`/v1/runs/${offered.id}/cancel`, {}));

    expect(succeeded(await report("heartbeat", job))).toMatchObject({ cancelled: true });
    expectRefused(await report("complete", job), 409, "LEASE_LOST");
    expect(await poll(["dropped"])).toEqual([]);
  });

  test("is not the answer that `respond` gives", async () => {
    await tool("mute");
    const run = await start(server.api, "mute");

    const answer = await server.api.post(`/v1/runs/${run.id}/respond`, { done: true });

    expectRefused(answer, 409, "RUN_NOT_WAITING");
  });
});

describe("a report", () => {
  test("that comes again is answered alike, and counts once", async () => {
    await tool("twice");
    const run = await begin(server.api, "twice");
    const job = await take("twice");
    const receipts = await Promise.all(
      Array.from({ length: 5 }, () => report("complete", job, { output: 1 })),
    );

    expect(receipts.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(receipts.every(({ body }) => body["status"] === "completed")).toBe(true);
    const types = (await eventsOf(server.api, run.id)).map(({ type }) => type);
    expect(types.filter((type) => type === "step.succeeded")).toHaveLength(1);
    await advance(server.api, "PT61M");
    const forgotten = () =>
      report("complete", job).then(({ status }) => (status === 404 ? true : undefined));
    await eventually("the report is forgotten", forgotten);
  });

  test("of another lease, or of no job at all, is refused", async () => {
    await tool("guessed");
    await begin(server.api, "guessed");
    const job = await take("guessed");

    expectRefused(await report("complete", { ...job, lease: "1-abc" }), 409, "LEASE_LOST");
    expectRefused(await report("complete", { ...job, id: "job_none" }), 404, "NOT_FOUND");
    succeeded(await report("complete", job));
  });

  test("of an output that does not fit fails the step, and the receipt says so", async () => {
    await tool("typed", { outputSchema: { type: "object", required: ["url"] } });
    const run = await begin(server.api, "typed");
    const job = await take("typed");
    const receipt = succeeded(await report("complete", job, { output: { uri: "x" } }));

    expect(receipt).toMatchObject({ status: "failed", error: { code: "TOOL_OUTPUT_INVALID" } });
    expect(await ended(server.api, run.id)).toMatchObject({
      error: { code: "TOOL_OUTPUT_INVALID" },
    });
    expect(succeeded(await report("complete", job))).toMatchObject({ status: "failed" });
  });
});

describe("an input that the tool does not take", () => {
  test("is offered to nobody", async () => {
    await tool("strict", { inputSchema: { type: "object", required: ["n"] } });
    const run = await start(server.api, "strict", {});

    expect(run).toMatchObject({ status: "failed", error: { code: "TOOL_INPUT_INVALID" } });
    expect(await poll(["strict"])).toEqual([]);
  });
});

describe("a tool that needs a person first", () => {
  test("is offered once the person has approved, and not before", async () => {
    await tool("gated", { approval: { approvers: ["ann@acme.example"] } });
    const run = await start(server.api, "gated", 1);
    expect(run.waitingOn).toMatchObject([{ kind: "approval" }]);
    expect(await poll(["gated"])).toEqual([]);

    const decision = { decision: "approved", as: "ann@acme.example" };
    const task = run.waitingOn[0]?.task ?? "";
    succeeded(await server.api.post(`/v1/tasks/${task}/decide`, decision));

    const job = await take("gated");
    expect(job).toMatchObject({ input: 1, attempt: 1 });
    succeeded(await report("complete", job, { output: 2 }));
    expect(await ended(server.api, run.id)).toMatchObject({ output: 2 });
  });
});

describe("asking for jobs", () => {
  test("is fair between tools: a busy one does not hold up another", async () => {
    await tool("busy");
    await tool("rare");
    for (let n = 0; n < 6; n++) await begin(server.api, "busy");
    await begin(server.api, "rare");

    const taken = await poll(["busy", "rare"], { max: 2 });

    expect(taken.map(({ tool: name }) => name).toSorted()).toEqual(["busy", "rare"]);
  });

  test("is for worker and admin keys, whose tenant's jobs they get and no other's", async () => {
    await tool("mine");
    await begin(server.api, "mine");
    const other = await server.tenant();
    const viewer = (await server.key({ name: "v", role: "operator" })).api;
    const body = { tools: ["mine"], worker: "x" };

    expectRefused(await viewer.post("/v1/worker/poll", body), 403, "FORBIDDEN");
    expectRefused(await worker.get("/v1/runs"), 403, "FORBIDDEN");
    expect(succeeded(await other.api.post("/v1/worker/poll", body))).toEqual({ jobs: [] });
    const job = await take("mine");
    const theirs = await other.api.post(`/v1/worker/jobs/${job.id}/complete`, { lease: job.lease });
    expectRefused(theirs, 404, "NOT_FOUND");
    const mine = await server.api.post(`/v1/worker/jobs/${job.id}/complete`, { lease: job.lease });
    expect(mine.status).toBe(200);
  });

  test.each<[string, JsonObject]>([
    ["no tools", { tools: [] }],
    ["no worker", { worker: "" }],
    ["more time than there is", { wait: 26 }],
    ["a duration beyond it", { wait: "PT26S" }],
    ["no duration", { wait: "soon" }],
    ["no jobs", { max: 0 }],
    ["an unknown field", { other: 1 }],
  ])("for %s is refused", async (_, more) => {
    const answer = await worker.post("/v1/worker/poll", { tools: ["a"], worker: "w", ...more });

    expectRefused(answer, 400, "INVALID_REQUEST");
  });
});

describe("a server that is killed", () => {
  test("has the job, its lease and its result when it is back, once each", async () => {
    await tool("kept");
    const run = await begin(server.api, "kept", "in");
    await server.killAndStart();
    const job = await take("kept");
    await server.killAndStart();

    expect(await poll(["kept"]), "the lease is kept").toEqual([]);
    const reported = report("complete", job, { output: "out" }).catch(() => undefined);
    await server.killAndStart();
    await reported;
    succeeded(await report("complete", job, { output: "out" }));
    expect(await reaches(server.api, run.id, "succeeded")).toMatchObject({ output: "out" });
    const started = (await eventsOf(server.api, run.id)).filter(({ type }) =>
      /^step\.(started|succeeded)$/.test(type),
    );
    expect(started).toHaveLength(2);
  });

  test("offers a job again whose lease ran out while it was dead", async () => {
    await tool("dead", { config: { lease: "PT1S" } });
    await begin(server.api, "dead");
    const job = await take("dead");
    await server.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await server.start();

    const again = await take("dead");

    expect(again).toMatchObject({ id: job.id, attempt: 2 });
    succeeded(await report("complete", again));
  });
});
