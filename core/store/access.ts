import type { Access, KeyView, TenantView } from "../engine/access.ts";
import type { AccessDeps, FixedKey } from "./access-deps.ts";
import { KEY_LENGTH_MAX, tableKeys } from "./keys.ts";
import { tableTenants } from "./tenants.ts";

/** What a deployment settles about itself when it starts; no request can ask for it. */
export interface FixedAccess {
  /** Makes the tenant unless it is there already. */
  ensureTenant(id: string, name: string): Promise<TenantView>;
  /** Makes `key` the only key of this id: one that had the id before is dead from then on. */
  ensureKey(tenant: string, fixed: FixedKey): Promise<KeyView>;
}

/**
 * Tenants and keys, on the table. Of a key only its hash is ever stored.
 *
 * A key that was good is believed for 30 s more without a read, so a revocation by another process
 * takes at most that long; one by this process takes effect at once.
 */
export function tableAccess(deps: AccessDeps): Access & FixedAccess {
  return {
    ...tableTenants(deps),
    ...tableKeys(deps),
    isPlatformKey(key) {
      return key.length <= KEY_LENGTH_MAX && sameText(deps.hash(key), deps.platformKeyHash);
    },
  };
}

/** Takes as long for a near miss as for a far one. */
function sameText(a: string, b: string): boolean {
  let differences = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) differences |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return differences === 0;
}
