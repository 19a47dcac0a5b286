import type { Table } from "../ports/table.ts";
import { looksLikeId, type TenantRecord, tenantItem, tenantRecord } from "./access-records.ts";
import { type Listed, type ListPage, newestFirst } from "./newest-first.ts";
import { rows } from "./rows.ts";

export interface TenantStore {
  /** The tenant as it is then: one that was there before is left alone. */
  add(tenant: TenantRecord): Promise<TenantRecord>;
  get(id: string): Promise<TenantRecord | undefined>;
  list(page: ListPage): Promise<Listed<TenantRecord>>;
}

/** Tenants, one row each. */
export function tenantStore(table: Table): TenantStore {
  async function get(id: string): Promise<TenantRecord | undefined> {
    const item = looksLikeId(id) ? await table.get(rows.tenant(id)) : undefined;
    return item && tenantRecord(item);
  }

  return {
    async add(tenant) {
      const item = tenantItem(tenant);
      const written = await table.write([{ type: "put", item, when: { type: "absent" } }]);
      const stored = written.ok ? tenant : await get(tenant.id);
      if (stored === undefined) throw new Error(`tenant ${tenant.id} could not be written`);
      return stored;
    },
    get,
    list: (page) => newestFirst(table, rows.tenant("").pk, page, tenantRecord),
  };
}
