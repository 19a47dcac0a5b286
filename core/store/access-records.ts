import type { Instant } from "../kernel/json.ts";
import type { Item } from "../ports/table.ts";
import { dueAt, dueShard, rows } from "./rows.ts";

export type TenantRecord = Readonly<{
  id: string;
  name: string;
  limits: Readonly<Record<string, number | string | undefined>>;
  lane: "dedicated" | "shared";
  suspended?: boolean;
  createdAt: string;
  /**
   * `opening`: it has no queue yet, and runs wait. `changing`: its queue has other limits than it.
   * What is begun so is finished by whoever fires the row.
   */
  state: "opening" | "changing" | "open";
  /** Its own queue, when it has one: see `Lane`. */
  address?: string;
  connection?: string;
  /** Counts changes; rows of the first version have none. */
  revision?: number;
}>;

/** A tenant that is no more, and of which something is left to remove. */
export type ClosingTenant = Readonly<{
  tenant: string;
  address?: string;
  connection?: string;
  /** Everything is gone through twice: what was under way may have written meanwhile. */
  pass: number;
  /** Which store is being emptied, and from where on. */
  stage: number;
  from?: string;
}>;

/** A key without what opens it. */
export type KeyRecord = Readonly<{
  tenant: string;
  id: string;
  name: string;
  role: "admin" | "operator" | "approver" | "viewer" | "worker";
  person: string | undefined;
  actsFor: boolean;
  /** Only these workflows exist for it. */
  workflows?: readonly string[];
  createdAt: string;
  /** From then on it opens nothing. */
  expiresAt?: string;
  rotatedTo?: string;
  /** Set by the deployment and not by a request: nobody can revoke it. */
  fixed: boolean;
  hash: string;
}>;

/** @param due when to look whether what was begun is finished */
export function tenantItem({ id, limits, ...tenant }: TenantRecord, due?: Instant): Item {
  return {
    ...tenant,
    ...rows.tenant(id),
    kind: "tenant",
    content: JSON.stringify(limits),
    ...(due !== undefined && { dueShard: dueShard(id), dueAt: dueAt(due, id) }),
  };
}

export function closingItem(closing: ClosingTenant, due: Instant): Item {
  const { tenant } = closing;
  return {
    ...closing,
    ...rows.closing(tenant),
    kind: "closing",
    dueShard: dueShard(tenant),
    dueAt: dueAt(due, `closing#${tenant}`),
  };
}

export function closingTenant(item: Item): ClosingTenant {
  const { address, connection, from } = item as Readonly<Record<string, string | undefined>>;
  return {
    tenant: text(item, "tenant"),
    pass: Number(item["pass"]),
    stage: Number(item["stage"]),
    ...(address !== undefined && { address }),
    ...(connection !== undefined && { connection }),
    ...(from !== undefined && { from }),
  };
}

export function tenantRecord(item: Item): TenantRecord {
  const { address, connection, state } = item as Readonly<Record<string, string | undefined>>;
  const revision = item["revision"];
  return {
    id: item.sk,
    name: text(item, "name"),
    limits: JSON.parse(item.content ?? "{}") as TenantRecord["limits"],
    lane: item["lane"] === "shared" ? "shared" : "dedicated",
    createdAt: text(item, "createdAt"),
    ...(item["suspended"] === true && { suspended: true }),
    state: state === "opening" || state === "changing" ? state : "open",
    ...(address !== undefined && { address }),
    ...(connection !== undefined && { connection }),
    ...(typeof revision === "number" && { revision }),
  };
}

/** One row is found by the key itself, the other by who lists or revokes it. */
export function keyItems(key: KeyRecord): { listed: Item; found: Item } {
  const { workflows, ...said } = key;
  // A name of a workflow has no comma.
  const item = { ...said, ...(workflows && { workflows: workflows.join(",") }) };
  return {
    listed: { ...item, ...rows.keyOfTenant(key.tenant, key.id) },
    found: { ...item, ...rows.keyByHash(key.hash) },
  };
}

export function keyRecord(item: Item): KeyRecord {
  const { person, workflows, expiresAt, rotatedTo } = item;
  return {
    tenant: text(item, "tenant"),
    id: text(item, "id"),
    name: text(item, "name"),
    role: text(item, "role") as KeyRecord["role"],
    person: typeof person === "string" ? person : undefined,
    actsFor: item["actsFor"] === true,
    ...(typeof workflows === "string" && { workflows: workflows.split(",") }),
    createdAt: text(item, "createdAt"),
    ...(typeof expiresAt === "string" && { expiresAt }),
    ...(typeof rotatedTo === "string" && { rotatedTo }),
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
