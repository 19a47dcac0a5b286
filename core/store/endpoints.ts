import type { Instant } from "../kernel/json.ts";
import type { Condition, Item, Key, Operation, Table } from "../ports/table.ts";
import { type Listed, type ListPage, newestFirst } from "./newest-first.ts";
import { rows } from "./rows.ts";

/** An address that is told of events: a webhook of the tenant, or the callback of one run. */
export type Endpoint = Readonly<{
  tenant: string;
  /** Of a callback: its run. */
  id: string;
  url: string;
  description: string | null;
  /** Types it hears of, `run.*` for a family; none means all. */
  types: readonly string[];
  workflow: string | null;
  /** `name`, or `name:text`. */
  tag: string | null;
  enabled: boolean;
  /** Why it was switched off, when it was not its owner who did it. */
  disabledReason: string | null;
  /** Events before it are told only by `recover`. */
  from: Instant;
  /** Of a callback: the tenant's secret that signs; a webhook has one of its own. */
  secretName?: string;
  /** Since when every attempt has failed. */
  failingSince: Instant | null;
  createdAt: Instant;
  updatedAt: Instant;
  /** Grows with every change: two changers cannot undo each other. */
  rev: number;
}>;

export type EndpointStore = Readonly<{
  get(tenant: string, id: string): Promise<Endpoint | undefined>;
  /** Of a webhook or a callback, whichever has the id. */
  ofSubscriber(tenant: string, id: string): Promise<Endpoint | undefined>;
  list(tenant: string, page: ListPage): Promise<Listed<Endpoint>>;
  add(endpoint: Endpoint): Promise<void>;
  /** False when somebody else has changed or removed it since it was read. */
  replace(endpoint: Endpoint): Promise<boolean>;
  remove(tenant: string, id: string): Promise<boolean>;
  /** Those that hear of events, as remembered for a moment: every commit asks. */
  enabled(tenant: string): Promise<readonly Endpoint[]>;
  /** What is remembered, if it is: an answer without a turn of the event loop. */
  remembered(tenant: string): readonly Endpoint[] | undefined;
}>;

/** What another process changed is seen after this; what this one did, at once. */
export const ENDPOINTS_KNOWN_MS = 2_000;
const KNOWN_MAX = 10_000;
/** Of one tenant; more are refused when they are made. */
export const ENDPOINTS_MAX = 100;

/** Webhooks, one row each; callbacks beside their runs. */
export function endpointStore(deps: { table: Table; elapsed: () => number }): EndpointStore {
  const { table, elapsed } = deps;
  const known = new Map<string, { endpoints: readonly Endpoint[]; at: number }>();
  let changes = 0;

  const changed = (tenant: string) => {
    changes++;
    known.delete(tenant);
  };
  const remembered = (tenant: string) => {
    const hit = known.get(tenant);
    return hit && elapsed() - hit.at < ENDPOINTS_KNOWN_MS ? hit.endpoints : undefined;
  };
  const read = async (key: Key) => {
    const item = await table.get(key);
    return item && endpointOf(item);
  };

  return {
    get: (tenant, id) => read(rows.webhook(tenant, id)),
    ofSubscriber: (tenant, id) => read(keyOf(tenant, id)),
    list: (tenant, page) => newestFirst(table, rows.webhook(tenant, "").pk, page, endpointOf),

    async add(endpoint) {
      await table.write([addition(endpoint)]);
      changed(endpoint.tenant);
    },

    async replace(endpoint) {
      const when: Condition = { type: "is", attributes: { rev: endpoint.rev } };
      const item = itemOf({ ...endpoint, rev: endpoint.rev + 1 });
      const written = await table.write([{ type: "put", item, when }]);
      changed(endpoint.tenant);
      return written.ok;
    },

    async remove(tenant, id) {
      const when = { type: "present" } as const;
      const written = await table.write([{ type: "remove", key: keyOf(tenant, id), when }]);
      changed(tenant);
      return written.ok;
    },

    remembered,

    async enabled(tenant) {
      const hit = remembered(tenant);
      if (hit) return hit;
      const at = elapsed();
      const before = changes;
      const { pk } = rows.webhook(tenant, "");
      const { items } = await table.query({ pk, limit: ENDPOINTS_MAX });
      const endpoints = items.map(endpointOf).filter(({ enabled }) => enabled);
      // The read may have happened just before a change that we made ourselves.
      if (before !== changes) return endpoints;
      if (known.size >= KNOWN_MAX) known.clear();
      known.set(tenant, { endpoints, at });
      return endpoints;
    },
  };
}

/** Also what goes with the first commit of a run that has a callback. */
export function addition(endpoint: Endpoint): Operation {
  return { type: "put", item: itemOf(endpoint) };
}

/** Whether a subscriber is the callback of a run: webhooks have ids of their own form. */
export function isCallback(subscriber: string): boolean {
  return !subscriber.startsWith("wh_");
}

function keyOf(tenant: string, id: string): Key {
  return isCallback(id) ? rows.callback(tenant, id) : rows.webhook(tenant, id);
}

function itemOf(endpoint: Endpoint): Item {
  const { tenant, id, rev, ...content } = endpoint;
  return { ...keyOf(tenant, id), tenant, endpoint: id, rev, content: JSON.stringify(content) };
}

function endpointOf(item: Item): Endpoint {
  const content = JSON.parse(item.content ?? "{}") as Omit<Endpoint, "tenant" | "id" | "rev">;
  const { tenant, endpoint: id, rev } = item as unknown as Record<string, string>;
  return { ...content, tenant: String(tenant), id: String(id), rev: Number(rev) };
}
