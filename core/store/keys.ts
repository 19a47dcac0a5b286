import type { Access, KeyRequest, KeyView } from "../engine/access.ts";
import type { Caller } from "../engine/engine.ts";
import { ok, type Result, refuse } from "../engine/refusal.ts";
import { instantText } from "../kernel/duration.ts";
import type { Operation } from "../ports/table.ts";
import type { AccessDeps, FixedKey } from "./access-deps.ts";
import { callerOf, keyView, looksLikeId, newKeyView, text } from "./access-rows.ts";
import { keyCache } from "./key-cache.ts";
import { newestFirst } from "./newest-first.ts";
import { rows } from "./rows.ts";

/** Longer than any key that is made here or fixed by a deployment. */
export const KEY_LENGTH_MAX = 256;

type KeyStore = Pick<Access, "authenticate" | "createKey" | "keys" | "revokeKey"> & {
  ensureKey(tenant: string, fixed: FixedKey): Promise<KeyView>;
};

/** Keys, two rows each, written and removed together. */
export function tableKeys({ table, clock, hash, randomKey, newId }: AccessDeps): KeyStore {
  const cache = keyCache(clock);

  async function authenticate(key: string): Promise<Caller | undefined> {
    if (key.length === 0 || key.length > KEY_LENGTH_MAX) return undefined;
    const keyHash = hash(key);
    return (
      cache.get(keyHash) ??
      cache.fill(keyHash, async () => {
        const item = await table.get(rows.keyByHash(keyHash));
        return item && callerOf(item);
      })
    );
  }

  async function createKey(
    tenant: string,
    request: KeyRequest,
  ): Promise<Result<KeyView & { key: string }>> {
    const unknown = refuse("NOT_FOUND", "There is no such tenant.");
    if (!looksLikeId(tenant)) return unknown;

    const key = `hf_${randomKey()}`;
    const view = newKeyView(newId("key_"), request, instantText(clock.now()));
    const written = await table.write([
      { type: "check", key: rows.tenant(tenant), when: { type: "present" } },
      ...putKey(tenant, view, hash(key)),
    ]);
    if (written.ok) return ok({ ...view, key });
    if (written.refused.some(({ operation }) => operation === 0)) return unknown;
    throw new Error(`key ${view.id} of ${tenant} exists already`);
  }

  async function revokeKey(tenant: string, id: string): Promise<Result<null>> {
    const row = rows.keyOfTenant(tenant, id);
    const item = looksLikeId(id) ? await table.get(row) : undefined;
    if (item === undefined) return refuse("NOT_FOUND", "There is no such key.");
    if (item["fixed"] === true) {
      const message = `Key ${id} is fixed by the server's settings and lives as long as they do.`;
      return refuse("FORBIDDEN", message);
    }
    const keyHash = text(item, "hash");
    const operations: Operation[] = [
      { type: "remove", key: row, when: { type: "is", attributes: { hash: keyHash } } },
      { type: "remove", key: rows.keyByHash(keyHash) },
    ];
    // Forgotten also when the write throws, since it may have happened all the same.
    const written = await table.write(operations).finally(() => cache.forget(keyHash));
    return written.ok ? ok(null) : refuse("NOT_FOUND", "There is no such key.");
  }

  async function ensureKey(tenant: string, { id, name, role, key }: FixedKey): Promise<KeyView> {
    const keyHash = hash(key);
    const stored = await table.get(rows.keyOfTenant(tenant, id));
    if (stored?.["hash"] === keyHash) return keyView(stored);

    const view = newKeyView(id, { name, role }, instantText(clock.now()));
    const replaces = stored && text(stored, "hash");
    const written = await table.write(putKey(tenant, view, keyHash, { fixed: true, replaces }));
    if (!written.ok) throw new Error(`the key fixed as ${id} is another key of this server`);
    if (replaces !== undefined) cache.forget(replaces);
    return view;
  }

  return {
    authenticate,
    createKey,
    keys: (tenant, paging) => newestFirst(table, rows.keyOfTenant(tenant, "").pk, paging, keyView),
    revokeKey,
    ensureKey,
  };
}

/** Both rows of a key: one is found by the key itself, the other by who lists or revokes it. */
function putKey(
  tenant: string,
  view: KeyView,
  keyHash: string,
  { fixed, replaces }: { fixed?: true; replaces?: string | undefined } = {},
): Operation[] {
  const item = { ...view, tenant, hash: keyHash, fixed };
  const absent = { type: "absent" } as const;
  const listed: Operation = {
    type: "put",
    item: { ...item, ...rows.keyOfTenant(tenant, view.id) },
    when: replaces === undefined ? absent : { type: "is", attributes: { hash: replaces } },
  };
  const found: Operation = {
    type: "put",
    item: { ...item, ...rows.keyByHash(keyHash) },
    when: absent,
  };
  if (replaces === undefined) return [listed, found];
  return [listed, found, { type: "remove", key: rows.keyByHash(replaces) }];
}
