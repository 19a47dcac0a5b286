import type { Item, Table } from "../ports/table.ts";
import type { Connection, Connections, Subscription } from "./connections.ts";
import { dueAt, dueShard, rows } from "./rows.ts";

/** What another process wrote is seen after this. */
const KNOWN_MS = 2_000;
const KNOWN_MAX = 10_000;
const PAGE = 500;
/** API Gateway ends a connection after two hours; if it does not say so, it is forgotten later. */
const LIFE_MS = 2.25 * 3_600_000;

/** Connections that are held elsewhere, each frame and each commit handled by some process. */
export function tableConnections(deps: { table: Table; elapsed: () => number }): Connections {
  const { table, elapsed } = deps;
  const known = new Map<string, { subscriptions: readonly Subscription[]; at: number }>();

  const remembered = (tenant: string) => {
    const hit = known.get(tenant);
    return hit && elapsed() - hit.at < KNOWN_MS ? hit.subscriptions : undefined;
  };

  async function all(tenant: string, prefix?: string): Promise<readonly Item[]> {
    const found: Item[] = [];
    const { pk } = rows.connection(tenant, "");
    let after: string | undefined;
    for (let more = true; more; ) {
      const from = {
        ...(prefix !== undefined && { prefix }),
        ...(after !== undefined && { after }),
      };
      const page = await table.query({ pk, limit: PAGE, ...from });
      found.push(...page.items);
      after = page.items.at(-1)?.sk;
      ({ more } = page);
    }
    return found;
  }

  const subscriptionsOf = async (tenant: string, connection: string) =>
    (await all(tenant, `${connection}#`)).map(subscriptionOf);

  async function get(id: string): Promise<Connection | undefined> {
    const found = await table.get(rows.connectionById(id));
    return found && connectionOf(found);
  }

  return {
    // Twice: a process may have begun to remember just before, and another to read just after.
    lagMs: KNOWN_MS * 2,
    get,
    remembered,
    // Only the connection itself knows, when it answers that it is gone.
    has: () => true,

    async add(connection, max) {
      const open = (await all(connection.tenant)).filter((row) => !isSubscription(row));
      if (open.length >= max) return false;
      await table.write([
        {
          type: "put",
          item: itemOf(connection, rows.connection(connection.tenant, connection.id)),
        },
        { type: "put", item: dueItem(connection) },
      ]);
      return true;
    },

    async remove(id) {
      const connection = await get(id);
      if (!connection) return [];
      const subscriptions = await subscriptionsOf(connection.tenant, id);
      for (const one of subscriptions) {
        await table.write([{ type: "remove", key: keyOf(one) }]);
      }
      await table.write([
        { type: "remove", key: rows.connection(connection.tenant, id) },
        { type: "remove", key: rows.connectionById(id) },
      ]);
      known.delete(connection.tenant);
      return subscriptions;
    },

    async ofKey(tenant, keyId) {
      const open = (await all(tenant)).filter((row) => !isSubscription(row));
      return open.map(connectionOf).filter((one) => one.keyId === keyId);
    },

    async subscribe(subscription) {
      const key = keyOf(subscription);
      const before = await table.get(key);
      const content = JSON.stringify(subscription);
      await table.write([{ type: "put", item: { ...key, content } }]);
      known.delete(subscription.tenant);
      return before && subscriptionOf(before);
    },

    async unsubscribe({ tenant, id: connection }, id) {
      const key = keyOf({ tenant, connection, id });
      const before = await table.get(key);
      await table.write([{ type: "remove", key }]);
      known.delete(tenant);
      return before && subscriptionOf(before);
    },

    of: ({ tenant, id }) => subscriptionsOf(tenant, id),

    async ofSubscriber(tenant, subscriber) {
      // `ws_<connection>/…`: see `subscribe`.
      const connection = subscriber.slice(3, subscriber.lastIndexOf("/"));
      const own = await subscriptionsOf(tenant, connection);
      return own.find((one) => one.subscriber === subscriber);
    },

    async ofTenant(tenant) {
      const hit = remembered(tenant);
      if (hit) return hit;
      const at = elapsed();
      const subscriptions = (await all(tenant)).filter(isSubscription).map(subscriptionOf);
      if (known.size >= KNOWN_MAX) known.clear();
      known.set(tenant, { subscriptions, at });
      return subscriptions;
    },
  };
}

/** The connection of a row of the `due` index. */
export function connectionIn(row: Item): string {
  return String(row["connection"]);
}

function isSubscription({ sk }: Item): boolean {
  return sk.includes("#");
}

function keyOf({ tenant, connection, id }: Pick<Subscription, "tenant" | "connection" | "id">) {
  return rows.connection(tenant, `${connection}#${id}`);
}

function itemOf(
  { tenant, id, keyId, openedAt }: Connection,
  key: { pk: string; sk: string },
): Item {
  return { ...key, kind: "connection", tenant, connection: id, keyId, openedAt };
}

function dueItem(connection: Connection): Item {
  const { id, openedAt } = connection;
  return {
    ...itemOf(connection, rows.connectionById(id)),
    dueShard: dueShard(id),
    dueAt: dueAt(openedAt + LIFE_MS, `connection#${id}`),
  };
}

function connectionOf(item: Item): Connection {
  return {
    id: String(item["connection"]),
    tenant: String(item["tenant"]),
    keyId: String(item["keyId"]),
    openedAt: Number(item["openedAt"]),
  };
}

function subscriptionOf(item: Item): Subscription {
  return JSON.parse(item.content ?? "{}") as Subscription;
}
