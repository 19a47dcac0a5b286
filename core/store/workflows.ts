import { compileWorkflow } from "../kernel/compile.ts";
import type { Instant, JsonObject } from "../kernel/json.ts";
import { canonical } from "../kernel/ledger.ts";
import type { Workflow } from "../kernel/workflow.ts";
import type { Item, Table } from "../ports/table.ts";
import { isLast, lastVersion, numberOf, removeVersion } from "./remove-version.ts";
import { rows } from "./rows.ts";

export type WorkflowRecord = Readonly<{
  name: string;
  version: number;
  hash: string;
  createdAt: Instant;
  document: JsonObject;
}>;

export type Workflows = Readonly<{
  /** Makes the next version, unless the newest is the same document. */
  publish(
    tenant: string,
    name: string,
    document: JsonObject,
    now: Instant,
  ): Promise<{ record: WorkflowRecord; created: boolean }>;
  newest(tenant: string, name: string): Promise<WorkflowRecord | undefined>;
  get(tenant: string, name: string, version: number): Promise<WorkflowRecord | undefined>;
  /** Newest versions by name; `after` is a name. */
  list(tenant: string, after: string | undefined, limit: number): Promise<Listed>;
  versions(tenant: string, name: string, after: string | undefined, limit: number): Promise<Listed>;
  /** Takes a version away from lists and new runs; false when there is none. */
  remove(tenant: string, name: string, version: number, now: Instant): Promise<boolean>;
  /** A version, or what is kept of one that was deleted: for the runs that are under it. */
  definition(tenant: string, name: string, version: number): Promise<WorkflowRecord | undefined>;
  /** The definition, parsed once and kept: a version never changes. */
  compiled(tenant: string, name: string, version: number): Promise<Workflow | undefined>;
}>;

type Listed = Readonly<{ records: readonly WorkflowRecord[]; next: string | null }>;

const COMPILED_MAX = 500;
/** How long the newest version of a name is remembered: another process may publish too. */
const NEWEST_MS_MAX = 2_000;

/** Published workflows. A version is written once; the head names the newest. */
export function workflowStore(deps: {
  table: Table;
  /** SHA-256 as hex. */
  hash(text: string): string;
  elapsed(): number;
}): Workflows {
  const { table } = deps;
  const compiled = new Map<string, Workflow>();
  const newestKnown = new Map<string, { record: WorkflowRecord; at: number }>();

  async function newest(tenant: string, name: string): Promise<WorkflowRecord | undefined> {
    const known = newestKnown.get(`${tenant}/${name}`);
    if (known && deps.elapsed() - known.at < NEWEST_MS_MAX) return known.record;
    const item = await table.get(rows.workflowHead(tenant, name));
    if (!item) return undefined;
    const record = recordOf(item);
    remember(newestKnown, `${tenant}/${name}`, { record, at: deps.elapsed() });
    return record;
  }

  async function definition(tenant: string, name: string, version: number) {
    const item =
      (await table.get(rows.workflow(tenant, name, version))) ??
      (await table.get(rows.workflowGone(tenant, name, version)));
    return item && recordOf(item);
  }

  return {
    newest,

    async publish(tenant, name, document, now) {
      const hash = deps.hash(canonical(document));
      // Of a name without a head: mostly nobody ever published it.
      let last = 0;
      for (;;) {
        const item = await table.get(rows.workflowHead(tenant, name));
        const head = item && recordOf(item);
        if (head?.hash === hash) return { record: head, created: false };
        const version = (item ? numberOf(item) : last) + 1;
        const record: WorkflowRecord = { name, version, hash, createdAt: now, document };
        const attributes = { name, version, hash, createdAt: now };
        const content = JSON.stringify(document);
        const result = await table.write([
          {
            type: "put",
            item: { ...rows.workflow(tenant, name, version), ...attributes, content },
            when: { type: "absent" },
          },
          // A number names one document for ever: runs are pinned to it.
          {
            type: "check",
            key: rows.workflowGone(tenant, name, version),
            when: { type: "absent" },
          },
          {
            type: "put",
            item: { ...rows.workflowHead(tenant, name), ...attributes, content },
            when: head ? { type: "is", attributes: { version: head.version } } : { type: "absent" },
          },
          ...(head ? [] : [isLast(tenant, name, last)]),
        ]);
        newestKnown.delete(`${tenant}/${name}`);
        if (result.ok) return { record, created: true };
        if (!head) last = await lastVersion(table, tenant, name);
      }
    },

    async get(tenant, name, version) {
      const item = await table.get(rows.workflow(tenant, name, version));
      return item && recordOf(item);
    },

    async list(tenant, after, limit) {
      const { pk } = rows.workflowHead(tenant, "");
      const page = await table.query({ pk, limit, ...(after !== undefined && { after }) });
      const last = page.items.at(-1);
      return { records: page.items.map(recordOf), next: page.more && last ? last.sk : null };
    },

    async versions(tenant, name, after, limit) {
      const { pk } = rows.workflow(tenant, name, 0);
      const from = after === undefined ? {} : { after };
      const page = await table.query({ pk, prefix: "v#", limit, reverse: true, ...from });
      const last = page.items.at(-1);
      return { records: page.items.map(recordOf), next: page.more && last ? last.sk : null };
    },

    async remove(tenant, name, version, now) {
      const removed = await removeVersion(table, { tenant, name, version }, now);
      newestKnown.delete(`${tenant}/${name}`);
      return removed;
    },

    definition,

    async compiled(tenant, name, version) {
      const at = `${tenant}/${name}@${version}`;
      const known = compiled.get(at);
      if (known) return known;
      const found = await definition(tenant, name, version);
      if (!found) return undefined;
      const { document, hash } = found;
      const workflow = compileWorkflow(document, { version, hash });
      remember(compiled, at, workflow);
      return workflow;
    },
  };
}

function remember<Value>(map: Map<string, Value>, name: string, value: Value): void {
  map.set(name, value);
  if (map.size <= COMPILED_MAX) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

function recordOf(item: Item): WorkflowRecord {
  return {
    name: String(item["name"]),
    version: Number(item["version"]),
    hash: String(item["hash"]),
    createdAt: Number(item["createdAt"]),
    document: JSON.parse(item.content ?? "{}") as JsonObject,
  };
}
