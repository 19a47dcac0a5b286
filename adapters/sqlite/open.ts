import { DatabaseSync } from "node:sqlite";
import { Fault } from "../../core/ports/fault.ts";
import { type GroupCommit, groupCommit } from "./group-commit.ts";

/** One open file: reads go to the connection, writes through the group commit. */
export type SqliteDatabase = Readonly<{ connection: DatabaseSync; group: GroupCommit }>;

export type OpenOptions = Readonly<{
  /** A COMMIT failed: memory and disk may differ. Default: says so and exits with 70. */
  onFatal?: (error: unknown) => void;
}>;

const SCHEMA_VERSION = 1;

/**
 * `items` has a rowid on purpose: rows are then appended one after the other and only their small
 * keys are sorted in. Clustered by key, the commits of 64 runs would dirty 64 pages and split most
 * of them; measured, that costs twice the CPU and twice the log.
 */
const SCHEMA = `
  create table items (
    pk text not null,
    sk text not null,
    attributes text,
    content text,
    due_shard text,
    due_at text,
    list_pk text,
    list_sk text,
    primary key (pk, sk)
  );
  create index items_due on items (due_shard, due_at)
    where due_shard is not null and due_at is not null;
  create index items_list on items (list_pk, list_sk)
    where list_pk is not null and list_sk is not null;
  create table artifacts (
    tenant text not null,
    run_id text not null,
    id text not null,
    content text not null,
    primary key (tenant, run_id, id)
  );
  create table schema_version (version integer not null);
  insert into schema_version values (${SCHEMA_VERSION});
`;

/** Opens a database file, and makes it when there is none. Close it with `group.close()`. */
export function openSqlite(file: string, options: OpenOptions = {}): SqliteDatabase {
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(file, { timeout: 5000 });
    connection.exec(`
      pragma page_size = 8192;
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma wal_autocheckpoint = 16000;
      pragma journal_size_limit = 67108864;
      pragma cache_size = -32768;
      pragma temp_store = memory;
    `);
    prepareSchema(connection, file);
  } catch (cause) {
    if (connection?.isOpen) connection.close();
    if (cause instanceof Fault) throw cause;
    throw new Fault(`The database ${file} cannot be opened: ${String(cause)}`, {
      retryable: false,
      cause,
    });
  }
  return { connection, group: groupCommit(connection, options.onFatal ?? exit) };
}

/** One transaction, so that a crash during the first start leaves no half of a schema. */
function prepareSchema(connection: DatabaseSync, file: string): void {
  connection.exec("begin immediate");
  const known = connection
    .prepare("select 1 from sqlite_schema where type = 'table' and name = 'schema_version'")
    .get();
  if (!known) connection.exec(SCHEMA);
  connection.exec("commit");

  const version = connection.prepare("select version from schema_version").get()?.["version"];
  if (version === SCHEMA_VERSION) return;
  throw new Fault(
    `The database ${file} has schema version ${String(version)}; this version of Holdfast knows ` +
      `${SCHEMA_VERSION}. Start the newer Holdfast that made it, or use another data folder.`,
    { retryable: false },
  );
}

function exit(error: unknown): void {
  process.stderr.write(
    `holdfast: SQLite could not commit, so the process ends: ${String(error)}\n`,
  );
  process.exit(70);
}
