import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/kernel/json.ts";
import { hookStore } from "../../core/store/hooks.ts";
import { faultyTable, type Misfortune } from "../support/faulty-table.ts";
import { ADMIN, type House, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

type Used = Readonly<{ kind: string; count: number }>;

const wait = { id: "w", type: "wait", event: { name: "go" } };
const say = (text: string) => ({ id: "z", type: "set", with: text });
const version = (text: string) => ({
  name: "flow",
  nodes: [wait, say(text)],
  edges: [{ from: "w", to: "z" }],
});

async function published(at: House, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await at.publish(version(text));
}

async function shown(at: House): Promise<readonly number[]> {
  const listed = await at.engine.workflows.versions(ADMIN, "flow", { limit: 100 });
  return listed.ok ? listed.value.data.map((one) => one.version) : [];
}

async function newest(at: House): Promise<number | undefined> {
  const got = await at.engine.workflows.get(ADMIN, "flow");
  return got.ok ? got.value.version : undefined;
}

const remove = (at: House, number?: number) => at.engine.workflows.remove(ADMIN, "flow", number);

describe("a version that nobody uses", () => {
  test("is gone from lists and starts, and its number is never given again", async () => {
    const at = house();
    await published(at, "one", "two", "three");

    expect(await remove(at, 3)).toMatchObject({ ok: true });
    expect([await shown(at), await newest(at)]).toEqual([[2, 1], 2]);
    expect(await remove(at, 3)).toMatchObject({ refusal: { code: "WORKFLOW_NOT_FOUND" } });
    const started = await at.engine.runs.start(ADMIN, { workflow: "flow", version: 3 });
    expect(started).toMatchObject({ refusal: { code: "WORKFLOW_NOT_FOUND" } });
    await published(at, "three");
    expect([await shown(at), await newest(at)]).toEqual([[4, 2, 1], 4]);
    expect(await remove(at, 1)).toMatchObject({ ok: true });
    expect([await shown(at), await newest(at)]).toEqual([[4, 2], 4]);
    expect(await remove(at)).toMatchObject({ ok: true });
    expect([await shown(at), await newest(at)]).toEqual([[], undefined]);
    expect((await at.engine.workflows.list(ADMIN, { limit: 9 })).data).toEqual([]);
    await published(at, "five");
    expect([await shown(at), await newest(at)]).toEqual([[5], 5]);
  });

  test("is kept for runs that have ended: for their graph, and for a retry", async () => {
    const at = house({ call: ({ attempt }) => (attempt === 1 ? Promise.reject(new Error()) : 1) });
    await at.publish({ name: "flow", nodes: [{ id: "a", type: "tool", tool: "echo" }] });
    await published(at, "two");
    const key = await at.start("flow", { version: 1 });
    await at.drive(key);
    expect(await remove(at, 1)).toMatchObject({ ok: true });

    const later = house({ table: at.deps.table, call: () => "done" });
    expect(await later.engine.insight.graph(ADMIN, key.runId)).toMatchObject({
      value: { document: { name: "flow" }, graph: { version: 1 } },
    });
    await later.engine.runs.retry(ADMIN, key.runId);
    await later.drive(key);
    expect(await later.read(key)).toMatchObject({ status: "succeeded", output: "done" });
  });
});

describe("a version in use", () => {
  test("is not deleted while a live run is under it, and is when the run has left it", async () => {
    const at = house();
    await published(at, "one");
    const [first, second] = [await at.start("flow"), await at.start("flow")];
    await published(at, "two");

    expect(await remove(at, 1)).toMatchObject({
      refusal: {
        code: "WORKFLOW_IN_USE",
        data: { usedBy: [{ kind: "run", count: 2, examples: [first.runId, second.runId] }] },
      },
    });
    expect(await shown(at)).toEqual([2, 1]);
    await at.engine.control.migrate(ADMIN, first.runId, { version: 2 });
    await at.engine.runs.cancel(ADMIN, second.runId);
    expect(await remove(at, 1)).toMatchObject({ ok: true });
    expect(await remove(at, 2)).toMatchObject({ refusal: { code: "WORKFLOW_IN_USE" } });
    expect(await remove(at)).toMatchObject({ refusal: { code: "WORKFLOW_IN_USE" } });
  });

  test.each<[string, number | undefined, boolean]>([
    ["by its number", 1, true],
    ["by no number, while another is left", undefined, false],
  ])("is one that schedules, hooks and parents start %s", async (_, pinned, isUsed) => {
    const at = house();
    await published(at, "one", "two");
    const which = pinned === undefined ? {} : { version: pinned };
    const made = { createdAt: 0, updatedAt: 0, event: null };
    const hook = { name: "shop", start: { workflow: "flow", ...which }, ...made };
    await hookStore(at.deps.table).put(ADMIN.tenant, hook);
    await at.engine.schedules.create(ADMIN, { workflow: "flow", every: "P1D", ...which });
    const sub: JsonObject = { id: "sub", type: "subflow", workflow: "flow", ...which };
    await at.publish({ name: "parent", nodes: [sub] });

    const gone = await remove(at, 1);
    const used = gone.ok ? [] : (gone.refusal.data?.["usedBy"] as readonly Used[]);
    expect(used.map(({ kind, count }) => `${kind} ${count}`)).toEqual(
      isUsed ? ["schedule 1", "hook 1", "workflow 1"] : [],
    );
    expect(gone.ok).toBe(!isUsed);
    expect(await remove(at)).toMatchObject({ refusal: { code: "WORKFLOW_IN_USE" } });
  });
});

/** All versions are deleted while another one is published; the n-th write meets misfortune. */
async function deleted(write: number, misfortune: Misfortune) {
  const inner = memoryTable();
  const first = house({ table: inner });
  await published(first, "one", "two", "three");
  let writes = 0;
  const unlucky = faultyTable(inner, () => (++writes === write ? misfortune : "none"));
  await remove(house({ table: unlucky })).catch(() => undefined);
  const second = house({ table: inner });
  await remove(second);
  const left = [await shown(second), await newest(second)];
  await published(second, "four");
  return { writes, left, after: [await shown(second), await newest(second)] };
}

test.each<Misfortune>(["die before", "die after", "before", "after"])(
  "deleting a workflow is finished by whoever asks again, whichever write meets: %s",
  async (misfortune) => {
    const { writes } = await deleted(Number.POSITIVE_INFINITY, misfortune);
    expect(writes).toBe(3);
    for (let write = 1; write <= writes; write++) {
      const { left, after } = await deleted(write, misfortune);
      expect({ left, after }, `write ${write}`).toEqual({ left: [[], undefined], after: [[4], 4] });
    }
  },
);

test("deleting and publishing at once never give a number twice, nor lose the newest", async () => {
  const inner = memoryTable();
  await published(house({ table: inner }), "one", "two");
  await Promise.all([
    ...[1, 2].map((number) => remove(house({ table: inner }), number)),
    ...["a", "b", "c"].map((text) => house({ table: inner }).publish(version(text))),
  ]);

  const after = house({ table: inner });
  const left = await shown(after);
  expect(await newest(after)).toBe(left[0]);
  expect(left.toSorted((a, b) => a - b)).toEqual([3, 4, 5]);
});
