import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqlite } from "../../adapters/sqlite/open.ts";
import { sqliteTable } from "../../adapters/sqlite/sqlite-table.ts";
import type { Operation } from "../../core/ports/table.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-commits-"));
  file = join(folder, "holdfast.db");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const put = (sk: string, content = sk): Operation => ({
  type: "put",
  item: { pk: "ten_1", sk, content },
  when: { type: "absent" },
});

/** A COMMIT that fails for real: a deferred constraint is found broken only then. */
const BREAKS_COMMIT = `
  create table parent (id text primary key);
  create table child (id text references parent (id) deferrable initially deferred);
  create trigger breaks_commit after insert on items when new.sk = 'breaks'
    begin insert into child values ('nobody'); end;
`;

test("all writes of one turn share one commit, and a turn without changes needs none", async () => {
  const table = sqliteTable(openSqlite(file));

  await Promise.all(Array.from({ length: 50 }, (_, n) => table.write([put(`a${n}`)])));
  await Promise.all(Array.from({ length: 50 }, (_, n) => table.write([put(`a${n}`)])));
  await table.write([put("b")]);

  expect(table.stats()).toMatchObject({ commits: 2, writes: 101, refused: 50 });
  table.close();
});

test("a read of the same turn does not see what is not committed", async () => {
  const table = sqliteTable(openSqlite(file));

  const write = table.write([put("a")]);
  const [before, page] = await Promise.all([
    table.get({ pk: "ten_1", sk: "a" }),
    table.query({ pk: "ten_1" }),
  ]);
  await write;

  expect([before, page.items]).toEqual([undefined, []]);
  expect(await table.get({ pk: "ten_1", sk: "a" })).toBeDefined();
  table.close();
});

test("writes of one turn see those before them", async () => {
  const table = sqliteTable(openSqlite(file));
  const key = { pk: "ten_1", sk: "a" };

  const results = await Promise.all([
    table.write([put("a", "first")]),
    table.write([put("a", "second")]),
    table.write([{ type: "remove", key, when: { type: "is", attributes: { content: "first" } } }]),
    table.write([put("a", "third")]),
  ]);

  expect(results).toEqual([
    { ok: true },
    { ok: false, refused: [{ operation: 0, item: { ...key, content: "first" } }] },
    { ok: true },
    { ok: true },
  ]);
  expect(await table.get(key)).toEqual({ ...key, content: "third" });
  table.close();
});

test("closing commits what is queued, and what comes later is refused", async () => {
  const table = sqliteTable(openSqlite(file));
  const queued = table.write([put("a")]);

  table.close();

  expect(await queued).toEqual({ ok: true });
  await expect(table.write([put("b")])).rejects.toMatchObject({ name: "Fault", retryable: false });
  const reopened = sqliteTable(openSqlite(file));
  expect((await reopened.query({ pk: "ten_1" })).items.map(({ sk }) => sk)).toEqual(["a"]);
  reopened.close();
});

test("when the disk is full nothing of the turn is written, and smaller writes go on", async () => {
  const database = openSqlite(file);
  const table = sqliteTable(database);
  await table.write([put("before")]);
  const pages = database.connection.prepare("pragma page_count").get()?.["page_count"];
  database.connection.exec(`pragma max_page_count = ${Number(pages) + 1}`);

  const results = await Promise.allSettled([
    table.write([put("small")]),
    table.write([put("first of two"), put("large", "x".repeat(100_000))]),
  ]);

  const refused = { status: "rejected", reason: { name: "Fault", retryable: true } };
  expect(results).toMatchObject([refused, refused]);
  expect((await table.query({ pk: "ten_1" })).items.map(({ sk }) => sk)).toEqual(["before"]);
  expect(await table.write([put("small")])).toEqual({ ok: true });
  table.close();
});

test("a file that another process keeps locked is a fault, and writes go on when it lets go", async () => {
  const database = openSqlite(file);
  database.connection.exec("pragma busy_timeout = 0");
  const table = sqliteTable(database);
  const other = new DatabaseSync(file);
  other.exec("begin immediate");

  const locked = await table.write([put("a")]).catch((error: unknown) => error);
  other.exec("rollback");
  other.close();

  expect(locked).toMatchObject({ name: "Fault", retryable: true });
  expect(await table.write([put("a")])).toEqual({ ok: true });
  table.close();
});

test("a failed COMMIT is fatal: nobody is answered, and nothing is read or written any more", async () => {
  const fatal: unknown[] = [];
  const database = openSqlite(file, { onFatal: (error) => fatal.push(error) });
  database.connection.exec(BREAKS_COMMIT);
  const table = sqliteTable(database);

  const results = await Promise.allSettled([
    table.write([put("beside")]),
    table.write([put("breaks")]),
  ]);

  const refused = { status: "rejected", reason: { name: "Fault" } };
  expect(fatal).toHaveLength(1);
  expect(results).toMatchObject([refused, refused]);
  await expect(table.write([put("later")])).rejects.toMatchObject({ name: "Fault" });
  await expect(table.get({ pk: "ten_1", sk: "beside" })).rejects.toMatchObject({ name: "Fault" });
});

test("a process whose COMMIT fails ends with 70 and says why", () => {
  const program = `
    import { openSqlite } from "./adapters/sqlite/open.ts";
    import { sqliteTable } from "./adapters/sqlite/sqlite-table.ts";
    const database = openSqlite(${JSON.stringify(file)});
    database.connection.exec(${JSON.stringify(BREAKS_COMMIT)});
    await sqliteTable(database).write([{ type: "put", item: { pk: "a", sk: "breaks" } }]);
    process.stdout.write("answered");
  `;

  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module-typescript", "--eval", program],
    { cwd: join(import.meta.dirname, "../.."), encoding: "utf8" },
  );

  expect([status, stdout]).toEqual([70, ""]);
  expect(stderr).toContain("could not commit");
});

test("the log is moved into the file when it is long and when the file is closed", async () => {
  const table = sqliteTable(openSqlite(file));
  const content = "x".repeat(300_000);
  const before = table.stats().checkpoints;

  for (let n = 0; n < 192; n++) await table.write([put(String(n), content)]);
  await new Promise(setImmediate);

  expect(before).toBe(0);
  expect(table.stats().checkpoints).toBe(1);
  table.close();
  expect(table.stats().checkpoints).toBe(2);
});

test("a file that a newer version made is left alone, and the reader is told what to do", () => {
  openSqlite(file).group.close();
  const newer = new DatabaseSync(file);
  newer.exec("update schema_version set version = 2");
  newer.close();

  expect(() => openSqlite(file)).toThrow(/schema version 2.*knows 1.*Start the newer Holdfast/s);
});

test("a file that is no database is left alone", () => {
  writeFileSync(file, "this is a letter to my aunt, not a database".repeat(50));

  expect(() => openSqlite(file)).toThrow(/cannot be opened/);
});

test("a folder that is not there is named", () => {
  expect(() => openSqlite(join(folder, "nowhere", "x.db"))).toThrow(/nowhere.*cannot be opened/);
});
