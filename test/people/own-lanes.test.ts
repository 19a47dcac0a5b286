import { beforeEach, describe, expect, test } from "vitest";
import { ownLanes } from "../../core/engine/people/own-lanes.ts";
import { tableAccess } from "../../core/engine/people/table-access.ts";
import { Fault } from "../../core/ports/fault.ts";
import type { Lanes } from "../../core/ports/lanes.ts";
import type { Table } from "../../core/ports/table.ts";
import { rows } from "../../core/store/rows.ts";
import { memoryTable } from "../support/memory-table.ts";

const NOW = Date.UTC(2026, 0, 1);
const log = { info: () => undefined, error: () => undefined };

let table: Table;
let asked: string[];
let broken: Error | undefined;
beforeEach(() => {
  table = memoryTable();
  asked = [];
  broken = undefined;
});

const lanes: Lanes = {
  async open(tenant, { drivesMax }) {
    asked.push(`open ${drivesMax}`);
    if (broken) throw broken;
    return { address: `https://sqs/${tenant}`, connection: "map-1" };
  },
  async limit(_tenant, _lane, { drivesMax }) {
    asked.push(`limit ${drivesMax}`);
    if (broken) throw broken;
  },
  close: async () => void asked.push("close"),
};

function access() {
  let ids = 0;
  return tableAccess({
    table,
    clock: { now: () => NOW },
    hash: (text) => text,
    randomKey: () => "key",
    newId: (prefix) => `${prefix}${++ids}`,
    platformKeyHash: "",
    ownLanes: ownLanes({ table, lanes, log }),
  });
}

async function rowOf(id: string) {
  const row = await table.get(rows.tenant(id));
  if (!row) throw new Error(`there is no tenant ${id}`);
  return row;
}

describe("a tenant of its own lane", () => {
  test("has it when the request is answered, and owes nothing then", async () => {
    const { id } = await access().createTenant({ name: "a", limits: { maxConcurrentSteps: 40 } });

    const row = await rowOf(id);
    expect(row).toMatchObject({ state: "open", address: `https://sqs/${id}`, connection: "map-1" });
    expect(row.dueAt).toBeUndefined();
    expect(asked).toEqual(["open 4"]);
  });

  test("is there though its lane could not be opened, and its row is due until it was", async () => {
    broken = new Fault("SQS is away", { retryable: true });
    const { id } = await access().createTenant({ name: "a" });
    const opening = await rowOf(id);
    expect(opening).toMatchObject({ state: "opening", kind: "tenant" });
    expect(opening.dueAt).toBeDefined();

    await expect(ownLanes({ table, lanes, log }).finish(opening)).rejects.toThrow("SQS is away");
    broken = undefined;
    await ownLanes({ table, lanes, log }).finish(opening);

    expect(await rowOf(id)).toMatchObject({ state: "open", address: `https://sqs/${id}` });
    expect((await rowOf(id)).dueAt).toBeUndefined();
    await ownLanes({ table, lanes, log }).finish(opening);
    expect(asked).toEqual(["open undefined", "open undefined", "open undefined"]);
  });

  test("has its lane limited anew, at once or by its row", async () => {
    const { id } = await access().createTenant({ name: "a" });
    await access().updateTenant(id, { limits: { maxConcurrentSteps: 90 } });
    expect(await rowOf(id)).toMatchObject({ state: "open" });

    broken = new Error("Lambda is away");
    await access().updateTenant(id, { limits: { maxConcurrentSteps: null } });
    const changing = await rowOf(id);
    expect(changing).toMatchObject({ state: "changing", address: `https://sqs/${id}` });
    broken = undefined;
    await ownLanes({ table, lanes, log }).finish(changing);

    expect(await rowOf(id)).toMatchObject({ state: "open" });
    expect(asked).toEqual(["open undefined", "limit 9", "limit undefined", "limit undefined"]);
  });

  test("is changed by two at once without losing what either said", async () => {
    const { id } = await access().createTenant({ name: "a" });
    await Promise.all([
      access().updateTenant(id, { limits: { maxActiveRuns: 5 } }),
      access().updateTenant(id, { limits: { maxPayloadBytes: 100 } }),
      access().updateTenant(id, { name: "b" }),
    ]);

    const found = await access().tenant(id);
    expect(found).toMatchObject({
      ok: true,
      value: { name: "b", limits: { maxActiveRuns: 5, maxPayloadBytes: 100 } },
    });
  });

  test("keeps what it takes to close its lane when it is deleted", async () => {
    const { id } = await access().createTenant({ name: "a" });
    expect((await access().deleteTenant(id)).ok).toBe(true);

    expect(await table.get(rows.tenant(id))).toBeUndefined();
    expect(await table.get(rows.closing(id))).toMatchObject({
      kind: "closing",
      address: `https://sqs/${id}`,
      connection: "map-1",
      pass: 1,
    });
    expect((await access().createKey(id, { name: "k" })).ok).toBe(false);
  });

  test("that shares a lane makes none", async () => {
    const { id } = await access().createTenant({ name: "a", lane: "shared" });

    expect(await rowOf(id)).toMatchObject({ state: "open", lane: "shared" });
    expect(asked).toEqual([]);
  });
});
