import { describe, expect, test } from "vitest";
import { handleDeps } from "../../core/engine/contexts.ts";
import { driveDeps } from "../../core/engine/create-engine.ts";
import { drive } from "../../core/engine/drive.ts";
import { handle } from "../../core/engine/handle.ts";
import { evolve } from "../../core/kernel/evolve.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { LANGUAGE_VERSION, unstarted } from "../../core/kernel/run.ts";
import type { Artifacts } from "../../core/ports/artifacts.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { Fault } from "../../core/ports/fault.ts";
import { rows } from "../../core/store/rows.ts";
import { faultyTable, isCommit, type Misfortune } from "../support/faulty-table.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryArtifacts } from "../support/memory-artifacts.ts";
import { memoryTable } from "../support/memory-table.ts";

const ONE_TOOL: JsonObject = { name: "one", nodes: [{ id: "pay", type: "tool", tool: "echo" }] };
const THREE_TOOLS: JsonObject = {
  name: "three",
  nodes: ["a", "b", "c"].map((id) => ({ id, type: "tool", tool: "echo", with: id })),
  edges: [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
  ],
};
const APPROVAL: JsonObject = {
  name: "approval",
  nodes: [{ id: "ok", type: "approval", approvers: ["ada@example.com"] }],
};
const NEVER = new Promise<never>(() => undefined);

/** A process that dies in the middle of its first call, and the table that it leaves. */
async function diedInCall(document: JsonObject, name: string) {
  const table = memoryTable();
  const dying = house({ table, call: () => NEVER });
  await dying.publish(document);
  const key = await dying.start(name);
  const going = drive(driveDeps(dying.deps), key, { effectsMax: 64, until: Infinity });
  await turns(20);
  going.lose();
  await going.done;
  return { table, key, first: dying.calls[0] };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

describe("rule 1: a lost answer is not a lost race", () => {
  test("each commit whose answer is lost is recognised by its id, and nothing is done twice", async () => {
    const lost = new Set<string>();
    const table = faultyTable(memoryTable(), (_, operations) => {
      const [first] = operations;
      if (first?.type !== "put" || !isCommit(operations) || lost.has(first.item.sk)) return "none";
      lost.add(first.item.sk);
      return "after";
    });
    const home = house({ table });
    await home.publish(THREE_TOOLS);

    const key = await home.start("three");
    await home.drive(key);

    expect((await home.read(key)).status).toBe("succeeded");
    expect(home.calls.map(({ input }) => input)).toEqual(["a", "b", "c"]);
    expect((await home.types(key)).filter((type) => type === "step.succeeded")).toHaveLength(3);
    expect(lost.size).toBe(5);
  });

  test("an outcome is offered until the log has it, however often the write fails", async () => {
    let failures = 40;
    const table = faultyTable(memoryTable(), (write): Misfortune => {
      return write > 4 && failures-- > 0 ? "throttle" : "none";
    });
    const home = house({ table });
    await home.publish(ONE_TOOL);
    const key = await home.start("one");

    await home.drive(key);

    expect((await home.read(key)).status).toBe("succeeded");
    expect(home.calls).toHaveLength(1);
  });

  test("a caller of the API gets a retryable fault when its time is over", async () => {
    const table = faultyTable(memoryTable(), (_, operations) =>
      isCommit(operations) ? "before" : "none",
    );
    const home = house({ table });
    await home.publish(ONE_TOOL);
    let now = 0;
    const deps = { ...handleDeps(home.deps), elapsed: () => (now += 1_000) };
    const given = { type: "run.create", id: "run_1", tenant: "default", seed: "s" } as const;

    const handled = handle(deps, {
      key: { tenant: "default", runId: "run_1" },
      command: { ...given, input: null, tags: {} },
      actor: { kind: "key", id: "key_1" },
      definition: { name: "one", version: 1 },
      until: 5_000,
    });

    await expect(handled).rejects.toMatchObject({ name: "Fault", retryable: true });
  });
});

describe("rule 2: an effect is called only after the commit that holds its start", () => {
  test("a start that is not committed is not called", async () => {
    const table = faultyTable(memoryTable(), (_, operations) => {
      const text = operations[0]?.type === "put" ? (operations[0].item.content ?? "") : "";
      return text.includes("step.started") ? "die before" : "none";
    });
    const home = house({ table });
    await home.publish(ONE_TOOL);
    const key = await home.start("one");

    await expect(home.drive(key)).rejects.toBeInstanceOf(Fault);

    expect(home.calls).toEqual([]);
  });

  test("the log holds input, key and the tool's hash when the call is made", async () => {
    const table = memoryTable();
    const seen: string[] = [];
    const home = house({
      table,
      async call(call) {
        const { items } = await table.query({ pk: rows.run("default", key.runId), prefix: "log#" });
        seen.push(items.at(-1)?.content ?? "");
        return call.input;
      },
    });
    await home.publish(THREE_TOOLS);
    const key = await home.start("three");

    await home.drive(key);

    expect(seen).toHaveLength(3);
    for (const [index, { idempotencyKey, input }] of home.calls.entries()) {
      const { events } = JSON.parse(seen[index] ?? "") as { events: JsonObject[] };
      const start = events.findLast(({ type }) => type === "step.started");
      expect(start).toMatchObject({ key: idempotencyKey, input, toolHash: "builtin:echo" });
    }
  });

  test("the API leaves effects ready: only a driver starts them", async () => {
    const home = house();
    await home.publish(ONE_TOOL);

    const key = await home.start("one");

    expect(await home.types(key)).toEqual(["run.created"]);
    expect((await home.read(key)).status).toBe("queued");
    expect(home.woken).toEqual([key]);
  });
});

describe("rule 3: who may repeat an effect", () => {
  test("a driver commits a recovery first, and calls under the same key", async () => {
    const { table, key, first } = await diedInCall(ONE_TOOL, "one");
    const home = house({ table });

    await home.drive(key);

    const [step] = (await home.read(key)).steps;
    expect(home.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([first?.idempotencyKey]);
    expect(step).toMatchObject({ status: "succeeded", attempt: 2, recoveries: 1 });
  });

  test("a call that may be made at most once is unknown instead of repeated", async () => {
    const node = { id: "pay", type: "tool", tool: "echo", delivery: "at-most-once" };
    const { table, key } = await diedInCall({ name: "once", nodes: [node] }, "once");
    const home = house({ table });

    await home.drive(key);

    expect(home.calls).toEqual([]);
    expect(await home.types(key)).toContain("step.unknown");
    expect((await home.read(key)).error).toMatchObject({ code: "OUTCOME_UNKNOWN", node: "pay" });
  });

  test("of two drivers one calls, and the late outcome of the other changes nothing", async () => {
    const table = memoryTable();
    let answer: (value: string) => void = () => undefined;
    const slow = house({
      table,
      call: () =>
        new Promise<string>((resolve) => {
          answer = resolve;
        }),
    });
    await slow.publish(ONE_TOOL);
    const key = await slow.start("one");
    const going = slow.drive(key);
    await turns(20);
    const other = house({ table, call: () => "the other" });
    await other.drive(key);

    answer("the first");
    await going;

    expect((await other.read(key)).output).toBe("the other");
    expect(other.calls[0]?.idempotencyKey).toBe(slow.calls[0]?.idempotencyKey);
  });

  test("recoveries back off, use up no attempts, and end as WORKER_LOST", async () => {
    const table = memoryTable();
    let now = Date.UTC(2026, 0, 1);
    const first = house({ table, now: () => now, call: () => NEVER });
    await first.publish(ONE_TOOL);
    const key = await first.start("one");
    for (let process = 0; process < 40; process++) {
      const dying = house({ table, now: () => now, call: () => NEVER });
      const going = drive(driveDeps(dying.deps), key, { effectsMax: 64, until: Infinity });
      await turns(6);
      going.lose();
      await going.done;
      now += 120_000;
    }

    const run = await first.read(key);
    const starts = (await first.types(key)).filter((type) => type === "step.started");
    expect(run.error).toMatchObject({ code: "WORKER_LOST", node: "pay" });
    expect(starts).toHaveLength(11);
  });
});

describe("rule 4: what a run owes outside itself is a due row", () => {
  test("a run that is owed a driver is on the due index from its first commit to its last", async () => {
    const table = memoryTable();
    const home = house({ table });
    await home.publish(THREE_TOOLS);

    const key = await home.start("three");
    const head = await table.get(rows.head(key.tenant, key.runId));
    await home.drive(key);

    expect(head).toMatchObject({ kind: "run", owed: true, dueAt: expect.any(String) });
    const after = await table.get(rows.head(key.tenant, key.runId));
    expect(after).toMatchObject({ status: "succeeded", owed: false });
    expect(after?.dueAt).toBeUndefined();
  });

  test("a task and the mail that it owes are written with the commit, or not at all", async () => {
    const table = memoryTable();
    const home = house({ table });
    await home.publish(APPROVAL);

    const key = await home.start("approval");

    const { items } = await table.query({ pk: "default#mail" });
    const [task] = (await home.read(key)).waitingOn;
    expect(items).toHaveLength(1);
    expect(items[0]?.sk).toBe(`${task?.task}#ada@example.com`);
    expect(items[0]?.dueAt).toBeDefined();
  });

  test("a timer is the run's own row, pushed to the instant that is due next", async () => {
    const table = memoryTable();
    const now = Date.UTC(2026, 0, 1);
    const home = house({ table, now: () => now });
    await home.publish({ name: "wait", nodes: [{ id: "w", type: "wait", for: "PT1H" }] });

    const key = await home.start("wait");

    const head = await table.get(rows.head(key.tenant, key.runId));
    expect(head?.dueAt).toBe(`${String(now + 3_600_000).padStart(15, "0")}#run#${key.runId}`);
  });
});

describe("rule 5: pure is pure", () => {
  test("a fold evaluates nothing: values are in the events", () => {
    const created = {
      type: "run.created",
      id: "run_1",
      tenant: "default",
      workflow: { name: "w", version: 1, hash: "h" },
      seed: "s",
      input: "{% $error('evaluated') %}",
      vars: { also: "{% $error('evaluated') %}" },
      tags: {},
      start: "a",
    } as const;

    const run = evolve(unstarted("default", "run_1"), created, 5);

    expect(run).toMatchObject({ input: created.input, vars: created.vars, seq: 1, at: 5 });
  });

  test("a fold that meets a newer language stops, and may be asked again elsewhere", async () => {
    const table = memoryTable();
    const home = house({ table });
    await home.publish(ONE_TOOL);
    const key = await home.start("one");
    const commit = await table.get(rows.commit(key.tenant, key.runId, 1));
    if (!commit) throw new Error("the run has no first commit");
    const item = { ...commit, language: LANGUAGE_VERSION + 1 };
    await table.write([{ type: "put", item }]);

    const reading = house({ table }).read(key);

    await expect(reading).rejects.toMatchObject({ name: "Fault", retryable: true });
  });
});

describe("rule 6: stream records are hints too", () => {
  test("readers follow the log by cursor, without gap or repeat, whatever told them to look", async () => {
    const home = house();
    await home.publish(THREE_TOOLS);
    const key = await home.start("three");
    const seen: number[] = [];
    const read = async () => {
      const after = seen.at(-1) ?? 0;
      const page = await home.engine.runs.events(ADMIN, key.runId, { after, limit: 2 });
      if (page.ok) seen.push(...page.value.data.map(({ seq }) => seq));
    };

    await read();
    await home.drive(key);
    for (let hint = 0; hint < 20; hint++) await read();

    const { seq } = await home.read(key);
    expect(seen).toEqual(Array.from({ length: seq }, (_, index) => index + 1));
  });
});

describe("rule 7: counters do not leak", () => {
  test("a unit is taken with the first commit and given back with the last, once", async () => {
    const table = memoryTable();
    const home = house({ table, limits: { maxActiveRuns: 2 } });
    await home.publish(ONE_TOOL);
    const counter = async () =>
      (await table.get(rows.counter("default", "activeRuns")))?.["count"] ?? 0;

    const started = await Promise.all(
      Array.from({ length: 10 }, () => home.engine.runs.start(ADMIN, { workflow: "one" })),
    );
    const refused = started.filter((one) => !one.ok);
    expect(refused).toHaveLength(8);
    expect(refused[0]).toMatchObject({ refusal: { code: "LIMIT_REACHED" } });
    expect(await counter()).toBe(2);
    for (const key of home.woken) await home.drive(key);

    expect(await counter()).toBe(0);
    expect((await table.query({ pk: "default#unit#activeRuns" })).items).toEqual([]);
  });

  test("crashes at any write leave as many units as there are active runs", async () => {
    for (let fatal = 1; fatal <= 8; fatal++) {
      for (const misfortune of ["die before", "die after"] as const) {
        const table = memoryTable();
        const limits = { maxActiveRuns: 2 };
        await house({ table, limits }).publish(ONE_TOOL);
        const plan = (write: number) => (write === fatal ? misfortune : "none");
        const dying = house({ table: faultyTable(table, plan), limits });
        const died = async () => dying.drive(await dying.start("one", { id: "run_a" }));
        await died().catch(() => undefined);

        const next = house({ table, limits });
        const key = { tenant: "default", runId: "run_a" };
        if (await table.get(rows.head("default", "run_a"))) await next.drive(key);

        const count = (await table.get(rows.counter("default", "activeRuns")))?.["count"] ?? 0;
        expect({ fatal, misfortune, count }).toEqual({ fatal, misfortune, count: 0 });
      }
    }
  });

  test("a tenant without a limit has no counter", async () => {
    const table = memoryTable();
    const home = house({ table });
    await home.publish(ONE_TOOL);
    await home.drive(await home.start("one"));

    expect(await table.get(rows.counter("default", "activeRuns"))).toBeUndefined();
  });
});

describe("rule 8: time", () => {
  test("a commit is never before the one before it, though the clock goes back", async () => {
    let now = Date.UTC(2026, 0, 1);
    const home = house({ now: () => (now -= 60_000) });
    await home.publish(THREE_TOOLS);
    const key = await home.start("three");

    await home.drive(key);

    const events = await home.engine.runs.events(ADMIN, key.runId, { after: 0, limit: 100 });
    const instants = events.ok ? events.value.data.map(({ at }) => at) : [];
    expect(instants).toEqual(instants.toSorted());
  });

  test("a timer that fires early changes nothing, and one that fires twice fires once", async () => {
    let now = Date.UTC(2026, 0, 1);
    const home = house({ now: () => now });
    await home.publish({ name: "wait", nodes: [{ id: "w", type: "wait", for: "PT1H" }] });
    const key = await home.start("wait");

    now += 3_599_999;
    await home.drive(key);
    expect((await home.read(key)).status).toBe("waiting");
    now += 1;
    await Promise.all([home.drive(key), home.drive(key)]);

    const fired = (await home.types(key)).filter((type) => type === "timer.fired");
    expect(fired).toHaveLength(1);
    expect((await home.read(key)).status).toBe("succeeded");
  });
});

describe("rule 9: artifacts are written before what names them", () => {
  const LOOP: JsonObject = {
    name: "loop",
    limits: { maxVisits: 60 },
    nodes: [
      {
        id: "a",
        type: "set",
        with: "x".repeat(81_000),
        assign: { big: "{% $output %}", n: "{% $exists($vars.n) ? $vars.n + 1 : 1 %}" },
      },
      { id: "b", type: "tool", tool: "echo", with: "{% $vars.big %}" },
      { id: "z", type: "end", output: "{% $vars.n %}" },
    ],
    edges: [
      { from: "a", to: "b" },
      { from: "b", to: "a", when: "{% $vars.n < 12 %}" },
      { from: "b", to: "z" },
    ],
  };

  test("a large state leaves as an artifact, and a snapshot that has none is not believed", async () => {
    const table = memoryTable();
    const order: string[] = [];
    const kept = new Map<string, string | Uint8Array>();
    const memory = memoryArtifacts(kept);
    const artifacts: Artifacts = {
      ...memory,
      put(tenant, run, content) {
        order.push("artifact");
        return memory.put(tenant, run, content);
      },
    };
    const watching = faultyTable(table, (_, operations) => {
      const [first] = operations;
      if (first?.type === "put" && first.item["artifact"] !== undefined) order.push("row");
      return "none";
    });
    const home = house({ table: watching, artifacts });
    await home.publish(LOOP);
    const key = await home.start("loop");
    await home.drive(key);
    const whole = await home.read(key);
    expect(whole).toMatchObject({ status: "succeeded", output: 12 });
    expect(order.filter((entry) => entry === "row").length).toBe(order.length / 2);
    for (const [index, entry] of order.entries()) {
      expect(entry).toBe(index % 2 === 0 ? "artifact" : "row");
    }

    kept.clear();
    expect(await house({ table, artifacts }).read(key)).toEqual(whole);
  });
});

test("a failure of a tool is an outcome like any other, and is retried in its time", async () => {
  let now = Date.UTC(2026, 0, 1);
  let failures = 2;
  const home = house({
    now: () => now,
    call({ input }) {
      if (failures-- > 0) throw new CallFailure("HTTP_503", "busy", { retryable: true });
      return input;
    },
  });
  await home.publish(ONE_TOOL);
  const key = await home.start("one");

  for (let turn = 0; turn < 3; turn++) {
    await home.drive(key);
    now += 60_000;
  }

  const run = await home.read(key);
  expect(run.status).toBe("succeeded");
  expect(run.steps[0]).toMatchObject({ attempt: 3, recoveries: 0 });
});
