import { instantText } from "../../kernel/duration.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Table } from "../../ports/table.ts";
import type { KeyRecord } from "../../store/access-records.ts";
import { keyCache } from "../../store/key-cache.ts";
import { keyStore } from "../../store/keys.ts";
import type { Access, KeyRequest, KeyView, TenantView } from "../access.ts";
import { ok, refuse } from "../refusal.ts";
import type { Caller } from "../views.ts";
import type { OwnLanes } from "./own-lanes.ts";
import { sameText } from "./same-text.ts";
import { NO_TENANT, tenantAccess } from "./tenant-access.ts";

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

const DROP_KEYS_MAX = 100;
/** Longer than any key that is made here or fixed by a deployment. */
const KEY_LENGTH_MAX = 256;
const NO_KEY = refuse("NOT_FOUND", "There is no such key.");

/**
 * Tenants and keys, on the table. Of a key only its hash is ever stored.
 *
 * A key that was good is believed for 30 s more without a read, so a revocation by another process
 * takes at most that long; one by this process takes effect at once.
 */
export function tableAccess(deps: AccessDeps): Access & FixedAccess {
  const keys = keyAccess(deps);
  return { ...tenantAccess(deps, (tenant) => keys.dropKeys(tenant)), ...keys };
}

function keyAccess({ table, clock, hash, randomKey, newId, platformKeyHash }: AccessDeps) {
  const keys = keyStore(table);
  const good = keyCache<Caller>(clock);

  const recordOf = (tenant: string, id: string, key: string, request: KeyRequest): KeyRecord => {
    const { name, role = "operator", person, actsFor = false } = request;
    const createdAt = instantText(clock.now());
    // An admin always may act for others: an answer that said otherwise would be a lie.
    const may = role === "admin" || actsFor;
    return {
      tenant,
      id,
      name,
      role,
      person,
      actsFor: may,
      createdAt,
      fixed: false,
      hash: hash(key),
    };
  };

  return {
    async authenticate(key) {
      if (key.length === 0 || key.length > KEY_LENGTH_MAX) return undefined;
      const keyHash = hash(key);
      const read = async () => {
        const found = await keys.withHash(keyHash);
        return found && callerOf(found);
      };
      return good.get(keyHash) ?? good.fill(keyHash, read);
    },

    isPlatformKey: (key) => key.length <= KEY_LENGTH_MAX && sameText(hash(key), platformKeyHash),

    async createKey(tenant, request) {
      const key = `hf_${randomKey()}`;
      const record = recordOf(tenant, newId("key_"), key, request);
      return (await keys.add(record)) ? ok({ ...keyView(record), key }) : NO_TENANT;
    },

    async keys(tenant, paging) {
      const { data, nextCursor } = await keys.list(tenant, paging);
      return { data: data.map(keyView), nextCursor };
    },

    async revokeKey(tenant, id) {
      const key = await keys.get(tenant, id);
      if (key === undefined) return NO_KEY;
      if (key.fixed) {
        const message = `Key ${id} is fixed by the server's settings and lives as long as they do.`;
        return refuse("FORBIDDEN", message);
      }
      // Forgotten also when the write throws, since it may have happened all the same.
      const removed = await keys.remove(key).finally(() => good.forget(key.hash));
      return removed ? ok(null) : NO_KEY;
    },

    async dropKeys(tenant) {
      const { data } = await keys.list(tenant, { limit: DROP_KEYS_MAX });
      for (const key of data) await keys.remove(key).finally(() => good.forget(key.hash));
      return data.length < DROP_KEYS_MAX;
    },

    async ensureKey(tenant, { id, key, ...request }) {
      const record = { ...recordOf(tenant, id, key, request), fixed: true };
      const old = await keys.get(tenant, id);
      if (old === undefined) {
        if (!(await keys.add(record))) throw new Error(`there is no tenant ${tenant} for ${id}`);
      } else if (old.hash !== record.hash) {
        await keys.replace(old, record);
        good.forget(old.hash);
      }
      return keyView(record);
    },
  } satisfies Partial<Access & FixedAccess>;
}

function keyView({ id, name, role, person, actsFor, createdAt }: KeyRecord): KeyView {
  return {
    id,
    name,
    role,
    ...(person === undefined ? {} : { person }),
    ...(actsFor ? { actsFor } : {}),
    createdAt,
  };
}

function callerOf({ tenant, role, id, person, actsFor }: KeyRecord): Caller {
  return { tenant, role, keyId: id, ...(person === undefined ? {} : { person }), actsFor };
}
