import { describe, expect, test } from "vitest";
import { handleDeps } from "../../core/engine/contexts.ts";
import { createEngine } from "../../core/engine/create-engine.ts";
import { handle } from "../../core/engine/handle.ts";
import { runCache } from "../../core/engine/run-cache.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { unstarted } from "../../core/kernel/run.ts";
import type { Table } from "../../core/ports/table.ts";
import type { Loaded } from "../../core/store/run-snapshot.ts";
import { faultyTable, isCommit } from "../support/faulty-table.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const HOLD: JsonObject = {
  name: "hold",
  nodes: ["a", "b"].map((id) => ({ id, type: "wait", event: { name: id } })),
  edges: [{ from: "a", to: "b" }],
};

/** One process that owns all runs: what it remembers is what it shows. */
async function laptop(table: Table) {
  const home = house({ table });
  const cache = runCache({ sizeMax: 100, isAuthority: true });
  const deps = { ...home.deps, cache };
  await home.publish(HOLD);
  const engine = createEngine(deps);
  const started = await engine.runs.start(ADMIN, { workflow: "hold" });
  if (!started.ok) throw new Error(started.refusal.message);
  return { engine, deps, key: { tenant: "default", runId: started.value.run.id } };
}

function loaded(seq: number, status: "running" | "waiting" | "succeeded"): Loaded {
  const run = { ...unstarted("default", "run-1"), seq, status };
  return { run, hash: "", bytes: 0, snapshotBytes: 0 };
}

describe("what a process remembers of a run", () => {
  test("is the newest that it has seen, in whatever order it is told", () => {
    const cache = runCache({ sizeMax: 10, isAuthority: true });
    const key = { tenant: "default", runId: "run-1" };
    for (const [seq, status] of [
      [3, "waiting"],
      [7, "succeeded"],
      [5, "running"],
      [6, "waiting"],
    ] as const) {
      cache.put(key, loaded(seq, status));
    }

    expect(cache.get(key)?.run).toMatchObject({ seq: 7, status: "succeeded" });
  });

  test("is not put back to an older commit whose snapshot took longer", async () => {
    const inner = memoryTable();
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const table: Table = {
      ...inner,
      async write(operations) {
        const [first] = operations;
        const result = await inner.write(operations);
        if (first?.type === "put" && first.item.sk === "snapshot") await slow;
        return result;
      },
    };
    const { engine, key } = await laptop(table);
    const payload = "x".repeat(90_000);

    const first = engine.runs.signal(ADMIN, key.runId, { name: "a", payload });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await engine.runs.signal(ADMIN, key.runId, { name: "b", payload: "done" });
    release();
    await first;

    const shown = await engine.runs.get(ADMIN, key.runId);
    expect(shown).toMatchObject({ value: { status: "succeeded", output: "done" } });
  });

  test("is forgotten when it is not known whether a commit was made", async () => {
    let isLost = false;
    const table = faultyTable(memoryTable(), (_, operations) =>
      isLost && isCommit(operations) ? "after" : "none",
    );
    const { engine, deps, key } = await laptop(table);
    isLost = true;
    const handled = handle(handleDeps(deps), {
      key,
      command: { type: "run.cancel" },
      actor: { kind: "key", id: "key_1" },
      until: 0,
    });
    await expect(handled).rejects.toMatchObject({ retryable: true });

    const shown = await engine.runs.get(ADMIN, key.runId);
    expect(shown).toMatchObject({ value: { status: "cancelled" } });
  });

  test("is looked at again before a driver of several finds that nothing is owed", async () => {
    const table = memoryTable();
    const [first, second] = [house({ table }), house({ table })];
    await first.publish({
      name: "then",
      nodes: [
        { id: "a", type: "wait", event: { name: "a" } },
        { id: "b", type: "tool", tool: "echo", with: "done" },
      ],
      edges: [{ from: "a", to: "b" }],
    });
    const key = await first.start("then");
    await first.drive(key);

    await second.engine.runs.signal(ADMIN, key.runId, { name: "a", payload: 1 });
    await first.drive(key);

    const shown = await first.engine.runs.get(ADMIN, key.runId);
    expect(shown).toMatchObject({ value: { status: "succeeded" } });
  });
});
