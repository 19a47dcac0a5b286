import type { Clock } from "../../ports/clock.ts";
import type { Table } from "../../ports/table.ts";
import type { Access, KeyView, TenantView } from "../access.ts";
import type { Caller } from "../views.ts";
import { keyAccess } from "./key-access.ts";
import type { OwnLanes } from "./own-lanes.ts";
import { tenantAccess } from "./tenant-access.ts";

export type AccessDeps = Readonly<{
  table: Table;
  clock: Clock;
  /** SHA-256 as lower-case hex. */
  hash: (text: string) => string;
  /** 32 random bytes as 43 characters of base64url. */
  randomKey: () => string;
  /** A new id that sorts by time, after its prefix. */
  newId: (prefix: string) => string;
  platformKeyHash: string;
  /** This process may only read: when a key was last used is told by others. */
  readsOnly?: boolean;
  /** Absent where tenants have no queues of their own, as on a laptop. */
  ownLanes?: OwnLanes;
}>;

export type FixedKey = Readonly<{ id: string; name: string; role: Caller["role"]; key: string }>;

/** What a deployment settles about itself when it starts; no request can ask for it. */
export interface FixedAccess {
  /** Makes the tenant unless it is there already. */
  ensureTenant(id: string, name: string): Promise<TenantView>;
  /** Makes `key` the only key of this id: one that had the id before is dead from then on. */
  ensureKey(tenant: string, fixed: FixedKey): Promise<KeyView>;
  /** Makes a page of a tenant's keys dead, fixed ones too; true once it has none. */
  dropKeys(tenant: string): Promise<boolean>;
}

/**
 * Tenants and keys, on the table. Of a key only its hash is ever stored.
 *
 * A key that was good is believed for 30 s more without a read, so a revocation by another process
 * takes at most that long; one by this process takes effect at once.
 */
export function tableAccess(deps: AccessDeps): Access & FixedAccess {
  const keys = keyAccess(deps);
  const { forgetKeys, ...shown } = keys;
  const owned = { dropKeys: (tenant: string) => keys.dropKeys(tenant), forgetKeys };
  return { ...tenantAccess(deps, owned), ...shown };
}
