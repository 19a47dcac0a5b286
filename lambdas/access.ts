import { createHash, randomBytes } from "node:crypto";
import type { Access } from "../core/engine/access.ts";
import type { OwnLanes } from "../core/engine/people/own-lanes.ts";
import { type FixedAccess, tableAccess } from "../core/engine/people/table-access.ts";
import { newId, type Store } from "./store.ts";

/** Who may ask, on the table. Without a platform key there is none that is right. */
export function accessOf(
  { table, clock }: Store,
  platformKey: string | undefined,
  ownLanes?: OwnLanes,
  readsOnly = false,
): Access & FixedAccess {
  return tableAccess({
    table,
    clock,
    hash,
    newId,
    randomKey: () => randomBytes(32).toString("base64url"),
    platformKeyHash: platformKey === undefined ? "" : hash(platformKey),
    readsOnly,
    ...(ownLanes && { ownLanes }),
  });
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
