import { describe, expect, test } from "vitest";
import { parseModels } from "../../adapters/models/models-config.ts";
import type { Access } from "../../core/engine/access.ts";
import { createEngine, driveDeps } from "../../core/engine/create-engine.ts";
import type { DriveDeps } from "../../core/engine/drive.ts";
import type { Caller } from "../../core/engine/views.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Artifacts } from "../../core/ports/artifacts.ts";
import type { Queue } from "../../core/ports/queue.ts";
import type { Secrets } from "../../core/ports/secrets.ts";
import type { Table } from "../../core/ports/table.ts";
import { type Drivers, drivers } from "../../local/drivers.ts";
import { localNotary } from "../../local/local-notary.ts";
import { localSigner } from "../../local/local-signer.ts";
import { engineParts } from "../../wiring/engine-parts.ts";
import { processWatch } from "../../wiring/process-watch.ts";
import { memoryTable } from "../support/memory-table.ts";

const log = { info: () => undefined, error: () => undefined };

/** The product in memory, with tools that answer when the test says so, or at once. */
function house(options: { table?: Table; atOnce?: boolean } = {}) {
  const held: (() => void)[] = [];
  const called: string[] = [];
  const wired: { deps?: DriveDeps; work?: Drivers } = {};
  const queue: Queue = { wake: (key) => wired.work?.wake(key) };
  const engineDeps = engineParts({
    table: options.table ?? memoryTable(),
    artifacts: {} as Artifacts,
    clock: { now: () => Date.now() },
    secrets: {} as Secrets,
    access: { tenant: async () => ({ ok: true, value: { limits: {} } }) } as unknown as Access,
    queue,
    timers: { set: () => undefined },
    watch: () => processWatch(),
    signer: localSigner(new Uint8Array(32)),
    notary: localNotary(new Uint8Array(32)),
    isAuthority: true,
    allowLoopback: true,
    models: parseModels(undefined),
  });
  const tools = {
    builtins: engineDeps.tools.builtins,
    call: async ({ tenant }: { tenant: string }) => {
      called.push(tenant);
      if (options.atOnce) return null;
      await new Promise<void>((resolve) => {
        held.push(resolve);
      });
      return null;
    },
  };
  wired.deps = driveDeps({ ...engineDeps, tools });
  const deps = wired.deps;
  wired.work = drivers({ log, driveDeps: () => deps });
  return { engine: createEngine(engineDeps), work: wired.work, held, called };
}

const document: JsonObject = { name: "one", nodes: [{ id: "a", type: "tool", tool: "echo" }] };
const of = (tenant: string): Caller => ({ tenant, role: "admin", keyId: "key_1", actsFor: true });

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

describe("the drivers of a laptop", () => {
  test("leave places for others, when one tenant's slow calls take all of its own", async () => {
    const { engine, work, held, called } = house();
    for (const tenant of ["a", "b"]) await engine.workflows.publish(of(tenant), document);
    for (let run = 0; run < 600; run++) await engine.runs.start(of("a"), { workflow: "one" });
    await turns(50);
    const before = called.length;

    await engine.runs.start(of("b"), { workflow: "one" });
    await turns(10);

    expect(before).toBe(512);
    expect(called.at(-1)).toBe("b");
    for (let left = 600; left >= 0; left--) {
      for (const answer of held.splice(0)) answer();
      await turns(2);
    }
    await work.idle(5_000);
    expect(called).toHaveLength(601);
  });

  test("let a single step of one tenant through beside 5,000 queued runs of another (F5)", async () => {
    const inner = memoryTable();
    const writers: string[] = [];
    const table: Table = {
      get: (key) => inner.get(key),
      query: (range) => inner.query(range),
      async write(operations) {
        const [first] = operations;
        const { pk } = first?.type === "put" ? first.item : { pk: "" };
        if (pk.includes("#run#")) writers.push(pk.slice(0, 1));
        // As on a disk: what is written together is there together, a turn later.
        await turns(1);
        return inner.write(operations);
      },
    };
    const { engine, work } = house({ table, atOnce: true });
    for (const tenant of ["a", "b"]) await engine.workflows.publish(of(tenant), document);
    const all = Array.from({ length: 5_000 }, () =>
      engine.runs.start(of("a"), { workflow: "one" }),
    );
    await turns(20);

    await engine.runs.start(of("b"), { workflow: "one" });
    await Promise.all(all);
    await work.idle(60_000);

    const [first, last] = [writers.indexOf("b"), writers.lastIndexOf("b")];
    const own = writers.filter((writer) => writer === "b").length;
    const others = writers.slice(first, last).filter((writer) => writer === "a").length;
    expect(own).toBeGreaterThanOrEqual(3);
    // At most the turns that are under way at once go before each of its own.
    expect(others).toBeLessThanOrEqual(own * 2 * 16);
    expect(writers.length).toBeGreaterThan(15_000);
  });

  test("abort what is under way when they are drained, and take on nothing more", async () => {
    const { engine, work, called } = house();
    await engine.workflows.publish(of("a"), document);
    await engine.runs.start(of("a"), { workflow: "one" });
    await turns(10);

    await work.drain(10);

    expect(called).toHaveLength(1);
    expect(work.active()).toBe(0);
    await engine.runs.start(of("a"), { workflow: "one" });
    await turns(10);
    expect(called).toHaveLength(1);
  });
});
