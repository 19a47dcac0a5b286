import type { KeyRequest, KeyView, Limits, TenantView } from "../engine/access.ts";
import type { Caller } from "../engine/engine.ts";
import type { Item } from "../ports/table.ts";
import { rows } from "./rows.ts";

/** How tenants and keys are written into rows and read back. */

export function tenantItem(view: TenantView): Item {
  const { id, name, limits, lane, createdAt } = view;
  return { ...rows.tenant(id), name, lane, createdAt, content: JSON.stringify(limits) };
}

export function tenantView(item: Item): TenantView {
  return {
    id: item.sk,
    name: text(item, "name"),
    limits: JSON.parse(item.content ?? "{}") as Limits,
    lane: item["lane"] === "shared" ? "shared" : "dedicated",
    createdAt: text(item, "createdAt"),
  };
}

export function newKeyView(id: string, request: KeyRequest, createdAt: string): KeyView {
  const { name, role = "operator", person, actsFor } = request;
  return {
    id,
    name,
    role,
    ...(person === undefined ? {} : { person }),
    // An admin always may: an answer that said otherwise would be a lie.
    ...(role === "admin" || actsFor === true ? { actsFor: true } : {}),
    createdAt,
  };
}

export function keyView(item: Item): KeyView {
  const person = item["person"];
  return {
    id: text(item, "id"),
    name: text(item, "name"),
    role: text(item, "role") as Caller["role"],
    ...(typeof person === "string" ? { person } : {}),
    ...(item["actsFor"] === true ? { actsFor: true } : {}),
    createdAt: text(item, "createdAt"),
  };
}

export function callerOf(item: Item): Caller {
  const { id, role, person, actsFor } = keyView(item);
  return {
    tenant: text(item, "tenant"),
    role,
    keyId: id,
    ...(person === undefined ? {} : { person }),
    actsFor: actsFor === true,
  };
}

/** Whether it could be an id at all: what callers send need not fit into a row's key. */
export function looksLikeId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id);
}

/** An attribute that every row of this kind has. */
export function text(item: Item, attribute: string): string {
  const value = item[attribute];
  if (typeof value !== "string") throw new Error(`row ${item.pk} has no text as ${attribute}`);
  return value;
}
