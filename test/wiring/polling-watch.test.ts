import { afterEach, describe, expect, test, vi } from "vitest";
import { driveDeps } from "../../core/engine/create-engine.ts";
import type { EngineDeps } from "../../core/engine/deps.ts";
import { drive } from "../../core/engine/drive.ts";
import { runCache } from "../../core/engine/run-cache.ts";
import { pollingWatch } from "../../wiring/polling-watch.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const end of ends.splice(0)) end();
});

/** A second process on the same table, which hears of the first by its log alone. */
function follower(deps: EngineDeps): EngineDeps {
  const cache = runCache({ sizeMax: 100, isAuthority: false });
  const options = { everyMs: 20, onFailure: () => undefined };
  return { ...deps, cache, watch: pollingWatch({ log: deps.log, cache }, options) };
}

const WAITS = { name: "w", nodes: [{ id: "w", type: "wait", event: { name: "go" } }] };
const CALLS = {
  name: "c",
  nodes: [{ id: "t", type: "tool", tool: "echo", with: { text: "a" } }],
};

describe("who follows a run in another process", () => {
  test("hears of what is committed there, and whether the run rests", async () => {
    const home = house({ table: memoryTable() });
    await home.publish(WAITS);
    const key = await home.start("w");
    const heard: boolean[] = [];
    const { watch } = follower(home.deps);
    ends.push(watch.follow(key, (settled) => void heard.push(settled)));

    await expect.poll(() => heard).toEqual([true]);
    await home.engine.runs.signal(ADMIN, key.runId, { name: "go" });
    await home.drive(key);

    await expect.poll(() => heard.length).toBeGreaterThan(1);
    expect(heard.at(-1)).toBe(true);
  });

  test("asks the log for nothing when nobody follows any more", async () => {
    let queries = 0;
    const table = memoryTable();
    const counted = {
      ...table,
      query: (range: Parameters<typeof table.query>[0]) => {
        queries++;
        return table.query(range);
      },
    };
    const home = house({ table: counted });
    await home.publish(WAITS);
    const key = await home.start("w");
    const { watch } = follower(home.deps);
    vi.useFakeTimers();
    const before = queries;
    const leave = watch.follow(key, () => undefined);
    await vi.advanceTimersByTimeAsync(100);
    expect(queries).toBeGreaterThan(before + 2);

    leave();
    const after = queries;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(queries).toBe(after);
  });

  test("aborts the call that it makes when the run is cancelled elsewhere", async () => {
    let aborted = false;
    const home = house({
      table: memoryTable(),
      call: (_call, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new Error("aborted"));
          });
        }),
    });
    await home.publish(CALLS);
    const key = await home.start("c");
    const deps = follower(home.deps);
    const driving = drive(driveDeps(deps), key, {
      effectsMax: 8,
      until: Number.POSITIVE_INFINITY,
    });
    await expect.poll(() => home.calls).toHaveLength(1);

    await home.engine.runs.cancel(ADMIN, key.runId);

    await driving.done;
    expect(aborted).toBe(true);
    expect((await home.read(key)).status).toBe("cancelled");
  });
});

describe("a driver whose time is over", () => {
  test("lets its call end, puts the outcome on record, and starts nothing more", async () => {
    let now = 0;
    const home = house({
      table: memoryTable(),
      call: (call) => {
        now = 1_000;
        return call.input;
      },
    });
    const nodes = ["a", "b"].map((id) => ({ id, type: "tool", tool: "echo", with: { text: id } }));
    await home.publish({ name: "chain", nodes, edges: [{ from: "a", to: "b" }] });
    const key = await home.start("chain");
    const deps = { ...home.deps, elapsed: () => now };

    await drive(driveDeps(deps), key, { effectsMax: 8, until: 500, offerUntil: 2_000 }).done;

    expect(home.calls.map(({ input }) => input)).toEqual([{ text: "a" }]);
    const run = await home.read(key);
    expect(run.status).toBe("running");
    expect(run.steps.map(({ node, status }) => `${node} ${status}`)).toEqual(["a succeeded"]);

    await home.drive(key);
    expect((await home.read(key)).status).toBe("succeeded");
  });
});
