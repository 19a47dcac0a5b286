import { describe, expect, test } from "vitest";
import { driveDeps } from "../../core/engine/create-engine.ts";
import { drive } from "../../core/engine/drive.ts";
import type { Json, JsonObject } from "../../core/kernel/json.ts";
import { tokensOf } from "../../core/kernel/run.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import { ADMIN, type House, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const hold = { id: "hold", type: "wait", event: { name: "go" } };
const say = { id: "say", type: "set", with: "{% 'child of ' & $input.n %}" };
const child: JsonObject = { name: "child", nodes: [say] };
const waits: JsonObject = { name: "child", nodes: [hold] };
const parent = (more: JsonObject = {}, ...rest: readonly JsonObject[]): JsonObject => ({
  name: "parent",
  nodes: [
    { id: "sub", type: "subflow", workflow: "child", with: { n: "{% $input.n %}" }, ...more },
    ...rest,
  ],
});

async function open(at: House, ...documents: readonly JsonObject[]): Promise<RunKey> {
  for (const document of documents) await at.publish(document);
  return at.start("parent", { input: { n: "7" } });
}

/** Drives whatever was woken, until nobody is. */
async function settle(at: House, key: RunKey): Promise<void> {
  at.woken.push(key);
  for (let next = at.woken.shift(); next; next = at.woken.shift()) await at.drive(next);
}

async function childOf(at: House, { runId }: RunKey): Promise<RunKey> {
  const listed = await at.engine.runs.list(ADMIN, { parent: runId }, { limit: 10 });
  if (!listed.ok) throw new Error(listed.refusal.message);
  const [first] = listed.value.data;
  if (!first) throw new Error(`run ${runId} has no child`);
  return { tenant: "default", runId: first.id };
}

/** Drives as a process would that dies before it has looked after any child. */
function dying(at: House, key: RunKey): Promise<void> {
  const deps = { ...driveDeps(at.deps), lookAfterChildren: async () => false };
  return drive(deps, key, { effectsMax: 64, until: Number.POSITIVE_INFINITY }).done;
}

const rowsLeft = async (at: House, { runId }: RunKey) =>
  (await at.deps.table.query({ pk: `default#children#${runId}`, limit: 50 })).items;

describe("a subflow", () => {
  test("comes to what its child comes to, and is told of by the parent's events", async () => {
    const at = house();
    const key = await open(at, child, parent());
    await settle(at, key);

    const run = await at.read(key);
    expect(run).toMatchObject({ status: "succeeded", output: "child of 7" });
    expect(await at.types(key)).toEqual([
      "run.created",
      "step.started",
      "child.started",
      "step.waiting",
      "run.waiting",
      "child.ended",
      "step.succeeded",
      "run.succeeded",
    ]);
    expect(await at.read(await childOf(at, key))).toMatchObject({ parent: key.runId, tags: {} });
    expect(await rowsLeft(at, key)).toEqual([]);
  });

  test("waits for a child that waits, and goes on by itself", async () => {
    const at = house();
    const key = await open(at, waits, parent());
    await settle(at, key);
    const sub = await childOf(at, key);
    expect((await at.read(key)).waitingOn).toMatchObject([{ kind: "child", run: sub.runId }]);

    await at.engine.runs.signal(ADMIN, sub.runId, { name: "go", payload: "went" });
    await settle(at, sub);

    expect(await at.read(key)).toMatchObject({ status: "succeeded", output: "went" });
  });

  test("fails with the child's error, which an edge may take", async () => {
    const fails = { id: "f", type: "end", status: "failed", error: { code: "NO", message: "no" } };
    const at = house();
    const key = await open(at, { name: "child", nodes: [fails] }, parent());
    await settle(at, key);

    const { runId } = await childOf(at, key);
    expect((await at.read(key)).error).toMatchObject({
      code: "CHILD_FAILED",
      node: "sub",
      message: `the child ${runId} failed: no`,
      cause: { code: "NO", run: runId },
    });
  });

  test("tries a failed child again, as another run, as often as its author says", async () => {
    const fails = { id: "f", type: "end", status: "failed", error: { code: "NO" } };
    let now = Date.UTC(2027, 0, 1);
    const at = house({ now: () => now });
    const retry = { maxAttempts: 2, backoff: { initial: "PT1S", jitter: "none" } };
    const key = await open(at, { name: "child", nodes: [fails] }, parent({ retry }));
    await settle(at, key);
    expect((await at.read(key)).waitingOn).toMatchObject([{ kind: "retry" }]);
    now += 2_000;
    await settle(at, key);

    expect((await at.read(key)).error?.code).toBe("CHILD_FAILED");
    const listed = await at.engine.runs.list(ADMIN, { parent: key.runId }, { limit: 10 });
    expect(listed).toMatchObject({ ok: true, value: { data: [{}, {}] } });
  });

  test("that is asynchronous comes to the id of a run that goes on by itself", async () => {
    const at = house();
    const key = await open(at, waits, parent({ mode: "async" }));
    await settle(at, key);

    const sub = await childOf(at, key);
    expect(await at.read(key)).toMatchObject({ status: "succeeded", output: { runId: sub.runId } });
    expect((await at.read(sub)).status).toBe("waiting");
    expect(await rowsLeft(at, key)).toEqual([]);
  });

  test.each<[string, JsonObject, Json]>([
    ["CHILD_NOT_FOUND", { workflow: "{% 'gone' & $input.n %}" }, {}],
    ["CHILD_NOT_FOUND", { workflow: "{% $input.nothing %}" }, {}],
    ["INVALID_INPUT", { with: { m: 1 } }, { type: "object", required: ["n"] }],
  ])("fails with %s where no child can be made: %j", async (code, more, input) => {
    const at = house();
    const key = await open(at, { ...child, input }, parent(more));
    await settle(at, key);

    expect((await at.read(key)).error).toMatchObject({ code, node: "sub" });
    expect(await rowsLeft(at, key)).toEqual([]);
  });

  test("that starts itself ends at the limit of depth", async () => {
    const at = house();
    const self = { id: "sub", type: "subflow", workflow: "parent" };
    const key = await open(at, { name: "parent", nodes: [self] });
    await settle(at, key);

    const { error } = await at.read(key);
    expect(error?.code).toBe("CHILD_FAILED");
    expect(error?.message).toMatch(/would start a child 11 deep, and 10 is the limit$/);
  });

  test("is refused at publishing when it names no published workflow", async () => {
    const at = house();
    const published = await at.engine.workflows.publish(ADMIN, parent());

    expect(published).toMatchObject({
      ok: false,
      refusal: { errors: [{ path: "nodes[0].workflow", code: "UNKNOWN_WORKFLOW" }] },
    });
  });

  test("starts a child for each item of a map", async () => {
    const at = house();
    const sub = { id: "sub", type: "subflow", workflow: "child", with: { n: "{% $item %}" } };
    const map = { id: "each", type: "map", items: ["a", "b", "c"], body: { nodes: [sub] } };
    const key = await open(at, child, { name: "parent", nodes: [map] });
    await settle(at, key);

    expect((await at.read(key)).output).toEqual(["child of a", "child of b", "child of c"]);
  });
});

describe("a child that is awaited no more", () => {
  test("is cancelled with its parent, and its own children with it", async () => {
    const at = house();
    const middle = { name: "middle", nodes: [{ id: "sub", type: "subflow", workflow: "child" }] };
    const key = await open(at, waits, middle, parent({ workflow: "middle" }));
    await settle(at, key);
    const between = await childOf(at, key);
    const leaf = await childOf(at, between);

    await at.engine.runs.cancel(ADMIN, key.runId, "enough");
    await settle(at, key);

    for (const run of [key, between, leaf]) expect((await at.read(run)).status).toBe("cancelled");
    for (const run of [key, between]) expect(await rowsLeft(at, run)).toEqual([]);
  });

  test("is cancelled when it takes longer than it may", async () => {
    let now = Date.UTC(2027, 0, 1);
    const at = house({ now: () => now });
    const key = await open(at, waits, parent({ timeout: "PT1M" }));
    await settle(at, key);
    const sub = await childOf(at, key);
    now += 61_000;
    await settle(at, key);

    expect((await at.read(key)).error?.code).toBe("TIMEOUT");
    expect((await at.read(sub)).status).toBe("cancelled");
  });

  test("is never made when it was cancelled before", async () => {
    const at = house();
    const key = await open(at, child, parent());
    await dying(at, key);
    await at.engine.runs.cancel(ADMIN, key.runId);
    await settle(at, key);

    const listed = await at.engine.runs.list(ADMIN, { parent: key.runId }, { limit: 10 });
    expect(listed).toMatchObject({ ok: true, value: { data: [] } });
    expect(await rowsLeft(at, key)).toEqual([]);
  });
});

describe("a process that dies between a run and its child", () => {
  test("before the child is made leaves a row that is due, by which the next one makes it", async () => {
    const table = memoryTable();
    const first = house({ table });
    const key = await open(first, child, parent());
    await dying(first, key);
    const [row] = await rowsLeft(first, key);
    expect(row).toMatchObject({ kind: "run", run: key.runId, state: "start", owed: true });
    expect(row?.dueAt).toBeDefined();

    const second = house({ table });
    await settle(second, key);

    expect((await second.read(key)).output).toBe("child of 7");
  });

  test("before the parent is told leaves a row that is due, by which the next one tells it", async () => {
    const table = memoryTable();
    const first = house({ table });
    const key = await open(first, waits, parent());
    await first.drive(key);
    const sub = await childOf(first, key);
    await first.engine.runs.signal(ADMIN, sub.runId, { name: "go", payload: "went" });
    await first.drive(sub);
    first.woken.length = 0;
    expect(await rowsLeft(first, key)).toMatchObject([{ state: "ended", run: key.runId }]);

    const second = house({ table });
    await second.drive(key);

    expect(await second.read(key)).toMatchObject({ status: "succeeded", output: "went" });
    expect(await rowsLeft(second, key)).toEqual([]);
  });

  test("twice at one moment, each child is made once and told of once", async () => {
    const table = memoryTable();
    const first = house({ table });
    const key = await open(first, child, parent());
    const second = house({ table });
    await Promise.all([first.drive(key), second.drive(key)]);
    await settle(first, key);

    const types = await first.types(key);
    expect(types.filter((type) => type === "child.ended")).toHaveLength(1);
    const { run } = await first.deps.log.load(key);
    expect([run.status, tokensOf(run)]).toEqual(["succeeded", []]);
  });
});
