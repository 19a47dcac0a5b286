import { type Listing, listing } from "./listing.ts";
import { pathOf, type Transport } from "./transport.ts";
import type { KeyCreated, KeyRequest, Tenant, TenantPatch, TenantRequest } from "./wire.ts";

const of = (id: string) => pathOf("/v1/tenants/{id}", { id });

/** For the platform key alone. */
export function tenantsOf(transport: Transport) {
  const { send } = transport;
  return {
    create: (tenant: TenantRequest): Promise<Tenant> =>
      send("POST", "/v1/tenants", { body: tenant }),
    list: (): Listing<Tenant> => listing(transport, "/v1/tenants"),
    get: (id: string): Promise<Tenant> => send("GET", of(id)),
    change: (id: string, change: TenantPatch): Promise<Tenant> =>
      send("PATCH", of(id), { body: change }),
    remove: (id: string): Promise<void> => send("DELETE", of(id)),
    createKey: (id: string, key: KeyRequest): Promise<KeyCreated> =>
      send("POST", pathOf("/v1/tenants/{id}/keys", { id }), { body: key }),
  };
}
