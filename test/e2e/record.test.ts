import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunView } from "../../core/engine/views.ts";
import {
  type EventShown,
  eventsOf,
  expectRefused,
  publish,
  reaches,
  registerTool,
  start,
  stepOf,
  taskOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

const INPUT = { order: "A-17", amount: 12 };

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "charge");
  tools.on("/charge", (call) => (call.n === 1 ? { status: 503 } : tools.effectOnce(call)));
  await publish(server.api, {
    name: "story",
    vars: { seen: 0 },
    nodes: [
      { id: "plan", type: "llm", model: "mock/echo", prompt: "refund {% $input.order %}?" },
      {
        id: "ok",
        type: "approval",
        title: "Refund {% $input.amount %}?",
        preview: "{% $input %}",
        approvers: ["ada@example.com"],
        assign: { seen: "{% $vars.seen + 1 %}" },
      },
      {
        id: "charge",
        type: "tool",
        tool: "charge",
        with: { amount: "{% $input.amount %}" },
        retry: { backoff: { initial: "PT0S", jitter: "none" } },
      },
    ],
    output: { by: "{% $steps.ok.output.decidedBy %}", charged: "{% $steps.charge.output.done %}" },
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

async function story(): Promise<RunView> {
  const run = await start(server.api, "story", INPUT, { tags: { team: "care" } });
  const task = await taskOf(server.api, run.id);
  const decision = { decision: "approved", as: "ada@example.com", comment: "fine" };
  await server.api.post(`/v1/tasks/${task.id}/decide`, decision);
  return reaches(server.api, run.id, "succeeded");
}

describe("a run", () => {
  test("tells its whole story: what it had, what it did, what it waits for, what came of it (A12, G3)", async () => {
    const waiting = await start(server.api, "story", INPUT, { tags: { team: "care" } });

    expect(waiting).toMatchObject({
      status: "waiting",
      workflow: "story",
      version: 1,
      input: INPUT,
      output: null,
      error: null,
      vars: { seen: 0 },
      tags: { team: "care" },
      parent: null,
      endedAt: null,
    });
    const task = await taskOf(server.api, waiting.id);
    expect(waiting.waitingOn).toMatchObject([{ kind: "approval", node: "ok", task: task.id }]);
    expect(task).toMatchObject({
      runId: waiting.id,
      node: "ok",
      kind: "approval",
      status: "open",
      title: "Refund 12?",
      preview: INPUT,
      assignees: ["ada@example.com"],
      decisions: [],
    });
    const plan = stepOf(waiting, "plan");
    expect(plan).toMatchObject({ type: "llm", status: "succeeded", visit: 1, attempt: 1 });
    expect(plan.output).toMatchObject({ text: "echo: refund A-17?", model: "mock/echo" });
    expect(JSON.stringify(plan.output)).toContain("mock");
    expect(plan.usage?.totalTokens).toBeGreaterThan(0);

    const decision = { decision: "approved", as: "ada@example.com" };
    await server.api.post(`/v1/tasks/${task.id}/decide`, decision);
    const run = await reaches(server.api, waiting.id, "succeeded");
    expect(run.output).toEqual({ by: "ada@example.com", charged: { amount: 12 } });
    expect(run.vars).toEqual({ seen: 1 });
    expect(run.waitingOn).toEqual([]);
    expect(run.usage.totalTokens).toBe(plan.usage?.totalTokens);
    expect(run.steps.map(({ node }) => node)).toEqual(["plan", "ok", "charge"]);
    const charge = stepOf(run, "charge");
    expect(charge).toMatchObject({
      input: { amount: 12 },
      attempt: 2,
      idempotencyKey: expect.anything(),
    });
    expect(charge.attempts).toMatchObject([
      { attempt: 1, error: { code: "HTTP_503" } },
      { attempt: 2 },
    ]);
    for (const step of run.steps) {
      const [from, to] = [Date.parse(step.startedAt ?? ""), Date.parse(step.endedAt ?? "")];
      expect(from).toBeGreaterThanOrEqual(Date.parse(run.createdAt));
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to).toBeLessThanOrEqual(Date.parse(run.endedAt ?? ""));
    }
  });

  test("has events that are numbered from 1 without a gap, and pages that lose and repeat none (G8)", async () => {
    const run = await story();
    const events = await eventsOf(server.api, run.id);

    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(run.seq).toBe(events.length);
    expect(events[0]).toMatchObject({ type: "run.created", runId: run.id, data: { input: INPUT } });
    expect(events.at(-1)).toMatchObject({ type: "run.succeeded", data: { output: run.output } });
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const times = events.map(({ at }) => Date.parse(at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const paged: EventShown[] = [];
    for (let after = "0"; ; ) {
      const page = (await server.api.get(`/v1/runs/${run.id}/events?after=${after}&limit=3`)).body;
      paged.push(...(page["data"] as unknown as EventShown[]));
      if (page["nextCursor"] === null) break;
      after = (page as { nextCursor: string }).nextCursor;
    }
    expect(paged).toEqual(events);
    const rest = await server.api.get(`/v1/runs/${run.id}/events?after=${run.seq}`);
    expect(rest.body).toEqual({ data: [], nextCursor: null });
    const ofType = await server.api.get(`/v1/runs/${run.id}/events?type=task.decided`);
    expect(ofType.body["data"]).toHaveLength(1);
  });

  test("reads the same after kill -9, to the letter (A7)", async () => {
    const done = await story();
    const waiting = await start(server.api, "story", INPUT);
    const look = async () => {
      const answers = [];
      for (const id of [done.id, waiting.id]) {
        for (const what of ["", "/steps", "/events", "/ledger/verify"]) {
          answers.push((await server.api.get(`/v1/runs/${id}${what}`)).text);
        }
      }
      return [...answers, (await server.api.get("/v1/runs?limit=2")).text];
    };
    const before = await look();

    await server.killAndStart();

    expect(await look()).toEqual(before);
  });

  test("is listed by what it is, newest first, page by page (A8, F12)", async () => {
    const run = await start(server.api, "story", INPUT, { tags: { team: "lists" } });
    const found = async (query: string) => {
      const { data } = (await server.api.get(`/v1/runs?${query}`)).body;
      return (data as unknown as { id: string }[]).map(({ id }) => id);
    };

    for (const query of [
      "status=waiting&tag=team:lists",
      "workflow=story&waitingOn=approval&tag=team:lists",
      `from=${run.createdAt}&tag=team:lists`,
    ]) {
      expect(await found(query), query).toEqual([run.id]);
    }
    for (const query of ["status=failed&tag=team:lists", "workflow=other", "tag=team:nobody"]) {
      expect(await found(query), query).toEqual([]);
    }
    const all = await found("limit=200");
    const pages: string[] = [];
    for (let cursor = ""; ; ) {
      const page = (await server.api.get(`/v1/runs?limit=2${cursor}`)).body;
      pages.push(...(page["data"] as unknown as { id: string }[]).map(({ id }) => id));
      if (page["nextCursor"] === null) break;
      cursor = `&cursor=${(page as { nextCursor: string }).nextCursor}`;
    }
    expect(pages).toEqual(all);
    const listed = (await server.api.get("/v1/runs?limit=200")).body["data"];
    const times = (listed as unknown as RunView[]).map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  test("that is not there is 404 in every way of asking", async () => {
    for (const what of ["", "/steps", "/events", "/ledger/verify"]) {
      expectRefused(await server.api.get(`/v1/runs/run_none${what}`), 404, "NOT_FOUND");
    }
  });
});

describe("the ledger of a run", () => {
  test("names the event that was altered in the file, whichever it is", async () => {
    const first = await story();
    const count = rowsOf(first.id).length;
    expect(count).toBeGreaterThan(3);
    const runs = [first];
    while (runs.length < count) runs.push(await story());
    const verdict = async (id: string) =>
      (await server.api.get(`/v1/runs/${id}/ledger/verify`)).body;
    const untouched = await verdict(first.id);
    expect(untouched).toMatchObject({ ok: true, count: first.seq, errors: [] });
    await server.stop();

    const altered = runs.map(({ id }, index) => alterCommit(id, index));
    await server.start();

    for (const { id, sk, seq } of altered) {
      const { ok, errors } = await verdict(id);
      expect({ sk, ok }).toEqual({ sk, ok: false });
      const named = (errors as unknown as { seq: number }[]).map((error) => error.seq);
      expect(Math.min(...named), sk).toBe(seq);
    }
  });

  test("misses a commit that was taken out of the middle, and one that was cut off", async () => {
    const runs = [await story(), await story()];
    await server.stop();
    const database = new DatabaseSync(server.databaseFile);
    for (const [at, run] of runs.entries()) {
      const { sk = "" } = rowsOf(run.id).at(at === 0 ? 2 : -1) ?? {};
      const remove = database.prepare("delete from items where pk = ? and sk = ?");
      remove.run(partition(run.id), sk);
    }
    database.close();
    await server.start();

    const found = [];
    for (const run of runs) {
      const { ok, errors } = (await server.api.get(`/v1/runs/${run.id}/ledger/verify`)).body;
      expect(ok).toBe(false);
      found.push((errors as unknown as { type: string }[]).map(({ type }) => type));
    }
    expect(found[0]).toContain("seq_gap");
    expect(found[1]).toEqual(["tail_missing", "signature_mismatch"]);
  });
});

type Row = Readonly<{ sk: string; content: string; attributes: string }>;

function partition(run: string): string {
  return `default#run#${run}`;
}

function rowsOf(run: string): readonly Row[] {
  const database = new DatabaseSync(server.databaseFile);
  const found = database
    .prepare(
      "select sk, content, attributes from items where pk = ? and sk like 'log#%' order by sk",
    )
    .all(partition(run));
  database.close();
  return found as unknown as readonly Row[];
}

/** Changes one character of a run's n-th commit: of what happened, when, or its proof. */
function alterCommit(id: string, index: number) {
  const row = rowsOf(id)[index];
  if (!row) throw new Error(`run ${id} has no commit ${index}`);
  const { sk, content, attributes } = row;
  const changes = [
    { content: content.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)) },
    { attributes: attributes.replace(/"at":(\d+)/, (_all, at) => `"at":${Number(at) + 1}`) },
    { attributes: attributes.replace(/"digest":"(.)/, (_all, one) => `"digest":"${other(one)}`) },
  ];
  const changed = { content, attributes, ...changes[index % changes.length] };
  expect(changed).not.toEqual({ content, attributes });
  const database = new DatabaseSync(server.databaseFile);
  database
    .prepare("update items set content = ?, attributes = ? where pk = ? and sk = ?")
    .run(changed.content, changed.attributes, partition(id), sk);
  database.close();
  return { id, sk, seq: Number(sk.slice("log#".length)) };
}

function other(char: string): string {
  return char === "A" ? "B" : "A";
}
