import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { busEvents } from "../../core/engine/fan-out/bus-events.ts";
import { committedIn } from "../../core/store/commit.ts";
import { rows } from "../../core/store/rows.ts";
import { house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

/** Every commit of a run, as the stream would tell it. */
async function commitsOf(input: unknown) {
  const table = memoryTable();
  const home = house({ table });
  await home.publish({
    name: "ask",
    nodes: [
      { id: "s", type: "set", with: 1 },
      { id: "p", type: "approval", approvers: ["ada@example.com"] },
    ],
    edges: [{ from: "s", to: "p" }],
  });
  const key = await home.start("ask", { input: input as never });
  await home.drive(key);
  const { items } = await table.query({ pk: rows.run(key.tenant, key.runId), prefix: "log#" });
  return items.map((row) => ({ row, commit: committedIn(row) }));
}

describe("what goes on the bus", () => {
  test("is what happens to runs and tasks, each with the id that it has everywhere", async () => {
    const told = (await commitsOf({})).flatMap(({ row, commit }) =>
      commit ? busEvents(commit, row, hash) : [],
    );

    const types = told.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(["run.created", "task.created", "run.waiting"]));
    expect(types.filter((type) => type.startsWith("step."))).toEqual([]);
    for (const { id, tenant, detail } of told) {
      expect(id).toMatch(/^evt_/);
      expect(tenant).toBe("default");
      expect(detail).toMatchObject({ runId: expect.stringMatching(/^run_/) as string });
    }
  });

  test("is without its data where that would be large", async () => {
    const [first] = await commitsOf({ text: "x".repeat(70_000) });
    const [created] = first?.commit ? busEvents(first.commit, first.row, hash) : [];

    expect(created?.type).toBe("run.created");
    expect(created?.detail).toMatchObject({ truncated: true, seq: 1 });
    expect(JSON.stringify(created).length).toBeLessThan(2_000);
  });
});
