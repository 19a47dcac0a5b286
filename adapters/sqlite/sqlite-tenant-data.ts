import type { TenantData } from "../../core/ports/tenant-data.ts";
import type { SqliteDatabase } from "./open.ts";

/** Rows of one write: a big tenant must not hold up the writes of others. */
const ROWS_MAX = 2_000;

/** All rows and artifacts of a tenant; each page is one write. */
export function sqliteTenantData({ connection, group }: SqliteDatabase): TenantData {
  // "$" follows "#", so this is every key that begins with the tenant and "#".
  const rows = connection.prepare(
    `delete from items where rowid in
       (select rowid from items where pk >= ? || '#' and pk < ? || '$' limit ${ROWS_MAX})`,
  );
  const artifacts = connection.prepare(
    `delete from artifacts where rowid in
       (select rowid from artifacts where tenant = ? limit ${ROWS_MAX})`,
  );
  return {
    async removeSome(tenant) {
      const count = await group.submit(
        () => Number(rows.run(tenant, tenant).changes) + Number(artifacts.run(tenant).changes),
      );
      return count === 0 ? { count } : { count, next: "" };
    },
  };
}
