import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeadLetterView } from "../../core/engine/dead-letter-view.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { succeeded } from "../../scripts/support/client.ts";
import {
  advance,
  begin,
  ended,
  eventsOf,
  expectRefused,
  publish,
  reaches,
  read,
  registerTool,
  start,
  stepOf,
  taskOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

const ONCE = { maxAttempts: 1 };

let server: TestServer;
let tools: ToolServer;
let made = 0;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  await registerTool(server.api, tools, "before");
  await registerTool(server.api, tools, "after");
});

afterAll(async () => {
  tools.close();
  await server.close();
});

/** A workflow whose second call breaks for good, with a tool of its own. */
async function breaking(retry: JsonObject = ONCE) {
  made++;
  const name = `breaks-${made}`;
  await registerTool(server.api, tools, name);
  tools.on(`/${name}`, () => ({ status: 503, body: "closed" }));
  await publish(server.api, {
    name,
    nodes: [
      { id: "before", type: "tool", tool: "before", with: "{% $run.id %}" },
      { id: "pay", type: "tool", tool: name, with: { n: 1 }, retry },
      { id: "after", type: "tool", tool: "after", with: "{% $steps.pay.output.number %}" },
    ],
  });
  return { name, path: `/${name}`, mend: () => tools.on(`/${name}`, tools.effectOnce) };
}

async function letters(query: string): Promise<readonly DeadLetterView[]> {
  const page = succeeded(await server.api.get(`/v1/dead-letters?${query}`));
  return page["data"] as unknown as readonly DeadLetterView[];
}

async function letterOf(runId: string): Promise<DeadLetterView> {
  const [letter, ...others] = await letters(`run=${runId}&status=open`);
  if (!letter || others.length > 0) throw new Error(`run ${runId} has not one open letter`);
  return letter;
}

const retry = (id: string, body = {}) => server.api.post(`/v1/runs/${id}/retry`, body);

describe("A17: a failed run that is retried", () => {
  test("repeats no step that had finished, and ends well once the tool is mended", async () => {
    const flow = await breaking();
    const failed = await start(server.api, flow.name);
    expect(failed).toMatchObject({ status: "failed", error: { code: "HTTP_503", node: "pay" } });
    flow.mend();

    const answer = await retry(failed.id);

    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ status: "running", error: null, endedAt: null });
    const run = await reaches(server.api, failed.id, "succeeded");
    expect(tools.callsOf("/before").filter(({ body }) => body === run.id)).toHaveLength(1);
    const [first, second] = tools.callsOf(flow.path);
    expect(second?.key).toBe(first?.key);
    const step = stepOf(run, "pay");
    expect(step).toMatchObject({ status: "succeeded", attempt: 2, visit: 1 });
    expect(step.attempts).toMatchObject([{ error: { code: "HTTP_503" } }, {}]);
    const resumed = (await eventsOf(server.api, run.id)).find(({ type }) => type === "run.resumed");
    expect(resumed).toMatchObject({ data: { reason: "retry" }, actor: { kind: "key" } });
  });

  test("has new attempts, and fails again when they are used up", async () => {
    const flow = await breaking({ maxAttempts: 2, backoff: { initial: "PT0S", jitter: "none" } });
    const failed = await start(server.api, flow.name);
    await ended(server.api, failed.id);
    const before = tools.callsOf(flow.path).length;

    await retry(failed.id);
    await reaches(server.api, failed.id, "failed");

    expect(before).toBe(2);
    expect(tools.callsOf(flow.path)).toHaveLength(4);
    expect(await letters(`run=${failed.id}`)).toMatchObject([
      { status: "open", attempts: 4 },
      { status: "redriven", attempts: 2 },
    ]);
  });

  test("is refused unless it has failed, and elsewhere than it failed", async () => {
    const flow = await breaking();
    const failed = await start(server.api, flow.name);
    expectRefused(await retry(failed.id, { node: "before" }), 409, "RUN_NOT_FAILED");
    expectRefused(await retry("run_unknown"), 404, "NOT_FOUND");
    flow.mend();

    const answers = await Promise.all(Array.from({ length: 20 }, () => retry(failed.id)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const late of answers.filter(({ status }) => status !== 200)) {
      expectRefused(late, 409, "RUN_NOT_FAILED");
    }
    await reaches(server.api, failed.id, "succeeded");
    expectRefused(await retry(failed.id), 409, "RUN_NOT_FAILED");
    expect(tools.callsOf(flow.path)).toHaveLength(2);
  });

  test("takes a unit of its tenant's limit again, and gives it back", async () => {
    const tenant = await server.tenant({ maxActiveRuns: 1 });
    await registerTool(tenant.api, tools, "limited");
    tools.on("/limited", () => ({ status: 400 }));
    await publish(tenant.api, {
      name: "limited",
      nodes: [{ id: "call", type: "tool", tool: "limited" }],
    });
    await publish(tenant.api, { name: "hold", nodes: [{ id: "w", type: "wait", for: "P1D" }] });
    const failed = await start(tenant.api, "limited");
    const holding = await start(tenant.api, "hold");
    const again = () => tenant.api.post(`/v1/runs/${failed.id}/retry`, {});

    expectRefused(await again(), 429, "LIMIT_REACHED");
    await tenant.api.post(`/v1/runs/${holding.id}/cancel`, {});
    tools.on("/limited", tools.effectOnce);
    expect((await again()).status).toBe(200);
    await reaches(tenant.api, failed.id, "succeeded");

    expect((await start(tenant.api, "hold")).status).toBe("waiting");
    expectRefused(await tenant.api.post("/v1/runs", { workflow: "hold" }), 429, "LIMIT_REACHED");
  });

  test("asks people anew for what its failure had closed", async () => {
    await registerTool(server.api, tools, "beside");
    tools.on("/beside", () => ({ status: 400 }));
    await publish(server.api, {
      name: "asks",
      nodes: [
        { id: "go", type: "set", split: "all" },
        { id: "ask", type: "approval", approvers: ["ada@example.com"] },
        { id: "call", type: "tool", tool: "beside" },
      ],
      edges: [
        { from: "go", to: "ask" },
        { from: "go", to: "call" },
      ],
    });
    const { id } = await begin(server.api, "asks");
    await reaches(server.api, id, "failed");
    const closed = await taskOf(server.api, id);
    expect(closed.status).toBe("cancelled");
    tools.on("/beside", tools.effectOnce);

    await retry(id);
    const run = await reaches(server.api, id, "waiting");

    const task = run.waitingOn[0]?.task ?? "";
    expect(task).not.toBe(closed.id);
    const decision = { decision: "approved", as: "ada@example.com" };
    const late = await server.api.post(`/v1/tasks/${closed.id}/decide`, decision);
    expectRefused(late, 409, "TASK_CLOSED");
    expect((await server.api.post(`/v1/tasks/${task}/decide`, decision)).status).toBe(200);
    await reaches(server.api, id, "succeeded");
  });

  test("goes on after kill -9 right after the retry was acknowledged", async () => {
    const flow = await breaking();
    const failed = await start(server.api, flow.name);
    tools.on(flow.path, () => "hang");
    expect((await retry(failed.id)).status).toBe(200);
    await server.kill();
    flow.mend();
    await server.start();

    await reaches(server.api, failed.id, "succeeded");
    expect(new Set(tools.callsOf(flow.path).map(({ key }) => key)).size).toBe(1);
  });
});

describe("C9: a dead letter", () => {
  test("says which step of which run failed, how often it was tried and why", async () => {
    const flow = await breaking({ maxAttempts: 3, backoff: { initial: "PT0S", jitter: "none" } });
    const { id } = await begin(server.api, flow.name);
    await reaches(server.api, id, "failed");

    const found = await letters(`workflow=${flow.name}&kind=step&code=HTTP_503`);

    expect(found).toMatchObject([
      {
        kind: "step",
        status: "open",
        runId: id,
        workflow: flow.name,
        node: "pay",
        step: "pay.1",
        attempts: 3,
        error: { code: "HTTP_503", node: "pay" },
      },
    ]);
    expect(await letters(`workflow=${flow.name}&kind=delivery`)).toEqual([]);
    expect(await letters(`workflow=${flow.name}&code=HTTP_404`)).toEqual([]);
    const one = succeeded(await server.api.get(`/v1/dead-letters/${found[0]?.id}`));
    expect(one).toEqual(found[0]);
  });

  test("sends its run on when it is redriven, once, and then says by whom", async () => {
    const flow = await breaking();
    const { id } = await start(server.api, flow.name);
    const letter = await letterOf(id);
    flow.mend();
    const redrive = () => server.api.post(`/v1/dead-letters/${letter.id}/redrive`);

    const answer = await redrive();

    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ status: "redriven", closedBy: { kind: "key" } });
    await reaches(server.api, id, "succeeded");
    expectRefused(await redrive(), 409, "DEAD_LETTER_CLOSED");
    expect(await letters(`run=${id}&status=open`)).toEqual([]);
  });

  test("is closed with actor and reason when it is discarded, and its run stays failed", async () => {
    const flow = await breaking();
    const { id } = await start(server.api, flow.name);
    const { id: letter } = await letterOf(id);
    const discard = (body: JsonObject) =>
      server.api.post(`/v1/dead-letters/${letter}/discard`, body);
    expectRefused(await discard({}), 400, "INVALID_REQUEST");

    const answer = await discard({ reason: "paid by hand" });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      status: "discarded",
      reason: "paid by hand",
      closedBy: { kind: "key" },
    });
    expectRefused(await discard({ reason: "again" }), 409, "DEAD_LETTER_CLOSED");
    const redriven = await server.api.post(`/v1/dead-letters/${letter}/redrive`);
    expectRefused(redriven, 409, "DEAD_LETTER_CLOSED");
    expect((await read(server.api, id)).status).toBe("failed");
  });

  test("of another tenant does not exist", async () => {
    const flow = await breaking();
    const { id } = await start(server.api, flow.name);
    const letter = await letterOf(id);
    const other = await server.tenant();

    expect(succeeded(await other.api.get("/v1/dead-letters"))["data"]).toEqual([]);
    for (const path of ["redrive", "discard"]) {
      const answer = await other.api.post(`/v1/dead-letters/${letter.id}/${path}`, {
        ...(path === "discard" && { reason: "mine" }),
      });
      expectRefused(answer, 404, "NOT_FOUND");
    }
    expectRefused(await other.api.get(`/v1/dead-letters/${letter.id}`), 404, "NOT_FOUND");
  });

  test("is sent on with its like, so many per second, through kill -9", async () => {
    const flow = await breaking();
    const runs = await Promise.all(Array.from({ length: 7 }, () => start(server.api, flow.name)));
    const other = await breaking();
    const left = await start(server.api, other.name);
    flow.mend();

    const answer = await server.api.post("/v1/dead-letters/redrive", {
      workflow: flow.name,
      perSecond: 1,
    });
    expect(answer.status, answer.text).toBe(202);
    expect(answer.body).toMatchObject({ scheduled: 7, more: false });
    const due = new Map(
      (await letters(`workflow=${flow.name}&status=open`)).map((one) => [one.runId, one.redriveAt]),
    );
    await server.killAndStart();
    await advance(server.api, "PT10S");

    const times = [...due.values()].map((at) => Date.parse(at ?? "")).toSorted((a, b) => a - b);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    // The first has no time to wait for, and may be gone already.
    expect(gaps.length).toBeGreaterThanOrEqual(4);
    expect(new Set(gaps)).toEqual(new Set([1_000]));
    for (const { id } of runs) {
      await reaches(server.api, id, "succeeded");
      const events = await eventsOf(server.api, id);
      const at = events.find(({ type }) => type === "run.resumed")?.at ?? "";
      expect(at >= (due.get(id) ?? ""), `${at} is not before its time`).toBe(true);
    }
    expect((await letterOf(left.id)).status).toBe("open");
  });

  test("is one page of a list after another, newest first", async () => {
    const flow = await breaking();
    for (let n = 0; n < 5; n++) await start(server.api, flow.name);
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const at: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = succeeded(
        await server.api.get(`/v1/dead-letters?workflow=${flow.name}&limit=2${at}`),
      );
      const data = page["data"] as unknown as readonly DeadLetterView[];
      seen.push(...data.map(({ createdAt, id }) => `${createdAt} ${id}`));
      cursor = page["nextCursor"] as string | null;
    }

    expect(seen).toHaveLength(5);
    expect(seen).toEqual(seen.toSorted().toReversed());
  });
});
