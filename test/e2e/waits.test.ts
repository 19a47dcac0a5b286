import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../../core/kernel/json.ts";
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
  const event = { name: "paid", key: "{% $input.order %}" };
  await publish(server.api, {
    name: "until",
    nodes: [{ id: "w", type: "wait", until: "{% $input %}" }],
  });
  await publish(server.api, {
    name: "for",
    nodes: [{ id: "w", type: "wait", for: "{% $input %}" }],
  });
  await publish(server.api, { name: "event", nodes: [{ id: "w", type: "wait", event }] });
  await publish(server.api, {
    name: "event-late",
    nodes: [
      { id: "w", type: "wait", event, timeout: "PT1H" },
      { id: "late", type: "set", with: { error: "{% $steps.w.error.code %}" } },
      { id: "done", type: "end", output: "{% $steps.w.output %}" },
    ],
    edges: [
      { from: "w", to: "done" },
      { from: "w", to: "late", on: "timeout" },
    ],
  });
});

afterAll(async () => {
  tools.close();
  await server.close();
});

function signal(id: string, body: { name: string; key?: string; payload?: Json; id?: string }) {
  return server.api.post(`/v1/runs/${id}/signals`, body);
}

function instant(offsetMs: number, now: number): string {
  return new Date(now + offsetMs).toISOString();
}

describe("a wait for a time", () => {
  test("that has passed goes on at once", async () => {
    const run = await start(server.api, "until", "2020-01-01T00:00:00Z");

    expect(run.status).toBe("succeeded");
    const types = await typesOf(server.api, run.id);
    expect(types).not.toContain("run.waiting");
    expect(types).toContain("timer.fired");
  });

  test("goes on by itself when the time has come, and not before", async () => {
    const now = await advance(server.api, "PT0S");
    const until = instant(700, now);

    const { id } = await begin(server.api, "until", until);
    const waiting = await reaches(server.api, id, "waiting");
    const run = await reaches(server.api, id, "succeeded", 5_000);

    expect(waiting.waitingOn).toMatchObject([{ kind: "timer", node: "w", until }]);
    const firedAt = Date.parse((run.output as { firedAt: string }).firedAt);
    expect(firedAt).toBeGreaterThanOrEqual(Date.parse(until));
    expect(firedAt - Date.parse(until)).toBeLessThan(1_500);
  });

  test("of two days passes with the clock, and of a hundred years waits", async () => {
    const run = await start(server.api, "for", "PT48H");
    const far = await start(server.api, "for", "P99Y");
    expect([run.status, far.status]).toEqual(["waiting", "waiting"]);

    await advance(server.api, "PT47H59M");
    expect((await read(server.api, run.id)).status).toBe("waiting");
    await advance(server.api, "PT1M");

    expect((await reaches(server.api, run.id, "succeeded")).seq).toBeGreaterThan(run.seq);
    expect((await read(server.api, far.id)).status).toBe("waiting");
    await server.api.post(`/v1/runs/${far.id}/cancel`);
  });

  test.each(["tomorrow", "", "PT1H", 17, null, { at: 1 }])(
    "that is none, %j, fails",
    async (until) => {
      const run = await start(server.api, "until", until);

      expect(run.error).toMatchObject({ code: "INVALID_TIME", node: "w" });
    },
  );

  test("in a chain of twenty-four hours passes each at its own instant", async () => {
    const nodes = Array.from({ length: 24 }, (_, index) => ({
      id: `h${index + 1}`,
      type: "wait",
      for: "PT1H",
    }));
    await publish(server.api, { name: "chain", nodes });
    const run = await start(server.api, "chain");
    const began = Date.parse(stepOf(run, "h1").startedAt ?? "");

    await advance(server.api, "P2D");

    const done = await reaches(server.api, run.id, "succeeded");
    for (const [index, { id }] of nodes.entries()) {
      const { output } = stepOf(done, id);
      const fired = Date.parse((output as { firedAt: string }).firedAt);
      const late = fired - began - (index + 1) * 3_600_000;
      // Real time goes on while the clock stands at an instant; no more than that is added.
      expect(late, id).toBeGreaterThanOrEqual(0);
      expect(late, id).toBeLessThan(3_000);
    }
  });

  test("of many runs fires each at its own instant, in order", async () => {
    const now = await advance(server.api, "PT0S");
    const hours = [5, 1, 4, 2, 3, 1];
    const untils = hours.map((hour) => instant(hour * 3_600_000, now));
    const runs = await Promise.all(untils.map((until) => start(server.api, "until", until)));

    await advance(server.api, "PT6H");

    for (const [index, { id }] of runs.entries()) {
      const run = await ended(server.api, id);
      const fired = Date.parse((run.output as { firedAt: string }).firedAt);
      expect(fired - Date.parse(untils[index] ?? "")).toBeGreaterThanOrEqual(0);
      expect(fired - Date.parse(untils[index] ?? "")).toBeLessThan(1_000);
    }
  });

  test("that came while the server was down fires after kill -9, once", async () => {
    await registerTool(server.api, tools, "after");
    await publish(server.api, {
      name: "then-call",
      nodes: [
        { id: "w", type: "wait", until: "{% $input %}" },
        { id: "call", type: "tool", tool: "after" },
      ],
    });
    const now = await advance(server.api, "PT0S");
    const run = await start(server.api, "then-call", instant(400, now));
    expect(run.status).toBe("waiting");

    await server.kill();
    await delay(500);
    expect(tools.callsOf("/after")).toEqual([]);
    await server.start();

    const done = await reaches(server.api, run.id, "succeeded");
    expect(stepOf(done, "w").status).toBe("succeeded");
    expect(tools.callsOf("/after")).toHaveLength(1);
    const types = await typesOf(server.api, run.id);
    expect(types.filter((type) => type === "timer.fired")).toHaveLength(1);
  });
});

describe("a wait for an event", () => {
  test("goes on with the payload of the event that comes", async () => {
    const run = await start(server.api, "event", { order: "A" });
    expect(run.waitingOn).toMatchObject([{ kind: "event", name: "paid", key: "A", node: "w" }]);

    const sent = await signal(run.id, { name: "paid", key: "A", payload: { amount: 12 } });

    expect(sent.status).toBe(202);
    expect(sent.body).toEqual({ accepted: true, duplicate: false });
    expect((await reaches(server.api, run.id, "succeeded")).output).toEqual({ amount: 12 });
  });

  test("takes an event that came before, at once", async () => {
    await registerTool(server.api, tools, "slow");
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    tools.on("/slow", async () => {
      await released;
      return {};
    });
    await publish(server.api, {
      name: "early",
      nodes: [
        { id: "slow", type: "tool", tool: "slow" },
        { id: "w", type: "wait", event: { name: "paid" } },
      ],
    });
    const { id } = await begin(server.api, "early");
    await tools.arrived("/slow");

    expect((await signal(id, { name: "paid", payload: "early" })).status).toBe(202);
    expect((await signal(id, { name: "paid", payload: "second" })).status).toBe(202);
    release();

    const run = await reaches(server.api, id, "succeeded");
    expect(run.output).toBe("early");
    expect(await typesOf(server.api, id)).not.toContain("run.waiting");
  });

  test("takes one event, and refuses what comes after its run has ended", async () => {
    const { id } = await start(server.api, "event", { order: "B" });

    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((payload) => signal(id, { name: "paid", key: "B", payload })),
    );

    const taken = answers.filter(({ status }) => status === 202);
    expect(taken).toHaveLength(1);
    for (const late of answers.filter(({ status }) => status !== 202)) {
      expectRefused(late, 409, "RUN_ENDED");
    }
    const received = (await typesOf(server.api, id)).filter((type) => type === "signal.received");
    expect(received).toHaveLength(1);
  });

  test("takes the same id once, before, during and after the wait", async () => {
    await publish(server.api, {
      name: "twice",
      nodes: [
        { id: "one", type: "wait", event: { name: "go" } },
        { id: "two", type: "wait", event: { name: "go" } },
      ],
    });
    const { id } = await start(server.api, "twice");
    const send = (name: string) => signal(id, { name: "go", id: name, payload: name });

    const answers = await Promise.all(Array.from({ length: 20 }, () => send("x")));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 202));
    expect(answers.filter(({ body }) => body["duplicate"] === false)).toHaveLength(1);
    const between = await read(server.api, id);
    expect(between.waitingOn).toMatchObject([{ node: "two" }]);
    await send("y");

    const run = await reaches(server.api, id, "succeeded");
    expect([stepOf(run, "one").output, stepOf(run, "two").output]).toEqual(["x", "y"]);
  });

  test("for any of two events takes the first, and the loser is not waited for any more", async () => {
    await publish(server.api, {
      name: "any-of-two",
      nodes: [
        {
          id: "w",
          type: "wait",
          any: [{ event: { name: "won" } }, { event: { name: "lost" } }],
        },
        { id: "next", type: "wait", event: { name: "next" } },
      ],
    });
    const { id } = await start(server.api, "any-of-two");
    const send = async (name: string, payload: Json) =>
      (await server.api.post("/v1/events", { name, payload })).body;

    expect(await send("won", 1)).toMatchObject({ delivered: 1, buffered: false });
    await eventually("the next wait", async () => {
      const { waitingOn } = await read(server.api, id);
      return waitingOn.some(({ node }) => node === "next") || undefined;
    });
    expect(await send("lost", 2)).toMatchObject({ delivered: 0, buffered: true });
    expect(await send("next", 3)).toMatchObject({ delivered: 1, buffered: false });

    const run = await reaches(server.api, id, "succeeded");
    expect(run.output).toBe(3);
    const taken = (await eventsOf(server.api, id)).filter(({ type }) => type === "signal.received");
    expect(taken.map(({ data }) => data["name"])).toEqual(["won", "next"]);
  });

  test("of another name, another key or no key goes on waiting", async () => {
    const { id } = await start(server.api, "event", { order: "C" });

    await signal(id, { name: "paid", key: "D" });
    await signal(id, { name: "paid" });
    await signal(id, { name: "PAID", key: "C" });
    const run = await read(server.api, id);

    expect(run.status).toBe("waiting");
    await signal(id, { name: "paid", key: "C", payload: "right" });
    expect((await reaches(server.api, id, "succeeded")).output).toBe("right");
  });

  test("takes the edge of its timeout when nothing comes in time", async () => {
    const run = await start(server.api, "event-late", { order: "E" });
    const other = await start(server.api, "event-late", { order: "F" });
    await signal(other.id, { name: "paid", key: "F", payload: "in time" });

    await advance(server.api, "PT1H");

    expect((await reaches(server.api, run.id, "succeeded")).output).toEqual({ error: "TIMEOUT" });
    expect((await reaches(server.api, other.id, "succeeded")).output).toBe("in time");
    expectRefused(await signal(run.id, { name: "paid", key: "E" }), 409, "RUN_ENDED");
  });

  test("fails with TIMEOUT when no edge takes it", async () => {
    await publish(server.api, {
      name: "no-edge",
      nodes: [{ id: "w", type: "wait", event: { name: "never" }, timeout: "PT1H" }],
    });
    const { id } = await start(server.api, "no-edge");

    await advance(server.api, "PT1H");

    expect((await reaches(server.api, id, "failed")).error).toMatchObject({
      code: "TIMEOUT",
      node: "w",
    });
  });

  test("survives kill -9, and so does an event that came early", async () => {
    const { id } = await start(server.api, "twice");
    await signal(id, { name: "other", payload: "kept" });

    await server.killAndStart();
    await signal(id, { name: "go", payload: 1 });
    await server.killAndStart();
    await signal(id, { name: "go", payload: 2 });

    const run = await reaches(server.api, id, "succeeded");
    expect([stepOf(run, "one").output, stepOf(run, "two").output]).toEqual([1, 2]);
  });

  test("of a run that is not there is 404", async () => {
    expectRefused(await signal("run_nothing", { name: "paid" }), 404, "NOT_FOUND");
  });
});

describe("an answer to the only open wait", () => {
  test("is the payload as it was sent", async () => {
    const { id } = await start(server.api, "event", { order: "G" });

    const answer = await server.api.post(`/v1/runs/${id}/respond`, ["as", { it: "is" }]);

    expect(answer.status).toBe(200);
    expect((await reaches(server.api, id, "succeeded")).output).toEqual(["as", { it: "is" }]);
    expectRefused(await server.api.post(`/v1/runs/${id}/respond`, 1), 409, "RUN_ENDED");
  });

  test("is refused with a list when several are open", async () => {
    await publish(server.api, {
      name: "several",
      nodes: [
        { id: "split", type: "set", split: "all" },
        { id: "a", type: "wait", event: { name: "a" } },
        { id: "b", type: "wait", event: { name: "b", key: "k" } },
      ],
      edges: [
        { from: "split", to: "a" },
        { from: "split", to: "b" },
      ],
    });
    const { id } = await start(server.api, "several");

    const answer = await server.api.post(`/v1/runs/${id}/respond`, { x: 1 });

    expectRefused(answer, 409, "WAIT_AMBIGUOUS");
    expect(answer.body["waitingOn"]).toMatchObject([
      { kind: "event", name: "a", node: "a" },
      { kind: "event", name: "b", key: "k", node: "b" },
    ]);
    await signal(id, { name: "a" });
    expect((await server.api.post(`/v1/runs/${id}/respond`, { x: 1 })).status).toBe(200);
    expect((await reaches(server.api, id, "succeeded")).output).toEqual({ x: 1 });
  });

  test("settles no approval, and no timer", async () => {
    await publish(server.api, { name: "ask", nodes: [{ id: "p", type: "approval" }] });
    const asks = await start(server.api, "ask");
    const timer = await start(server.api, "for", "PT1H");

    const toApproval = await server.api.post(`/v1/runs/${asks.id}/respond`, {
      decision: "approved",
    });
    const toTimer = await server.api.post(`/v1/runs/${timer.id}/respond`, {});

    expectRefused(toApproval, 409, "ANSWER_IS_APPROVAL");
    expectRefused(toTimer, 409, "RUN_NOT_WAITING");
    expect((await read(server.api, asks.id)).seq).toBe(asks.seq);
  });
});

test("An approval that is due expires: its task says so, and its timeout edge is taken", async () => {
  await publish(server.api, {
    name: "due",
    nodes: [
      { id: "p", type: "approval", due: "PT2H" },
      { id: "late", type: "set", with: "nobody decided" },
    ],
    edges: [{ from: "p", to: "late", on: "timeout" }],
  });
  const run = await start(server.api, "due");
  const task = await taskOf(server.api, run.id);
  const due = Date.parse(task.due ?? "") - Date.parse(task.createdAt);
  expect(due).toBe(7_200_000);

  await advance(server.api, "PT2H");

  expect((await reaches(server.api, run.id, "succeeded")).output).toBe("nobody decided");
  expect((await taskOf(server.api, run.id)).status).toBe("expired");
  const expired = (await eventsOf(server.api, run.id)).filter(
    ({ type }) => type === "task.expired",
  );
  expect(expired).toHaveLength(1);
  const open = await server.api.get(`/v1/tasks?status=open&run=${run.id}`);
  expect(open.body["data"]).toEqual([]);
});

test("A deadline that passes while a run waits fails it, and closes its task", async () => {
  await publish(server.api, { name: "ask-once", nodes: [{ id: "p", type: "approval" }] });
  const run = await start(server.api, "ask-once", null, { deadline: "PT1H" });
  expect(run.deadline).not.toBeNull();

  await advance(server.api, "PT1H");

  const failed = await reaches(server.api, run.id, "failed");
  expect(failed.error?.code).toBe("DEADLINE_EXCEEDED");
  expect((await taskOf(server.api, run.id)).status).toBe("cancelled");
});
