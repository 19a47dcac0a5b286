import type { Access, TenantView } from "../engine/access.ts";
import { ok, refuse } from "../engine/refusal.ts";
import { instantText } from "../kernel/duration.ts";
import type { AccessDeps } from "./access-deps.ts";
import { looksLikeId, tenantItem, tenantView } from "./access-rows.ts";
import { newestFirst } from "./newest-first.ts";
import { rows } from "./rows.ts";

type TenantStore = Pick<Access, "createTenant" | "tenant" | "tenants"> & {
  ensureTenant(id: string, name: string): Promise<TenantView>;
};

/** Tenants, one row each. */
export function tableTenants({ table, clock, newId }: AccessDeps): TenantStore {
  async function put(tenant: Omit<TenantView, "createdAt">): Promise<TenantView> {
    const view = { ...tenant, createdAt: instantText(clock.now()) };
    const item = tenantItem(view);
    const written = await table.write([{ type: "put", item, when: { type: "absent" } }]);
    if (written.ok) return view;
    const stored = await table.get(rows.tenant(view.id));
    if (stored === undefined) throw new Error(`tenant ${view.id} could not be written`);
    return tenantView(stored);
  }

  return {
    createTenant: ({ name, limits = {}, lane = "dedicated" }) =>
      put({ id: newId("ten_"), name, limits, lane }),

    async tenant(id) {
      const item = looksLikeId(id) ? await table.get(rows.tenant(id)) : undefined;
      return item ? ok(tenantView(item)) : refuse("NOT_FOUND", "There is no such tenant.");
    },

    tenants: (paging) => newestFirst(table, rows.tenant("").pk, paging, tenantView),

    ensureTenant: (id, name) => put({ id, name, limits: {}, lane: "dedicated" }),
  };
}
