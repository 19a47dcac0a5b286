import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite } from "../../adapters/sqlite/open.ts";
import { sqliteArtifacts } from "../../adapters/sqlite/sqlite-artifacts.ts";
import { sqliteTable } from "../../adapters/sqlite/sqlite-table.ts";

const WRITER = join(import.meta.dirname, "sqlite-crash-writer.ts");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-crash-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Kills a writer after so many acknowledged writes, and gives all that it acknowledged. */
async function killedAfter(writes: number, round: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [WRITER, join(folder, "holdfast.db"), String(round)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === writes) child.kill("SIGKILL");
  }
  if (child.signalCode === null) await once(child, "exit");
  return acknowledged;
}

test("a process that is killed keeps every write that it acknowledged, and halves of none", async () => {
  const acknowledged: string[] = [];
  for (const [round, writes] of [1, 40, 333, 1000].entries()) {
    acknowledged.push(...(await killedAfter(writes, round)));
  }

  const database = openSqlite(join(folder, "holdfast.db"));
  const table = sqliteTable(database);
  const artifacts = sqliteArtifacts(database);

  const kept = await everything(table, "left");
  expect(await everything(table, "right")).toEqual(kept);
  expect(acknowledged.length).toBeGreaterThanOrEqual(1374);
  expect(acknowledged.filter((line) => !kept.includes(line))).toEqual([]);
  for (const line of acknowledged) {
    const [name, id = ""] = line.split(" ");
    expect(await artifacts.get("ten_1", "run_1", id)).toBe(`content of ${name}`);
  }
  table.close();
});

async function everything(table: ReturnType<typeof sqliteTable>, pk: string): Promise<string[]> {
  const lines: string[] = [];
  let after = "";
  for (;;) {
    const { items, more } = await table.query({ pk, after, limit: 1000 });
    lines.push(...items.map((item) => `${item.sk} ${String(item["id"])}`));
    after = items.at(-1)?.sk ?? "";
    if (!more) return lines;
  }
}
