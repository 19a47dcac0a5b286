import type { Instant } from "../kernel/json.ts";
import type { Item, Table } from "../ports/table.ts";
import { expiring, listSk, rows } from "./rows.ts";

/** What somebody asked to have changed, and what became of it. */
export type AuditRecord = Readonly<{
  id: string;
  at: Instant;
  /** `platform` for what belongs to no tenant. */
  tenant: string;
  /** `begun` without an end: its process died, so it may have happened or not. */
  outcome: "begun" | "done" | "refused" | "failed";
  actor: Readonly<{ kind: "key" | "platform" | "link" | "hook"; id: string }>;
  role?: string;
  person?: string;
  /** The route's operation, as the OpenAPI document names it. */
  action: string;
  method: string;
  path: string;
  status?: number;
  code?: string;
  replayed?: boolean;
  requestId: string;
  /** The address that the request came from. */
  from?: string;
}>;

/** 400 days: a year, and time to look at it. */
const KEPT_MS = 400 * 86_400_000;

export interface AuditStore {
  /** Writes it over one with the same time and id, if there is one. */
  put(record: AuditRecord): Promise<void>;
  /** Unless there is one of its time and id. */
  add(record: AuditRecord): Promise<void>;
  /** A page of one month, newest first, from before `before`. */
  month(
    tenant: string,
    month: string,
    page: { before?: string | undefined; limit: number },
  ): Promise<{ records: readonly AuditRecord[]; last: string | undefined; more: boolean }>;
}

/** One row for each, in a partition per tenant and month. */
export function auditStore(table: Table): AuditStore {
  return {
    async put(record) {
      await table.write([{ type: "put", item: itemOf(record) }]);
    },

    async add(record) {
      await table.write([{ type: "put", item: itemOf(record), when: { type: "absent" } }]);
    },

    async month(tenant, month, { before, limit }) {
      const pk = rows.audit(tenant, month, "").pk;
      const after = before === undefined ? {} : { after: before };
      const { items, more } = await table.query({ pk, reverse: true, limit, ...after });
      return { records: items.map(recordOf), last: items.at(-1)?.sk, more };
    },
  };
}

/** `2026-11`: sorts as text like time does. */
export function monthOf(at: Instant): string {
  return new Date(at).toISOString().slice(0, 7);
}

export function monthBefore(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return number === 1 ? `${year - 1}-12` : `${year}-${String(number - 1).padStart(2, "0")}`;
}

/** Its place in its month. */
export function placeOf({ at, id }: AuditRecord): string {
  return listSk(at, id);
}

/** The earliest month that still may have rows. */
export function firstMonth(now: Instant): string {
  return monthOf(now - KEPT_MS);
}

/** There is one for each start of a run, so what the key says is not said again. */
function itemOf({ at, id, tenant, ...said }: AuditRecord): Item {
  const { ttl } = expiring(at + KEPT_MS);
  return {
    ...rows.audit(tenant, monthOf(at), listSk(at, id)),
    content: JSON.stringify(said),
    ttl,
  };
}

function recordOf({ pk, sk, content }: Item): AuditRecord {
  const said = JSON.parse(content ?? "{}") as Omit<AuditRecord, "id" | "at" | "tenant">;
  const mark = sk.indexOf("#");
  const tenant = pk.slice(0, pk.indexOf("#"));
  return { ...said, id: sk.slice(mark + 1), at: Number(sk.slice(0, mark)), tenant };
}
