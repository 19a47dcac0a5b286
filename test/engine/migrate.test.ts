import { describe, expect, test } from "vitest";
import type { MigrateRequest, MigrationView } from "../../core/engine/migrate-run.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import type { RunKey } from "../../core/ports/queue.ts";
import { faultyTable, type Misfortune } from "../support/faulty-table.ts";
import { ADMIN, type House, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const ADA = "ada@example.com";
const tool = (id: string, more: JsonObject = {}) => ({ id, type: "tool", tool: "echo", ...more });
const wait = (id: string, name: string) => ({ id, type: "wait", event: { name } });
const row = (...nodes: readonly { id: string }[]) =>
  nodes.slice(1).map(({ id }, index) => ({ from: nodes[index]?.id ?? "", to: id }));
const flow = (...nodes: readonly (JsonObject & { id: string })[]) => ({
  name: "flow",
  nodes,
  edges: row(...nodes),
});

async function under(at: House, document: JsonObject, input: JsonObject = {}): Promise<RunKey> {
  await at.publish(document);
  const key = await at.start("flow", { input });
  await at.drive(key);
  return key;
}

async function migrate(
  at: House,
  { runId }: RunKey,
  request: Partial<MigrateRequest> = {},
): Promise<MigrationView> {
  const done = await at.engine.control.migrate(ADMIN, runId, { version: 2, ...request });
  if (!done.ok) throw new Error(JSON.stringify(done.refusal));
  return done.value;
}

const codes = ({ problems, notes }: MigrationView) =>
  [...problems, ...notes].map(({ node, code }) => `${node} ${code}`);

describe("a run that waits", () => {
  test("goes on under another version, and keeps what happened", async () => {
    const at = house();
    const key = await under(
      at,
      flow(tool("a", { with: 1 }), wait("w", "go"), tool("b", { with: 2 })),
    );
    await at.publish(flow(tool("a", { with: 1 }), wait("w", "go"), tool("c", { with: 3 })));
    const before = await at.read(key);

    expect(await migrate(at, key)).toMatchObject({ from: 1, to: 2, migrated: true, notes: [] });
    const now = await at.read(key);
    expect(now).toMatchObject({ version: 2, status: "waiting", waitingOn: before.waitingOn });
    expect(now.hash).not.toBe(before.hash);
    await at.engine.runs.signal(ADMIN, key.runId, { name: "go" });
    await at.drive(key);

    expect(await at.read(key)).toMatchObject({ status: "succeeded", output: 3 });
    expect(await at.types(key)).toContain("run.migrated");
    const list = await at.engine.runs.list(ADMIN, { workflow: "flow" }, { limit: 1 });
    expect(list.ok && list.value.data[0]?.version).toBe(2);
    expect(await at.engine.runs.verify(ADMIN, key.runId)).toMatchObject({ value: { ok: true } });
  });

  test("is only asked about by a dry run, which names what does not map", async () => {
    const at = house();
    const fork = { id: "go", type: "set", split: "all" };
    const ok = { id: "ok", type: "approval", approvers: ADA };
    const three = (one: JsonObject, two: JsonObject, more: JsonObject = {}) => ({
      name: "flow",
      nodes: [fork, one, two, ok],
      edges: [one, two, ok].map(({ id }) => ({ from: "go", to: id ?? "" })),
      ...more,
    });
    const key = await under(at, three(wait("a", "x"), wait("b", "y")));
    const changed = { ...wait("b", "z"), timeout: "P1D" };
    await at.publish({ ...three({ id: "a", type: "set" }, changed), vars: { n: 1 } });
    await at.publish(three(wait("other", "x"), wait("b", "y")));

    const typed = await migrate(at, key, { dryRun: true });
    const gone = await migrate(at, key, { version: 3, dryRun: true });
    const mapped = await migrate(at, key, { version: 3, dryRun: true, map: { a: "other" } });
    const unknown = { map: { no: "other", b: "a" }, reopen: ["go"], dryRun: true, version: 3 };
    const wrong = await migrate(at, key, unknown);

    expect(codes(typed)).toEqual(["a TYPE_CHANGED", "b WAIT_KEPT", " VARIABLE_NEW"]);
    expect(codes(gone)).toEqual(["a NODE_GONE"]);
    expect(mapped).toMatchObject({ problems: [], notes: [], migrated: false });
    expect(codes(wrong)).toEqual([
      "no NODE_UNKNOWN",
      "b NODE_GONE",
      "b NAME_TAKEN",
      "a NODE_GONE",
      "b NODE_GONE",
      "go NOTHING_TO_REOPEN",
    ]);
    expect(await at.engine.control.migrate(ADMIN, key.runId, { version: 2 })).toMatchObject({
      ok: false,
      refusal: { code: "MIGRATION_BLOCKED", errors: [{ path: "a", code: "TYPE_CHANGED" }] },
    });
    expect(await at.read(key)).toMatchObject({ version: 1, status: "waiting" });
    expect(await at.types(key)).not.toContain("run.migrated");
  });

  test("is found by events under its node's new name, and no more under the old one", async () => {
    const at = house();
    const key = await under(at, flow(wait("a", "go"), { id: "z", type: "set", with: 1 }));
    const end = { id: "z", type: "set", with: "{% $steps.b.output %}" };
    await at.publish(flow(wait("b", "go"), end));
    await migrate(at, key, { map: { a: "b" } });

    const sent = await at.engine.events.send(ADMIN, { name: "go", payload: "came" });
    const again = await at.engine.events.send(ADMIN, { name: "go", payload: "again" });
    await at.drive(key);

    expect(sent).toMatchObject({ value: { delivered: 1 } });
    expect(again).toMatchObject({ value: { delivered: 0 } });
    expect(await at.read(key)).toMatchObject({ status: "succeeded", output: "came" });
  });

  test("asks anew where its wait is reopened, and an approval is settled by nothing of it", async () => {
    const at = house();
    const ask = (title: string) => ({ id: "ok", type: "approval", approvers: ADA, title });
    const key = await under(at, flow(ask("One?"), { id: "z", type: "set", with: "yes" }));
    const [old] = (await at.engine.tasks.list(ADMIN, { run: key.runId }, { limit: 9 })).data;
    await at.publish(flow(ask("Two?"), { id: "z", type: "set", with: "yes" }));
    expect(codes(await migrate(at, key, { dryRun: true }))).toEqual(["ok WAIT_KEPT"]);
    await migrate(at, key, { reopen: ["ok"] });
    await at.drive(key);

    const open = await at.engine.tasks.list(
      ADMIN,
      { run: key.runId, status: "open" },
      { limit: 9 },
    );
    expect(open.data.map(({ title }) => title)).toEqual(["Two?"]);
    const request = { decision: "approved", as: ADA };
    const late = await at.engine.tasks.decide(ADMIN, old?.id ?? "", request);
    expect(late).toMatchObject({ refusal: { code: "TASK_CLOSED" } });
    expect((await at.read(key)).status).toBe("waiting");
    await at.engine.tasks.decide(ADMIN, open.data[0]?.id ?? "", request);
    expect((await at.read(key)).output).toBe("yes");
  });

  test("lets a join fire that no other path leads to any more", async () => {
    const at = house();
    const nodes = [{ id: "go", type: "set", split: "all" }, tool("a"), wait("w", "x")];
    const join = { id: "j", type: "set", join: "all", with: "joined" };
    const fork = [
      { from: "go", to: "a" },
      { from: "go", to: "w" },
      { from: "a", to: "j" },
    ];
    const last = { id: "z", type: "set", with: "z" };
    const toJoin = {
      name: "flow",
      nodes: [...nodes, join, last],
      edges: [...fork, { from: "w", to: "j" }, { from: "j", to: "z" }],
    };
    const key = await under(at, toJoin);
    await at.publish({ ...toJoin, edges: [...fork, { from: "w", to: "z" }] });
    await migrate(at, key);

    expect((await at.types(key)).slice(-4)).toContain("step.succeeded");
    expect((await at.read(key)).steps.at(-1)).toMatchObject({ node: "j", output: "joined" });
  });
});

describe("a run that is at work, or over,", () => {
  test("keeps what is being called: a node that is other now must let it end first", async () => {
    const { promise: calling, resolve: called } = Promise.withResolvers<void>();
    const { promise, resolve } = Promise.withResolvers<string>();
    const at = house({
      call: () => {
        called();
        return promise;
      },
    });
    await at.publish(flow(tool("a", { with: 1 }), tool("b", { with: 1 })));
    const key = await at.start("flow");
    const driving = at.drive(key);
    await calling;
    await at.publish(flow(tool("a", { with: 2 }), tool("b", { with: 1 })));
    await at.publish(flow(tool("a", { with: 1 }), tool("b", { with: 2 })));

    const changed = await migrate(at, key, { dryRun: true });
    const same = await migrate(at, key, { version: 3 });
    resolve("done");
    await driving;

    expect(codes(changed)).toEqual(["a STEP_UNDER_WAY"]);
    expect(same.migrated).toBe(true);
    expect(at.calls.map(({ input }) => input)).toEqual([1, 2]);
    expect((await at.read(key)).status).toBe("succeeded");
    expect(await at.engine.control.migrate(ADMIN, key.runId, { version: 2 })).toMatchObject({
      refusal: { code: "RUN_ENDED" },
    });
  });

  test("is mended when it has failed: migrated, then retried under the key of its visit", async () => {
    const at = house({
      call: ({ input }) => {
        if (input === "wrong") throw new CallFailure("HTTP_400", "wrong", { retryable: false });
        return input;
      },
    });
    const key = await under(at, flow(tool("a", { with: "fine" }), tool("b", { with: "wrong" })));
    expect((await at.read(key)).status).toBe("failed");
    await at.publish(flow(tool("a", { with: "other" }), tool("b", { with: "right" })));

    expect(codes(await migrate(at, key))).toEqual(["b INPUT_ANEW"]);
    await at.engine.runs.retry(ADMIN, key.runId);
    await at.drive(key);

    expect(await at.read(key)).toMatchObject({ status: "succeeded", output: "right", version: 2 });
    expect(at.calls.map(({ input }) => input)).toEqual(["fine", "wrong", "right"]);
    const keys = at.calls.map(({ idempotencyKey }) => idempotencyKey);
    expect(keys[2]).toBe(keys[1]);
  });

  test("must be undone by what the new version has for it", async () => {
    const at = house();
    const undone = (by: string) => ({
      name: "flow",
      nodes: [tool("a", { compensate: by }), wait("w", "x"), tool(by)],
      edges: [{ from: "a", to: "w" }],
    });
    const key = await under(at, undone("undo"));
    await at.publish(undone("other"));

    expect(codes(await migrate(at, key, { dryRun: true }))).toEqual(["a UNDO_GONE"]);
    await migrate(at, key, { map: { undo: "other" } });
    await at.engine.runs.cancel(ADMIN, key.runId, "enough", true);
    await at.drive(key);
    expect(at.calls).toHaveLength(2);
  });

  test("keeps the items of a map that are under way, and begins later ones by the new body", async () => {
    const at = house();
    const each = (name: string, output: string) => ({
      name: "flow",
      nodes: [
        {
          id: "each",
          type: "map",
          items: [1, 2],
          concurrency: 1,
          body: {
            nodes: [wait(name, "go"), { id: "say", type: "set", with: output }],
            edges: [{ from: name, to: "say" }],
          },
        },
      ],
    });
    const key = await under(at, each("w", "old"));
    await at.publish(each("w", "new"));
    await at.publish(each("other", "new"));

    expect(codes(await migrate(at, key, { version: 3, dryRun: true }))).toContain(
      "each/w NODE_GONE",
    );
    expect(codes(await migrate(at, key))).toEqual(["each MAP_CHANGED"]);
    for (let item = 0; item < 2; item++) {
      await at.engine.runs.signal(ADMIN, key.runId, { name: "go" });
      await at.drive(key);
    }
    expect((await at.read(key)).output).toEqual(["new", "new"]);
  });
});

/** A migration whose n-th write meets misfortune, and which the client asks for again. */
async function migrated(write: number, misfortune: Misfortune) {
  const inner = memoryTable();
  const first = house({ table: inner });
  const key = await under(first, flow(tool("a"), wait("w", "go"), tool("b", { with: "b" })));
  await first.publish(flow(tool("a"), wait("v", "go"), tool("c", { with: "c" })));
  let writes = 0;
  const unlucky = faultyTable(inner, () => (++writes === write ? misfortune : "none"));
  const request = { version: 2, map: { w: "v" } };
  await house({ table: unlucky })
    .engine.control.migrate(ADMIN, key.runId, request)
    .catch(() => undefined);
  const second = house({ table: inner });
  // A repeat finds the old name gone, and the run where it is to be.
  const again = await second.engine.control.migrate(ADMIN, key.runId, request);
  await second.engine.runs.signal(ADMIN, key.runId, { name: "go", id: "s" });
  await second.drive(key);
  const types = await second.types(key);
  const run = await second.read(key);
  const times = types.filter((type) => type === "run.migrated").length;
  const waits = await inner.query({ pk: "default#event#go#" });
  return {
    writes,
    again: again.ok,
    times,
    output: run.output,
    status: run.status,
    left: waits.items.length,
  };
}

test.each<Misfortune>(["die before", "die after", "before", "after"])(
  "a migration happens once and whole, whichever write meets: %s",
  async (misfortune) => {
    const { writes } = await migrated(Number.POSITIVE_INFINITY, misfortune);
    expect(writes).toBeGreaterThan(0);
    for (let write = 1; write <= writes; write++) {
      const { writes: _, ...seen } = await migrated(write, misfortune);
      expect(seen, `write ${write}`).toEqual({
        again: true,
        times: 1,
        output: "c",
        status: "succeeded",
        left: 0,
      });
    }
  },
);
