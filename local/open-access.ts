import { createHash, randomBytes } from "node:crypto";
import type { Access } from "../core/engine/access.ts";
import { type FixedAccess, tableAccess } from "../core/engine/people/table-access.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Table } from "../core/ports/table.ts";

export const DEFAULT_TENANT = "default";

export type OpenAccess = Readonly<{
  table: Table;
  clock: Clock;
  newId: (prefix: string) => string;
  platformKey: string;
  /** Becomes an admin key of the tenant `default`. */
  apiKey: string;
}>;

/** Tenants and keys of a laptop, with a tenant and a key that are there from the first start. */
export async function openAccess(parts: OpenAccess): Promise<Access & FixedAccess> {
  const { table, clock, newId, platformKey, apiKey } = parts;
  const access = tableAccess({
    table,
    clock,
    hash,
    randomKey: () => randomBytes(32).toString("base64url"),
    newId,
    platformKeyHash: hash(platformKey),
  });
  await access.ensureTenant(DEFAULT_TENANT, "Default");
  await access.ensureKey(DEFAULT_TENANT, {
    id: "key_default",
    name: "The server's own key",
    role: "admin",
    key: apiKey,
  });
  return access;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
