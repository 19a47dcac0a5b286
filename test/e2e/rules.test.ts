import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  advance,
  begin,
  ended,
  eventsOf,
  expectRefused,
  linkOf,
  publish,
  reaches,
  read,
  registerTool,
  start,
  stepOf,
  taskOf,
  typesOf,
} from "../support/runs.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type ToolServer, toolServer } from "../support/tool-server.ts";

let server: TestServer;
let tools: ToolServer;

beforeAll(async () => {
  [server, tools] = await Promise.all([startServer(), toolServer()]);
  for (const name of ["look", "once", "again", "poison", "late", "seen"]) {
    await registerTool(server.api, tools, name);
  }
});

afterAll(async () => {
  tools.close();
  await server.close();
});

const call = (id: string, tool: string, more = {}) => ({ id, type: "tool", tool, ...more });

describe("rule 1, a lost answer is not a lost race:", () => {
  test("of fifty that decide, cancel and signal at once, what was acknowledged has happened", async () => {
    await publish(server.api, {
      name: "race",
      nodes: [
        { id: "split", type: "set", split: "all" },
        { id: "p", type: "approval" },
        { id: "w", type: "wait", event: { name: "go" } },
      ],
      edges: [
        { from: "split", to: "p" },
        { from: "split", to: "w" },
      ],
    });
    const { id } = await start(server.api, "race");
    const task = await taskOf(server.api, id);

    const answers = await Promise.all(
      Array.from({ length: 48 }, (_, index) => {
        if (index % 3 === 0) return server.api.post(`/v1/runs/${id}/signals`, { name: "go" });
        if (index % 3 === 1) {
          return server.api.post(`/v1/tasks/${task.id}/decide`, { decision: "approved" });
        }
        return server.api.post(`/v1/runs/${id}/signals`, { name: "noise", id: `n${index}` });
      }),
    );

    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    const run = await ended(server.api, id);
    expect(run.status).toBe("succeeded");
    const events = await eventsOf(server.api, id);
    expect(events.filter(({ type }) => type === "task.decided")).toHaveLength(1);
    const taken = answers.filter(({ status, body }) => status === 202 && body["accepted"]);
    const received = events.filter(({ type }) => type === "signal.received");
    expect(received).toHaveLength(taken.length);
  });
});

describe("rule 2, an effect is called only after its start is on record:", () => {
  test("whoever is called finds the start, its input and its key in the events", async () => {
    await publish(server.api, {
      name: "looks",
      nodes: [
        call("one", "look", { with: { run: "{% $run.id %}", n: 1 } }),
        call("two", "look", { with: { run: "{% $run.id %}", n: 2 } }),
      ],
    });
    const found: unknown[] = [];
    tools.on("/look", async ({ key, body }) => {
      const events = await eventsOf(server.api, (body as { run: string }).run);
      const started = events.findLast(({ type }) => type === "step.started");
      found.push([started?.data["key"] === key, started?.data["input"]]);
      return { body: null };
    });

    const run = await start(server.api, "looks");

    expect(run.status).toBe("succeeded");
    expect(found).toEqual([
      [true, { run: run.id, n: 1 }],
      [true, { run: run.id, n: 2 }],
    ]);
  });

  test("an answer of the API starts no call by itself: the start has the driver as its actor", async () => {
    tools.on("/seen", () => ({}));
    await publish(server.api, {
      name: "after-signal",
      nodes: [{ id: "w", type: "wait", event: { name: "go" } }, call("c", "seen")],
    });
    const { id } = await start(server.api, "after-signal");
    await server.api.post(`/v1/runs/${id}/signals`, { name: "go" });
    await ended(server.api, id);

    const events = await eventsOf(server.api, id);
    const started = events.find(
      ({ type, data }) => type === "step.started" && data["node"] === "c",
    );
    const received = events.find(({ type }) => type === "signal.received");
    expect(started?.actor).toEqual({ kind: "system", id: "driver" });
    expect(received?.actor["kind"]).toBe("key");
  });
});

describe("rule 3, who may repeat an effect:", () => {
  test("a call that may be made once is not repeated, and its step says that nobody knows", async () => {
    tools.on("/once", () => "hang");
    await publish(server.api, {
      name: "at-most-once",
      nodes: [
        call("c", "once", { delivery: "at-most-once", onUnknown: "fail" }),
        { id: "told", type: "set", with: "{% $steps.c.error.code %}" },
      ],
      edges: [{ from: "c", to: "told", on: "error", errors: ["OUTCOME_UNKNOWN"] }],
    });
    const { id } = await begin(server.api, "at-most-once");

    await tools.arrived("/once");
    await server.killAndStart();

    const run = await reaches(server.api, id, "succeeded");
    expect(run.output).toBe("OUTCOME_UNKNOWN");
    expect(await typesOf(server.api, id)).toContain("step.unknown");
    expect(tools.callsOf("/once")).toHaveLength(1);
  });

  test("a call that was lost again and again backs off, and keeps its attempts and its key", async () => {
    tools.on("/poison", () => "hang");
    await publish(server.api, {
      name: "lost",
      nodes: [call("c", "poison", { retry: { maxAttempts: 1 } })],
    });
    const { id } = await begin(server.api, "lost");

    await tools.arrived("/poison", 1);
    await server.killAndStart();
    await tools.arrived("/poison", 2);
    await server.killAndStart();
    const lost = await reaches(server.api, id, "waiting");
    expect(stepOf(lost, "c")).toMatchObject({ status: "retrying", error: { code: "WORKER_LOST" } });
    tools.on("/poison", tools.effectOnce);
    await advance(server.api, "PT2S");

    const run = await reaches(server.api, id, "succeeded");
    expect(stepOf(run, "c")).toMatchObject({ recoveries: 2, status: "succeeded" });
    const keys = tools.callsOf("/poison").map(({ key }) => key);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  test("a call that ends every process that makes it fails its step in the end", {
    timeout: 60_000,
  }, async () => {
    const before = tools.callsOf("/poison").length;
    tools.on("/poison", () => "hang");
    await publish(server.api, { name: "poisoned", nodes: [call("c", "poison")] });
    const { id } = await begin(server.api, "poisoned");

    for (let calls = 1; calls <= 11; calls++) {
      await tools.arrived("/poison", before + calls);
      await server.killAndStart();
      // It settles when the next call ends, which is when its process does.
      void advance(server.api, "PT1M").catch(() => undefined);
    }

    const run = await reaches(server.api, id, "failed");
    expect(run.error).toMatchObject({ code: "WORKER_LOST", node: "c" });
    expect(tools.callsOf("/poison").length - before).toBe(11);
  });
});

describe("rule 4, what is owed outside is kept:", () => {
  test("a mail that was owed when the process died is sent by the next one, once", async () => {
    await publish(server.api, {
      name: "mails",
      nodes: [{ id: "p", type: "approval", approvers: ["ada@example.com", "bob@example.com"] }],
    });
    const started = await Promise.all(Array.from({ length: 10 }, () => begin(server.api, "mails")));
    await server.kill();
    await server.start();

    const ids = await Promise.all(started.map(async ({ id }) => (await taskOf(server.api, id)).id));
    await Promise.all(
      ids.flatMap((task) =>
        ["ada", "bob"].map((who) => linkOf(server.api, task, `${who}@example.com`)),
      ),
    );
    const mails = await mailsOf();
    for (const { id } of started) {
      const sent = mails.filter(({ subject }) => subject.includes(id.slice(-8)));
      expect(sent.map(({ to }) => to).toSorted()).toEqual(["ada@example.com", "bob@example.com"]);
    }
  });
});

describe("rule 5, a decision is evaluated once:", () => {
  test("the time that an expression saw is the commit's, and stays so over restarts", async () => {
    await publish(server.api, {
      name: "now",
      nodes: [
        { id: "s", type: "set", with: { now: "{% $now() %}", ms: "{% $millis() %}" } },
        { id: "w", type: "wait", for: "PT1H" },
        { id: "t", type: "set", with: ["{% $steps.s.output.now %}", "{% $now() %}"] },
      ],
    });
    const { id } = await start(server.api, "now");
    const { now, ms } = stepOf(await read(server.api, id), "s").output as {
      now: string;
      ms: number;
    };
    const events = await eventsOf(server.api, id);
    const at = events.find(({ type }) => type === "step.succeeded")?.at;
    expect([now, new Date(ms).toISOString()]).toEqual([at, at]);

    await server.killAndStart();
    await advance(server.api, "PT1H");

    const run = await reaches(server.api, id, "succeeded");
    const [before, after] = run.output as [string, string];
    expect(before).toBe(now);
    expect(Date.parse(after) - Date.parse(before)).toBeGreaterThanOrEqual(3_600_000);
  });

  test("a run ends on the version that it began on, whatever is published meanwhile", async () => {
    const nodes = [{ id: "w", type: "wait", event: { name: "go" } }];
    await publish(server.api, { name: "pinned", nodes, output: "one" });
    const old = await start(server.api, "pinned");
    await publish(server.api, { name: "pinned", nodes, output: "two" });
    await server.killAndStart();
    const young = await start(server.api, "pinned");
    const chosen = await start(server.api, "pinned", null, { version: 1 });
    for (const { id } of [old, young, chosen]) {
      await server.api.post(`/v1/runs/${id}/signals`, { name: "go" });
    }

    const outputs = [];
    for (const { id } of [old, young, chosen]) outputs.push((await ended(server.api, id)).output);

    expect(outputs).toEqual(["one", "two", "one"]);
    expect([old.version, young.version, chosen.version]).toEqual([1, 2, 1]);
    const none = await server.api.post("/v1/runs", { workflow: "pinned", version: 3 });
    expectRefused(none, 404, "WORKFLOW_NOT_FOUND");
  });
});

describe("rule 8, time:", () => {
  test("goes forward only: no event is earlier than the one before, over restarts and moves", async () => {
    await publish(server.api, {
      name: "times",
      nodes: [
        { id: "a", type: "wait", for: "PT1H" },
        { id: "b", type: "wait", for: "PT1S" },
        { id: "c", type: "wait", event: { name: "go" } },
      ],
    });
    const { id } = await start(server.api, "times");
    await advance(server.api, "PT1H");
    await server.killAndStart();
    await advance(server.api, "PT1S");
    await server.killAndStart();
    await server.api.post(`/v1/runs/${id}/signals`, { name: "go" });
    await reaches(server.api, id, "succeeded");

    const times = (await eventsOf(server.api, id)).map(({ at }) => Date.parse(at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("a wait of a millisecond or of none ends, and never early", async () => {
    await publish(server.api, {
      name: "short",
      nodes: [
        { id: "a", type: "wait", for: "PT0S" },
        { id: "b", type: "wait", for: "PT0.001S" },
        { id: "c", type: "wait", for: "PT0.05S" },
      ],
    });
    const { id } = await begin(server.api, "short");
    const run = await reaches(server.api, id, "succeeded");
    for (const [node, ms] of [
      ["a", 0],
      ["b", 1],
      ["c", 50],
    ] as const) {
      const { startedAt, endedAt } = stepOf(run, node);
      expect(Date.parse(endedAt ?? "") - Date.parse(startedAt ?? "")).toBeGreaterThanOrEqual(ms);
    }
  });
});

type Mail = Readonly<{ to: string; subject: string; text: string }>;

async function mailsOf(): Promise<readonly Mail[]> {
  return ((await server.api.get("/dev/mail")).body as unknown as { data: Mail[] }).data;
}
