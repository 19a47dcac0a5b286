import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../adapters/sqlite/open.ts";
import { sqliteArtifacts } from "../../adapters/sqlite/sqlite-artifacts.ts";
import { sqliteTable } from "../../adapters/sqlite/sqlite-table.ts";
import { artifactsContract } from "../contracts/artifacts.contract.ts";
import { tableContract } from "../contracts/table.contract.ts";

function open() {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-table-"));
  const database = openSqlite(join(folder, "holdfast.db"));
  const close = () => {
    database.group.close();
    rmSync(folder, { recursive: true });
  };
  return { table: sqliteTable(database), artifacts: sqliteArtifacts(database), close };
}

tableContract("the SQLite table", open);
artifactsContract("SQLite", open);
