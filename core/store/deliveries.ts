import type { Instant } from "../kernel/json.ts";
import type { Condition, Item, Operation, Table } from "../ports/table.ts";
import { type Listed, type ListPage } from "./newest-first.ts";
import { dueAt, dueShard, expiring, listSk, rows } from "./rows.ts";

/** One try to deliver, and what came of it. */
export type Attempt = Readonly<{
  at: Instant;
  ms: number;
  /** None when no answer came. */
  status: number | null;
  /** Of what went wrong, when it was not the status. */
  error: string | null;
  /** The beginning of what was answered. */
  answer: string | null;
}>;

/** One event on its way to one endpoint, with all that was said. */
export type Delivery = Readonly<{
  tenant: string;
  /** The same whenever the same event is told to the same endpoint. */
  id: string;
  endpoint: string;
  /** None for what is not about a run, like a test. */
  runId: string | null;
  seq: number | null;
  type: string;
  status: "pending" | "delivered" | "dead";
  /** As it goes out: JSON. */
  body: string;
  attempts: readonly Attempt[];
  createdAt: Instant;
  updatedAt: Instant;
  /** When it is tried next, if it is not a line that knows. */
  due: Instant | null;
  /** Failed attempts since it was asked for. */
  failures: number;
  /** A sender has it in hand until `due`. */
  claimed: boolean;
  rev: number;
}>;

export type DeliveryStore = Readonly<{
  get(tenant: string, id: string): Promise<Delivery | undefined>;
  list(tenant: string, endpoint: string, page: ListPage): Promise<Listed<Delivery>>;
  /** False when somebody else has changed it since it was read. */
  put(delivery: Delivery, was: Delivery | undefined): Promise<boolean>;
}>;

/** How long what was delivered, or given up, can be looked up. */
const KEPT_MS = 30 * 86_400_000;
/** Attempts that are remembered with a delivery: those of all its schedules, but not for ever. */
export const ATTEMPTS_KEPT_MAX = 24;

export function deliveryStore(table: Table): DeliveryStore {
  return {
    async get(tenant, id) {
      const item = await table.get(rows.delivery(tenant, id));
      return item && deliveryOf(item);
    },

    async list(tenant, endpoint, { limit, cursor }) {
      const after = cursor === undefined ? {} : { after: cursor };
      const { items, more } = await table.query({
        pk: listPk(tenant, endpoint),
        index: "list",
        reverse: true,
        limit,
        ...after,
      });
      const last = more ? items.at(-1) : undefined;
      return { data: items.map(deliveryOf), nextCursor: last?.listSk ?? null };
    },

    async put(delivery, was) {
      const next = { ...delivery, rev: (was?.rev ?? 0) + 1 };
      const when: Condition =
        was === undefined ? { type: "absent" } : { type: "is", attributes: { rev: was.rev } };
      return (await table.write([{ type: "put", item: itemOf(next), when }])).ok;
    },
  };
}

/** What a line writes beside its own row: nobody else writes the delivery while it has it. */
export function deliveryPut(delivery: Delivery): Operation {
  return { type: "put", item: itemOf({ ...delivery, rev: delivery.rev + 1 }) };
}

export function deliveryKeyOf(row: Item): Readonly<{ tenant: string; id: string }> {
  return { tenant: String(row["tenant"]), id: String(row["delivery"]) };
}

function listPk(tenant: string, endpoint: string): string {
  return `${tenant}#deliveries#${endpoint}`;
}

function itemOf(delivery: Delivery): Item {
  const { tenant, id, endpoint, rev, createdAt, ...content } = delivery;
  const { due, status } = delivery;
  return {
    ...rows.delivery(tenant, id),
    kind: "delivery",
    tenant,
    delivery: id,
    endpoint,
    claimed: delivery.claimed,
    rev,
    createdAt,
    listPk: listPk(tenant, endpoint),
    listSk: listSk(createdAt, id),
    ...(status === "pending"
      ? due !== null && { dueShard: dueShard(id), dueAt: dueAt(due, `delivery#${id}`) }
      : expiring(delivery.updatedAt + KEPT_MS)),
    content: JSON.stringify(content),
  };
}

function deliveryOf(item: Item): Delivery {
  const content = JSON.parse(item.content ?? "{}") as Omit<
    Delivery,
    "tenant" | "id" | "endpoint" | "rev" | "createdAt"
  >;
  return {
    ...content,
    tenant: String(item["tenant"]),
    id: String(item["delivery"]),
    endpoint: String(item["endpoint"]),
    rev: Number(item["rev"]),
    createdAt: Number(item["createdAt"]),
  };
}
