import { instantText, parseDuration, parseInstant } from "../../kernel/duration.ts";
import type { Instant } from "../../kernel/json.ts";
import type { KeyRecord } from "../../store/access-records.ts";
import { keyCache } from "../../store/key-cache.ts";
import { keyStore } from "../../store/keys.ts";
import { tenantStore } from "../../store/tenants.ts";
import type { Access, KeyRequest, KeyView } from "../access.ts";
import { ok, refuse } from "../refusal.ts";
import type { Caller } from "../views.ts";
import { sameText } from "./same-text.ts";
import type { AccessDeps, FixedAccess } from "./table-access.ts";
import { NO_TENANT } from "./tenant-access.ts";

const DROP_KEYS_MAX = 100;
/** Longer than any key that is made here or fixed by a deployment. */
const KEY_LENGTH_MAX = 256;
const DAY_MS = 86_400_000;
const OVERLAP_MS_MAX = 90 * DAY_MS;
const LIFE_MS_MAX = 3_650 * DAY_MS;
/** How far behind the time of a key's last use may be: each use would be a write otherwise. */
const USE_TOLD_EVERY_MS = 15 * 60_000;
const USES_REMEMBERED_MAX = 10_000;
const NO_KEY = refuse("NOT_FOUND", "There is no such key.");

type Good = Readonly<{ caller: Caller; expires: Instant }>;

/** Keys, on the table. Of a key only its hash is ever stored. */
export function keyAccess(deps: AccessDeps) {
  const { clock, hash, platformKeyHash } = deps;
  const keys = keyStore(deps.table);
  const tenants = tenantStore(deps.table);
  const good = keyCache<Good>(clock);
  const told = new Map<string, Instant>();

  /** That it could not be told of is no reason to refuse what the key may do. */
  async function tellUse(tenant: string, id: string): Promise<void> {
    const now = clock.now();
    if (deps.readsOnly || now < (told.get(id) ?? 0) + USE_TOLD_EVERY_MS) return;
    if (told.size >= USES_REMEMBERED_MAX) told.clear();
    told.set(id, now);
    await keys.used(tenant, id, instantText(now)).catch(() => told.delete(id));
  }

  async function shown(tenant: string, found: readonly KeyRecord[]): Promise<KeyView[]> {
    const uses = await keys.uses(
      tenant,
      found.map(({ id }) => id),
    );
    return found.map((key) => keyView(key, uses.get(key.id)));
  }

  return {
    async authenticate(key) {
      if (key.length === 0 || key.length > KEY_LENGTH_MAX) return undefined;
      const keyHash = hash(key);
      const read = async () => {
        const found = await keys.withHash(keyHash);
        if (!found) return undefined;
        const tenant = await tenants.get(found.tenant);
        const suspended = tenant?.suspended === true;
        const caller = { ...callerOf(found), ...(suspended && { suspended }) };
        return { caller, expires: expiryOf(found) };
      };
      const known = good.get(keyHash) ?? (await good.fill(keyHash, read));
      if (!known || clock.now() >= known.expires) return undefined;
      await tellUse(known.caller.tenant, known.caller.keyId);
      return known.caller;
    },

    isPlatformKey: (key) => key.length <= KEY_LENGTH_MAX && sameText(hash(key), platformKeyHash),

    async createKey(tenant, request) {
      const expiresAt = lifeOf(request.expiresIn, LIFE_MS_MAX, clock.now());
      if (expiresAt === "invalid") return badDuration("expiresIn", "3,650 days");
      const key = `hf_${deps.randomKey()}`;
      const record = { ...recordOf(deps, tenant, deps.newId("key_"), key, request), ...expiresAt };
      return (await keys.add(record)) ? ok({ ...keyView(record), key }) : NO_TENANT;
    },

    async keys(tenant, paging) {
      const { data, nextCursor } = await keys.list(tenant, paging);
      return { data: await shown(tenant, data), nextCursor };
    },

    async rotateKey(tenant, id, overlap = "PT24H") {
      const old = await keys.get(tenant, id);
      if (old === undefined) return NO_KEY;
      if (old.fixed) return fixed(id);
      const life = lifeOf(overlap, OVERLAP_MS_MAX, clock.now());
      if (life === "invalid") return badDuration("overlap", "90 days");
      const key = `hf_${deps.randomKey()}`;
      const { rotatedTo: _before, ...like } = old;
      const record = {
        ...like,
        id: deps.newId("key_"),
        hash: hash(key),
        createdAt: textOfNow(clock),
      };
      const expiresAt = [life.expiresAt ?? "", old.expiresAt ?? "9999"].toSorted()[0] ?? "";
      const expiring = { ...old, expiresAt, rotatedTo: record.id };
      const done = await keys.rotate(old, expiring, record).finally(() => good.forget(old.hash));
      return done ? ok({ ...keyView(record), key }) : NO_KEY;
    },

    async revokeKey(tenant, id) {
      const key = await keys.get(tenant, id);
      if (key === undefined) return NO_KEY;
      if (key.fixed) return fixed(id);
      // Forgotten also when the write throws, since it may have happened all the same.
      const removed = await keys.remove(key).finally(() => good.forget(key.hash));
      return removed ? ok(null) : NO_KEY;
    },

    /** What is believed of keys is asked again: something of their tenant has changed. */
    forgetKeys: () => good.clear(),

    async dropKeys(tenant) {
      const { data } = await keys.list(tenant, { limit: DROP_KEYS_MAX });
      for (const key of data) await keys.remove(key).finally(() => good.forget(key.hash));
      return data.length < DROP_KEYS_MAX;
    },

    async ensureKey(tenant, { id, key, ...request }) {
      const record = { ...recordOf(deps, tenant, id, key, request), fixed: true };
      const old = await keys.get(tenant, id);
      if (old === undefined) {
        if (!(await keys.add(record))) throw new Error(`there is no tenant ${tenant} for ${id}`);
      } else if (old.hash !== record.hash) {
        await keys.replace(old, record);
        good.forget(old.hash);
      }
      return keyView(record);
    },
  } satisfies Partial<Access & FixedAccess> & { forgetKeys(): void };
}

function recordOf(
  { clock, hash }: Pick<AccessDeps, "clock" | "hash">,
  tenant: string,
  id: string,
  key: string,
  { name, role = "operator", person, actsFor = false, workflows }: KeyRequest,
): KeyRecord {
  return {
    tenant,
    id,
    name,
    role,
    person,
    // An admin always may act for others: an answer that said otherwise would be a lie.
    actsFor: role === "admin" || actsFor,
    ...(workflows && { workflows }),
    createdAt: textOfNow(clock),
    fixed: false,
    hash: hash(key),
  };
}

function textOfNow(clock: AccessDeps["clock"]): string {
  return instantText(clock.now());
}

function lifeOf(
  duration: string | undefined,
  msMax: number,
  from: Instant,
): { expiresAt?: string } | "invalid" {
  if (duration === undefined) return {};
  const ms = parseDuration(duration);
  return ms === undefined || ms > msMax ? "invalid" : { expiresAt: instantText(from + ms) };
}

function badDuration(path: string, most: string) {
  const message = `expected an ISO 8601 duration of at most ${most}`;
  const errors = [{ path, code: "INVALID_VALUE", message }];
  return refuse("INVALID_REQUEST", `The ${path} has a fault: ${message}.`, { errors });
}

function fixed(id: string) {
  const message = `Key ${id} is fixed by the server's settings and lives as long as they do.`;
  return refuse("FORBIDDEN", message);
}

function expiryOf({ expiresAt }: KeyRecord): Instant {
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : (parseInstant(expiresAt) ?? 0);
}

function keyView(key: KeyRecord, lastUsedAt?: string): KeyView {
  const { id, name, role, person, actsFor, workflows, createdAt, expiresAt, rotatedTo } = key;
  return {
    id,
    name,
    role,
    ...(person === undefined ? {} : { person }),
    ...(actsFor ? { actsFor } : {}),
    ...(workflows && { workflows }),
    createdAt,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(lastUsedAt !== undefined && { lastUsedAt }),
    ...(rotatedTo !== undefined && { rotatedTo }),
  };
}

function callerOf({ tenant, role, id, person, actsFor, workflows }: KeyRecord): Caller {
  return {
    tenant,
    role,
    keyId: id,
    ...(person === undefined ? {} : { person }),
    actsFor,
    ...(workflows && { workflows }),
  };
}
