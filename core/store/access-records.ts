import type { Item } from "../ports/table.ts";
import { rows } from "./rows.ts";

export type TenantRecord = Readonly<{
  id: string;
  name: string;
  limits: Readonly<Record<string, number | string | undefined>>;
  lane: "dedicated" | "shared";
  createdAt: string;
}>;

/** A key without what opens it. */
export type KeyRecord = Readonly<{
  tenant: string;
  id: string;
  name: string;
  role: "admin" | "operator" | "approver" | "viewer" | "worker";
  person: string | undefined;
  actsFor: boolean;
  createdAt: string;
  /** Set by the deployment and not by a request: nobody can revoke it. */
  fixed: boolean;
  hash: string;
}>;

export function tenantItem({ id, name, limits, lane, createdAt }: TenantRecord): Item {
  return { ...rows.tenant(id), name, lane, createdAt, content: JSON.stringify(limits) };
}

export function tenantRecord(item: Item): TenantRecord {
  return {
    id: item.sk,
    name: text(item, "name"),
    limits: JSON.parse(item.content ?? "{}") as TenantRecord["limits"],
    lane: item["lane"] === "shared" ? "shared" : "dedicated",
    createdAt: text(item, "createdAt"),
  };
}

/** One row is found by the key itself, the other by who lists or revokes it. */
export function keyItems(key: KeyRecord): { listed: Item; found: Item } {
  return {
    listed: { ...key, ...rows.keyOfTenant(key.tenant, key.id) },
    found: { ...key, ...rows.keyByHash(key.hash) },
  };
}

export function keyRecord(item: Item): KeyRecord {
  const person = item["person"];
  return {
    tenant: text(item, "tenant"),
    id: text(item, "id"),
    name: text(item, "name"),
    role: text(item, "role") as KeyRecord["role"],
    person: typeof person === "string" ? person : undefined,
    actsFor: item["actsFor"] === true,
    createdAt: text(item, "createdAt"),
    fixed: item["fixed"] === true,
    hash: text(item, "hash"),
  };
}

/** Whether it could be an id at all: what callers send need not fit into a row's key. */
export function looksLikeId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id);
}

function text(item: Item, attribute: string): string {
  const value = item[attribute];
  if (typeof value !== "string") throw new Error(`row ${item.pk} has no text as ${attribute}`);
  return value;
}
