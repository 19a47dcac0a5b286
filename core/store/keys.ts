import type { Condition, Operation, Table } from "../ports/table.ts";
import { type KeyRecord, keyItems, keyRecord, looksLikeId } from "./access-records.ts";
import { type Listed, type ListPage, newestFirst } from "./newest-first.ts";
import { rows } from "./rows.ts";

export interface KeyStore {
  withHash(hash: string): Promise<KeyRecord | undefined>;
  get(tenant: string, id: string): Promise<KeyRecord | undefined>;
  list(tenant: string, page: ListPage): Promise<Listed<KeyRecord>>;
  /** False when there is no such tenant. */
  add(key: KeyRecord): Promise<boolean>;
  /** Puts `key` in the place of the one that has its id. */
  replace(old: KeyRecord, key: KeyRecord): Promise<void>;
  /** Both are good until `old` expires. False when somebody else has changed or removed `old`. */
  rotate(old: KeyRecord, expiring: KeyRecord, key: KeyRecord): Promise<boolean>;
  used(tenant: string, id: string, at: string): Promise<void>;
  /** When each of these was last used, by id. */
  uses(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** False when somebody else has removed or replaced it. */
  remove(key: KeyRecord): Promise<boolean>;
}

/** Keys, two rows each, which are written and removed together. */
export function keyStore(table: Table): KeyStore {
  return {
    async withHash(hash) {
      const item = await table.get(rows.keyByHash(hash));
      return item && keyRecord(item);
    },

    async get(tenant, id) {
      const item = looksLikeId(id) ? await table.get(rows.keyOfTenant(tenant, id)) : undefined;
      return item && keyRecord(item);
    },

    list: (tenant, page) => newestFirst(table, rows.keyOfTenant(tenant, "").pk, page, keyRecord),

    async add(key) {
      if (!looksLikeId(key.tenant)) return false;
      const exists = { type: "check", key: rows.tenant(key.tenant), when: PRESENT } as const;
      const written = await table.write([exists, ...puts(key, ABSENT)]);
      if (!written.ok && written.refused.every(({ operation }) => operation !== 0)) {
        throw new Error(`key ${key.id} is a key of this deployment already`);
      }
      return written.ok;
    },

    async replace(old, key) {
      const removal = { type: "remove", key: rows.keyByHash(old.hash) } as const;
      const written = await table.write([...puts(key, unchanged(old)), removal]);
      if (!written.ok) throw new Error(`key ${key.id} is a key of this deployment already`);
    },

    async rotate(old, expiring, key) {
      const written = await table.write([
        ...puts(expiring, unchanged(old), PRESENT),
        ...puts(key, ABSENT),
      ]);
      return written.ok;
    },

    async used(tenant, id, at) {
      await table.write([{ type: "put", item: { ...rows.keyUse(tenant, id), at } }]);
    },

    async uses(tenant, ids) {
      const last = ids.at(-1);
      if (last === undefined) return new Map();
      // Ids go as the list does, newest first; what was used is a part of what there is.
      const range = { pk: rows.keyUse(tenant, "").pk, reverse: true, until: last, limit: 1_000 };
      const { items } = await table.query({ ...range, after: `${ids[0]}~` });
      return new Map(items.map((item) => [item.sk, String(item["at"])]));
    },

    async remove(key) {
      const { tenant, id, hash } = key;
      const written = await table.write([
        { type: "remove", key: rows.keyOfTenant(tenant, id), when: unchanged(key) },
        { type: "remove", key: rows.keyByHash(hash) },
        { type: "remove", key: rows.keyUse(tenant, id) },
      ]);
      return written.ok;
    },
  };
}

const ABSENT: Condition = { type: "absent" };
const PRESENT: Condition = { type: "present" };

function unchanged({ hash }: KeyRecord): Condition {
  return { type: "is", attributes: { hash } };
}

function puts(key: KeyRecord, when: Condition, whenFound = ABSENT): Operation[] {
  const { listed, found } = keyItems(key);
  return [
    { type: "put", item: listed, when },
    { type: "put", item: found, when: whenFound },
  ];
}
