import type { Instant } from "../kernel/json.ts";
import type { Condition, Table } from "../ports/table.ts";
import {
  type ClosingTenant,
  closingItem,
  closingTenant,
  looksLikeId,
  type TenantRecord,
  tenantItem,
  tenantRecord,
} from "./access-records.ts";
import { type Listed, type ListPage, newestFirst } from "./newest-first.ts";
import { rows } from "./rows.ts";

export interface TenantStore {
  /** The tenant as it is then: one that was there before is left alone. */
  add(tenant: TenantRecord, due?: Instant): Promise<TenantRecord>;
  get(id: string): Promise<TenantRecord | undefined>;
  list(page: ListPage): Promise<Listed<TenantRecord>>;
  /** False when somebody else has changed or removed it. */
  replace(old: TenantRecord, tenant: TenantRecord, due?: Instant): Promise<boolean>;
  /** From then on there is no such tenant. False when somebody else has changed or removed it. */
  close(old: TenantRecord, due: Instant): Promise<boolean>;
  closing(id: string): Promise<ClosingTenant | undefined>;
  /** What is still to be removed of it; undefined for nothing. */
  closeOn(id: string, closing: ClosingTenant | undefined, due: Instant): Promise<void>;
}

/** Tenants, one row each. */
export function tenantStore(table: Table): TenantStore {
  async function get(id: string): Promise<TenantRecord | undefined> {
    const item = looksLikeId(id) ? await table.get(rows.tenant(id)) : undefined;
    return item && tenantRecord(item);
  }

  return {
    async add(tenant, due) {
      const item = tenantItem(tenant, due);
      const written = await table.write([{ type: "put", item, when: { type: "absent" } }]);
      const stored = written.ok ? tenant : await get(tenant.id);
      if (stored === undefined) throw new Error(`tenant ${tenant.id} could not be written`);
      return stored;
    },
    get,
    list: (page) => newestFirst(table, rows.tenant("").pk, page, tenantRecord),

    async replace(old, tenant, due) {
      const revision = (old.revision ?? 0) + 1;
      const item = tenantItem({ ...tenant, revision }, due);
      const written = await table.write([{ type: "put", item, when: unchanged(old) }]);
      return written.ok;
    },

    async close(old, due) {
      const { id: tenant, address, connection } = old;
      const closing = {
        tenant,
        pass: 1,
        stage: 0,
        ...(address !== undefined && { address }),
        ...(connection !== undefined && { connection }),
      };
      const written = await table.write([
        { type: "remove", key: rows.tenant(tenant), when: unchanged(old) },
        { type: "put", item: closingItem(closing, due) },
      ]);
      return written.ok;
    },

    async closing(id) {
      const item = await table.get(rows.closing(id));
      return item && closingTenant(item);
    },

    async closeOn(id, closing, due) {
      await table.write([
        closing
          ? { type: "put", item: closingItem(closing, due) }
          : { type: "remove", key: rows.closing(id) },
      ]);
    },
  };
}

function unchanged({ revision }: TenantRecord): Condition {
  return revision === undefined ? { type: "present" } : { type: "is", attributes: { revision } };
}
