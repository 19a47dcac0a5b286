import type { Connection, Connections, Subscription } from "./connections.ts";

type Open = { readonly connection: Connection; readonly subscriptions: Map<string, Subscription> };

/** The connections of one process, which it holds itself. */
export function memoryConnections(): Connections {
  const open = new Map<string, Open>();
  const bySubscriber = new Map<string, Subscription>();
  const byTenant = new Map<string, readonly Subscription[]>();
  const counts = new Map<string, number>();

  const count = (tenant: string, by: number) => {
    counts.set(tenant, (counts.get(tenant) ?? 0) + by);
  };
  const listed = (tenant: string): readonly Subscription[] => {
    const known = byTenant.get(tenant);
    if (known) return known;
    const list = [...bySubscriber.values()].filter((one) => one.tenant === tenant);
    byTenant.set(tenant, list);
    return list;
  };
  const drop = (subscription: Subscription | undefined) => {
    if (!subscription) return;
    bySubscriber.delete(subscription.subscriber);
    byTenant.delete(subscription.tenant);
  };

  return {
    lagMs: 0,
    async add(connection, max) {
      if ((counts.get(connection.tenant) ?? 0) >= max) return false;
      count(connection.tenant, 1);
      open.set(connection.id, { connection, subscriptions: new Map() });
      return true;
    },
    get: async (id) => open.get(id)?.connection,
    async remove(id) {
      const gone = open.get(id);
      if (!gone) return [];
      open.delete(id);
      count(gone.connection.tenant, -1);
      const subscriptions = [...gone.subscriptions.values()];
      for (const subscription of subscriptions) drop(subscription);
      return subscriptions;
    },
    ofKey: async (tenant, keyId) =>
      [...open.values()]
        .map(({ connection }) => connection)
        .filter((one) => one.tenant === tenant && one.keyId === keyId),
    async subscribe(subscription) {
      const own = open.get(subscription.connection)?.subscriptions;
      const before = own?.get(subscription.id);
      drop(before);
      if (!own) return before;
      own.set(subscription.id, subscription);
      bySubscriber.set(subscription.subscriber, subscription);
      byTenant.delete(subscription.tenant);
      return before;
    },
    async unsubscribe(connection, id) {
      const own = open.get(connection.id)?.subscriptions;
      const before = own?.get(id);
      own?.delete(id);
      drop(before);
      return before;
    },
    of: async ({ id }) => [...(open.get(id)?.subscriptions.values() ?? [])],
    ofSubscriber: async (_tenant, subscriber) => bySubscriber.get(subscriber),
    ofTenant: async (tenant) => listed(tenant),
    has: ({ subscriber }) => bySubscriber.has(subscriber),
    remembered: listed,
  };
}
