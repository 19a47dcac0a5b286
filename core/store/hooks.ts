import type { Instant } from "../kernel/json.ts";
import type { Item, Table } from "../ports/table.ts";
import type { Listed, ListPage } from "./newest-first.ts";
import { rows } from "./rows.ts";

/** An address for others' webhooks, and what a delivery does. */
export type HookRecord = Readonly<{
  name: string;
  start: Readonly<{ workflow: string; version?: number | undefined }> | null;
  event: Readonly<{ name: string; keyFrom?: string | undefined }> | null;
  createdAt: Instant;
  updatedAt: Instant;
}>;

export type HookStore = Readonly<{
  get(tenant: string, name: string): Promise<HookRecord | undefined>;
  /** By name. */
  list(tenant: string, page: ListPage): Promise<Listed<HookRecord>>;
  put(tenant: string, hook: HookRecord): Promise<void>;
  remove(tenant: string, name: string): Promise<boolean>;
}>;

export function hookStore(table: Table): HookStore {
  return {
    async get(tenant, name) {
      const item = await table.get(rows.hook(tenant, name));
      return item && recordOf(item);
    },

    async list(tenant, { limit, cursor }) {
      const { pk } = rows.hook(tenant, "");
      const page = await table.query({ pk, limit, ...(cursor !== undefined && { after: cursor }) });
      const last = page.more ? page.items.at(-1) : undefined;
      return { data: page.items.map(recordOf), nextCursor: last?.sk ?? null };
    },

    async put(tenant, hook) {
      const item = { ...rows.hook(tenant, hook.name), content: JSON.stringify(hook) };
      await table.write([{ type: "put", item }]);
    },

    async remove(tenant, name) {
      const when = { type: "present" } as const;
      const written = await table.write([{ type: "remove", key: rows.hook(tenant, name), when }]);
      return written.ok;
    },
  };
}

function recordOf(item: Item): HookRecord {
  return JSON.parse(item.content ?? "{}") as HookRecord;
}
