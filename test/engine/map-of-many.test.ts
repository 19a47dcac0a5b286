import { expect, test } from "vitest";
import { rows } from "../../core/store/rows.ts";
import { ADMIN, house } from "../support/house.ts";
import { memoryTable } from "../support/memory-table.ts";

/** `HOLDFAST_MAP_ITEMS=10000` runs a map of so many. */
const ITEMS = Number(process.env["HOLDFAST_MAP_ITEMS"] ?? 800);
const CONCURRENCY = 50;

async function mapOf(count: number) {
  const table = memoryTable();
  const home = house({ table });
  await home.engine.tools.put(ADMIN, "echo", { kind: "http", config: { url: "http://x.test" } });
  const work = { id: "work", type: "tool", tool: "echo", with: { n: "{% $index %}" } };
  const items = "{% $input.list %}";
  const map = { type: "map", items, concurrency: CONCURRENCY, body: { nodes: [work] } };
  await home.publish({ name: "many", nodes: [{ id: "each", ...map }] });
  const list = Array.from({ length: count }, (_, index) => index);
  const key = await home.start("many", { input: { list } });
  await home.drive(key, { effectsMax: CONCURRENCY });
  const run = await home.read(key);
  let bytes = 0;
  for (let after: string | undefined = "log#"; after !== undefined; ) {
    const pk = rows.run(key.tenant, key.runId);
    const page = await table.query({ pk, prefix: "log#", limit: 200, after });
    for (const { content } of page.items) bytes += content?.length ?? 0;
    after = page.more ? page.items.at(-1)?.sk : undefined;
  }
  return { home, key, run, bytes };
}

test("a map of many items ends, and its log grows by the same for each", async () => {
  const half = await mapOf(ITEMS / 2);
  const { home, key, run, bytes } = await mapOf(ITEMS);

  expect(run.status, JSON.stringify(run.error)).toBe("succeeded");
  expect(home.calls).toHaveLength(ITEMS);
  expect(run.seq / half.run.seq).toBeLessThan(2.05);
  expect(bytes / half.bytes).toBeLessThan(2.2);
  expect(run.steps).toHaveLength(100);
  const seen = new Set<string>();
  for (let cursor: string | undefined = undefined, more = true; more; ) {
    const page = await home.engine.runs.steps(ADMIN, key.runId, {}, { limit: 200, cursor });
    if (!page.ok) throw new Error(page.refusal.code);
    for (const { id, status } of page.value.data) if (status === "succeeded") seen.add(id);
    more = page.value.nextCursor !== null;
    cursor = page.value.nextCursor ?? undefined;
  }
  expect(seen.size).toBe(ITEMS + 1);
});
