import type { Instant, JsonObject } from "../kernel/json.ts";
import { canonical } from "../kernel/ledger.ts";
import type { Item, Table } from "../ports/table.ts";
import type { ToolConfig } from "../ports/tools.ts";
import { rows } from "./rows.ts";

export type ToolRecord = ToolConfig &
  Readonly<{
    description?: string;
    inputSchema?: JsonObject;
    outputSchema?: JsonObject;
    delivery?: "at-least-once" | "at-most-once";
    approval?: { approvers: readonly string[]; quorum?: number };
    updatedAt: Instant;
    /** Of everything above but the time: the log names it with each call. */
    hash: string;
  }>;

export type ToolStore = Readonly<{
  put(tenant: string, tool: Omit<ToolRecord, "hash">): Promise<ToolRecord>;
  get(tenant: string, name: string): Promise<ToolRecord | undefined>;
  remove(tenant: string, name: string): Promise<boolean>;
  /** Grows with every change that this process makes to the tenant's tools. */
  changes(tenant: string): number;
  list(
    tenant: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ records: readonly ToolRecord[]; next: string | null }>;
}>;

/** What another process registered is seen after this; what this one did, at once. */
const KNOWN_MS_MAX = 2_000;
const KNOWN_MAX = 2_000;

/** Registered tools, remembered briefly, because every step asks for one. */
export function toolStore(deps: {
  table: Table;
  /** SHA-256 as hex. */
  hash(text: string): string;
  elapsed(): number;
}): ToolStore {
  const { table } = deps;
  const known = new Map<string, { record: ToolRecord | undefined; at: number }>();

  const changed = new Map<string, number>();
  const forget = (tenant: string, name: string) => {
    known.delete(`${tenant}/${name}`);
    changed.set(tenant, (changed.get(tenant) ?? 0) + 1);
  };

  return {
    changes: (tenant) => changed.get(tenant) ?? 0,

    async put(tenant, tool) {
      const { updatedAt: _at, ...hashed } = tool;
      // Half of it names a configuration as well, and is in every step of the log.
      const record: ToolRecord = { ...tool, hash: deps.hash(canonical(hashed)).slice(0, 32) };
      const item: Item = { ...rows.tool(tenant, tool.name), content: JSON.stringify(record) };
      await table.write([{ type: "put", item }]);
      forget(tenant, tool.name);
      return record;
    },

    async get(tenant, name) {
      const at = `${tenant}/${name}`;
      const hit = known.get(at);
      if (hit && deps.elapsed() - hit.at < KNOWN_MS_MAX) return hit.record;
      const item = await table.get(rows.tool(tenant, name));
      const record = item && recordOf(item);
      if (known.size >= KNOWN_MAX) known.clear();
      known.set(at, { record, at: deps.elapsed() });
      return record;
    },

    async remove(tenant, name) {
      const key = rows.tool(tenant, name);
      const result = await table.write([{ type: "remove", key, when: { type: "present" } }]);
      forget(tenant, name);
      return result.ok;
    },

    async list(tenant, after, limit) {
      const { pk } = rows.tool(tenant, "");
      const page = await table.query({ pk, limit, ...(after !== undefined && { after }) });
      const last = page.items.at(-1);
      return { records: page.items.map(recordOf), next: page.more && last ? last.sk : null };
    },
  };
}

function recordOf(item: Item): ToolRecord {
  return JSON.parse(item.content ?? "{}") as ToolRecord;
}
