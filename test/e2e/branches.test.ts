import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  begin,
  ended,
  eventsOf,
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
  await registerTool(server.api, tools, "work");
  await registerTool(server.api, tools, "fail");
  tools.on("/fail", () => ({ status: 400, body: "no" }));
});

afterAll(async () => {
  tools.close();
  await server.close();
});

const split = { id: "split", type: "set", split: "all" };
const call = (id: string) => ({ id, type: "tool", tool: "work", with: { node: id } });
const set = (id: string, value: unknown = id) => ({ id, type: "set", with: value as string });
const edges = (...pairs: readonly string[]) =>
  pairs.map((pair) => {
    const [from = "", to = ""] = pair.split(">");
    return { from, to };
  });

describe("branches that run side by side", () => {
  test("meet once: the node after both of a diamond runs once, after both", async () => {
    await publish(server.api, {
      name: "diamond",
      nodes: [{ ...call("a"), split: "all" }, call("b"), call("c"), { ...call("d"), join: "all" }],
      edges: edges("a>b", "a>c", "b>d", "c>d"),
    });

    const run = await start(server.api, "diamond");

    expect(run.status).toBe("succeeded");
    expect(run.steps.map(({ node }) => node).toSorted()).toEqual(["a", "b", "c", "d"]);
    const d = Date.parse(stepOf(run, "d").startedAt ?? "");
    for (const node of ["b", "c"]) {
      expect(Date.parse(stepOf(run, node).endedAt ?? "")).toBeLessThanOrEqual(d);
    }
    expect(tools.callsOf("/work").filter(({ body }) => nodeIn(body) === "d")).toHaveLength(1);
  });

  test("are in flight together", async () => {
    await registerTool(server.api, tools, "together");
    let inFlight = 0;
    let most = 0;
    let release = () => {};
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    tools.on("/together", async () => {
      inFlight++;
      most = Math.max(most, inFlight);
      if (inFlight === 5) release();
      await all;
      inFlight--;
      return {};
    });
    const names = ["a", "b", "c", "d", "e"];
    await publish(server.api, {
      name: "five",
      nodes: [split, ...names.map((id) => ({ ...call(id), tool: "together" }))],
      edges: names.map((to) => ({ from: "split", to })),
    });

    expect((await start(server.api, "five")).status).toBe("succeeded");
    expect(most).toBe(5);
  });

  test("may be two hundred that finish together, and the join has all of them once", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `b${index}`);
    await publish(server.api, {
      name: "wide",
      nodes: [
        split,
        ...names.map(call),
        { id: "join", type: "set", join: "all", with: "{% $count($keys($steps)) %}" },
      ],
      edges: names.flatMap((name) => [
        { from: "split", to: name },
        { from: name, to: "join" },
      ]),
    });

    const run = await start(server.api, "wide");

    expect(run.status, JSON.stringify(run.error)).toBe("succeeded");
    expect(run.output).toBe(201);
    const steps = await server.api.get(`/v1/runs/${run.id}/steps?node=join`);
    expect(steps.body["data"]).toHaveLength(1);
    const events = await eventsOf(server.api, run.id);
    expect(events.filter(({ type }) => type === "step.succeeded")).toHaveLength(202);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  });

  test("of no effect may be two hundred, too", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `b${index}`);
    await publish(server.api, {
      name: "wide-pure",
      nodes: [split, ...names.map((id) => set(id)), { ...set("join", "once"), join: "all" }],
      edges: names.flatMap((name) => [
        { from: "split", to: name },
        { from: name, to: "join" },
      ]),
    });

    const run = await start(server.api, "wide-pure");

    expect(run.output).toBe("once");
    const steps = await server.api.get(`/v1/runs/${run.id}/steps?node=join`);
    expect(steps.body["data"]).toHaveLength(1);
  });

  test("meet at a join that waits only for those that were taken", async () => {
    await publish(server.api, {
      name: "inclusive",
      nodes: [split, set("a"), set("b"), set("c"), { ...set("join", "met"), join: "all" }],
      edges: [
        { from: "split", to: "a", when: "{% $input.a %}" },
        { from: "split", to: "b", when: "{% $input.b %}" },
        { from: "split", to: "c", when: "{% $input.c %}" },
        ...edges("a>join", "b>join", "c>join"),
      ],
    });

    const two = await start(server.api, "inclusive", { a: true, c: true });
    const one = await start(server.api, "inclusive", { b: true });
    const none = await start(server.api, "inclusive", {});

    expect([two.output, one.output]).toEqual(["met", "met"]);
    expect(two.steps.map(({ node }) => node)).toEqual(["split", "a", "c", "join"]);
    expect(none).toMatchObject({ status: "failed", error: { code: "NO_EDGE", node: "split" } });
  });

  test("that fail take the run with them: the join never runs, the rest is cancelled", async () => {
    await registerTool(server.api, tools, "hangs");
    tools.on("/hangs", () => "hang");
    await publish(server.api, {
      name: "half",
      nodes: [
        split,
        { id: "bad", type: "tool", tool: "fail" },
        { id: "slow", type: "tool", tool: "hangs" },
        { ...set("join"), join: "all" },
      ],
      edges: edges("split>bad", "split>slow", "bad>join", "slow>join"),
    });

    const run = await start(server.api, "half");

    expect(run).toMatchObject({ status: "failed", error: { code: "HTTP_400", node: "bad" } });
    expect(stepOf(run, "slow").status).toBe("cancelled");
    expect(run.steps.some(({ node }) => node === "join")).toBe(false);
  });
});

describe("a join of the first so many", () => {
  test("cancels the others: their tasks are closed, their steps cancelled", async () => {
    await publish(server.api, {
      name: "first",
      nodes: [
        split,
        { id: "ask", type: "approval", approvers: ["ada@example.com"] },
        { id: "w", type: "wait", event: { name: "go" } },
        { ...set("join", "one is enough"), join: { atLeast: 1 } },
      ],
      edges: edges("split>ask", "split>w", "ask>join", "w>join"),
    });
    const { id } = await start(server.api, "first");
    const task = await taskOf(server.api, id);

    await server.api.post(`/v1/runs/${id}/signals`, { name: "go" });

    const run = await reaches(server.api, id, "succeeded");
    expect(run.output).toBe("one is enough");
    expect(stepOf(run, "ask").status).toBe("cancelled");
    expect((await taskOf(server.api, id)).status).toBe("cancelled");
    const late = await server.api.post(`/v1/tasks/${task.id}/decide`, {
      decision: "approved",
      as: "ada@example.com",
    });
    expect(late.status).toBe(409);
    expect(await typesOf(server.api, id)).toContain("task.cancelled");
  });

  test("swallows the late ones where the rest is ignored", async () => {
    await publish(server.api, {
      name: "swallow",
      nodes: [
        split,
        { id: "a", type: "wait", event: { name: "a" } },
        { id: "b", type: "wait", event: { name: "b" } },
        { id: "c", type: "wait", event: { name: "c" } },
        { ...set("join"), join: { atLeast: 2, rest: "ignore" } },
      ],
      edges: edges("split>a", "split>b", "split>c", "a>join", "b>join", "c>join"),
    });
    const { id } = await start(server.api, "swallow");
    const send = (name: string) => server.api.post(`/v1/runs/${id}/signals`, { name });

    await send("c");
    expect((await read(server.api, id)).steps.some(({ node }) => node === "join")).toBe(false);
    await send("a");
    const fired = await read(server.api, id);
    expect(fired.status).toBe("waiting");
    expect(stepOf(fired, "join").status).toBe("succeeded");
    await send("b");

    const run = await reaches(server.api, id, "succeeded");
    expect(run.steps.filter(({ node }) => node === "join")).toHaveLength(1);
  });

  test("fails where so many cannot come any more, which its error edge takes", async () => {
    await publish(server.api, {
      name: "unsatisfied",
      nodes: [
        split,
        set("a"),
        { id: "b", type: "tool", tool: "fail" },
        { ...set("join"), join: { atLeast: 2 } },
        set("lost"),
        set("plan-b", "{% $steps.join.error.code %}"),
      ],
      edges: [
        ...edges("split>a", "split>b", "a>join", "b>join"),
        { from: "b", to: "lost", on: "error" },
        { from: "join", to: "plan-b", on: "error", errors: ["JOIN_UNSATISFIED"] },
      ],
    });

    const run = await start(server.api, "unsatisfied");

    expect(run.status).toBe("succeeded");
    expect(stepOf(run, "plan-b").output).toBe("JOIN_UNSATISFIED");
  });
});

describe("an outcome", () => {
  test("that no edge takes fails the run and names the node", async () => {
    await publish(server.api, {
      name: "no-edge",
      nodes: [set("choose", "{% $input %}"), set("left"), set("right")],
      edges: [
        { from: "choose", to: "left", when: "{% $steps.choose.output = 'left' %}" },
        { from: "choose", to: "right", when: "{% $steps.choose.output = 'right' %}" },
      ],
    });

    expect((await start(server.api, "no-edge", "right")).output).toBe("right");
    const run = await start(server.api, "no-edge", "up");
    expect(run.error).toMatchObject({ code: "NO_EDGE", node: "choose" });
    expect(run.error?.message).toContain("choose");
  });

  test("takes the first edge that holds, and the one without a condition is the else", async () => {
    await publish(server.api, {
      name: "else",
      nodes: [set("choose"), set("small"), set("large"), set("other")],
      edges: [
        { from: "choose", to: "small", when: "{% $input.n < 10 %}" },
        { from: "choose", to: "large", when: "{% $input.n > 5 %}" },
        { from: "choose", to: "other" },
      ],
    });

    const outputs = [];
    for (const input of [{ n: 7 }, { n: 12 }, {}, { n: "x" }, null]) {
      const run = await start(server.api, "else", input);
      outputs.push(run.output ?? run.error?.code ?? null);
    }

    expect(outputs).toEqual(["small", "large", "other", "EXPRESSION_ERROR", "other"]);
  });

  test("that is an error goes to the first edge that lists its code", async () => {
    await publish(server.api, {
      name: "errors",
      nodes: [
        { id: "call", type: "tool", tool: "fail" },
        set("timeouts"),
        set("refusals", "{% $steps.call.error %}"),
        set("rest"),
      ],
      edges: [
        { from: "call", to: "timeouts", on: "error", errors: ["TIMEOUT"] },
        { from: "call", to: "refusals", on: "error", errors: ["HTTP_4*"] },
        { from: "call", to: "rest", on: "error" },
      ],
    });

    const run = await start(server.api, "errors");

    expect(run.status).toBe("succeeded");
    expect(run.output).toMatchObject({ code: "HTTP_400", node: "call", attempt: 1 });
  });

  test("of an approval goes by its option, and a rejection that no edge takes fails", async () => {
    const options = ["approved", "rejected", { id: "later", label: "Ask me later" }];
    await publish(server.api, {
      name: "options",
      nodes: [{ id: "p", type: "approval", options }, set("yes"), set("later", "asked again")],
      edges: [
        { from: "p", to: "yes" },
        { from: "p", to: "later", on: "later" },
      ],
    });
    const outcomes = [];
    for (const decision of ["approved", "later", "rejected"]) {
      const { id } = await start(server.api, "options");
      const task = await taskOf(server.api, id);
      const decided = await server.api.post(`/v1/tasks/${task.id}/decide`, { decision });
      expect(decided.status, decided.text).toBe(200);
      const run = await ended(server.api, id);
      outcomes.push(run.output ?? run.error?.code);
    }

    expect(outcomes).toEqual(["yes", "asked again", "REJECTED"]);
  });
});

describe("an end", () => {
  test("that terminates ends the run at once, and cancels the rest", async () => {
    await publish(server.api, {
      name: "terminate",
      nodes: [
        split,
        { id: "w", type: "wait", event: { name: "never" } },
        { id: "stop", type: "end", terminate: true, output: "stopped" },
      ],
      edges: edges("split>w", "split>stop"),
    });

    const run = await start(server.api, "terminate");

    expect(run).toMatchObject({ status: "succeeded", output: "stopped" });
    const types = await typesOf(server.api, run.id);
    expect(types.at(-1)).toBe("run.succeeded");
  });

  test("that fails ends the run as failed with its own code", async () => {
    const error = { code: "OUT_OF_STOCK", message: "no {% $input %} left" };
    await publish(server.api, {
      name: "fails",
      nodes: [
        split,
        { id: "w", type: "wait", event: { name: "never" } },
        { id: "stop", type: "end", status: "failed", error },
      ],
      edges: edges("split>w", "split>stop"),
    });

    const run = await start(server.api, "fails", "apples");

    expect(run).toMatchObject({
      status: "failed",
      error: { code: "OUT_OF_STOCK", message: "no apples left", node: "stop" },
    });
  });
});

test("A node that finishes cancels those that it names, and their error edge is taken", async () => {
  await publish(server.api, {
    name: "cancels",
    nodes: [
      split,
      { id: "fast", type: "wait", event: { name: "go" }, cancels: ["slow", "quiet"] },
      { id: "slow", type: "wait", event: { name: "never" } },
      { id: "quiet", type: "wait", event: { name: "never" } },
      set("told", "{% $steps.slow.error.code %}"),
    ],
    edges: [
      ...edges("split>fast", "split>slow", "split>quiet"),
      { from: "slow", to: "told", on: "error" },
    ],
  });
  const { id } = await start(server.api, "cancels");

  await server.api.post(`/v1/runs/${id}/signals`, { name: "go" });

  const run = await reaches(server.api, id, "succeeded");
  expect(stepOf(run, "slow").status).toBe("cancelled");
  expect(stepOf(run, "quiet").status).toBe("cancelled");
  expect(stepOf(run, "told").status).toBe("succeeded");
});

test("Branches killed on their way meet once all the same", async () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  await registerTool(server.api, tools, "branch");
  await publish(server.api, {
    name: "killed",
    nodes: [
      split,
      ...names.map((id) => ({ id, type: "tool", tool: "branch", with: { id } })),
      { id: "join", type: "tool", tool: "branch", with: { id: "join" }, join: "all" },
    ],
    edges: names.flatMap((name) => edges(`split>${name}`, `${name}>join`)),
  });
  let hold = true;
  tools.on("/branch", (arrived) => {
    const late = ["d", "e", "f"].includes((arrived.body as { id: string }).id);
    return late && hold ? "hang" : tools.effectOnce(arrived);
  });
  const { id } = await begin(server.api, "killed");
  await tools.arrived("/branch", 6);
  await reachesSteps(id, 3);

  hold = false;
  await server.killAndStart();

  const run = await reaches(server.api, id, "succeeded");
  expect(run.steps.filter(({ node }) => node === "join")).toHaveLength(1);
  const keys = tools.callsOf("/branch").map(({ key }) => key);
  expect(new Set(keys).size).toBe(7);
  for (const node of ["a", "b", "c"]) expect(stepOf(run, node).recoveries).toBe(0);
  for (const node of ["d", "e", "f"]) expect(stepOf(run, node).recoveries).toBe(1);
});

async function reachesSteps(id: string, count: number): Promise<void> {
  for (;;) {
    const { steps } = await read(server.api, id);
    const done = steps.filter(({ type, status }) => type === "tool" && status === "succeeded");
    if (done.length >= count) return;
  }
}

function nodeIn(body: unknown): string | undefined {
  return (body as { node?: string } | null)?.node;
}
