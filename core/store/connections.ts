import type { Instant } from "../kernel/json.ts";

/** A client that listens. */
export type Connection = Readonly<{
  id: string;
  tenant: string;
  /** The key behind its ticket: when that is revoked, the connection is closed. */
  keyId: string;
  openedAt: Instant;
}>;

/** What a client asked to hear of. */
export type Subscription = Readonly<{
  tenant: string;
  connection: string;
  /** The client's own name for it. */
  id: string;
  /** The name of its lines: another for each time it subscribes. */
  subscriber: string;
  runs: readonly string[] | "*";
  /** None means all. */
  types: readonly string[];
}>;

/** Who listens. Where many processes push, what `ofTenant` says may be as old as `lagMs`. */
export interface Connections {
  readonly lagMs: number;
  /** False when the tenant has `max` of them. */
  add(connection: Connection, max: number): Promise<boolean>;
  get(id: string): Promise<Connection | undefined>;
  /** With its subscriptions, which are returned; nothing when it was gone already. */
  remove(id: string): Promise<readonly Subscription[]>;
  ofKey(tenant: string, keyId: string): Promise<readonly Connection[]>;
  /** In the place of one that has the same id. */
  subscribe(subscription: Subscription): Promise<Subscription | undefined>;
  unsubscribe(connection: Connection, id: string): Promise<Subscription | undefined>;
  of(connection: Connection): Promise<readonly Subscription[]>;
  ofSubscriber(tenant: string, subscriber: string): Promise<Subscription | undefined>;
  ofTenant(tenant: string): Promise<readonly Subscription[]>;
  /** Whether it still is one, as far as this process can tell without asking. */
  has(subscription: Subscription): boolean;
  /** What `ofTenant` would say, where that is known without asking. */
  remembered(tenant: string): readonly Subscription[] | undefined;
}

/** Whether a subscriber is a subscription of a connection: see `Subscription`. */
export function isSocket(subscriber: string): boolean {
  return subscriber.startsWith("ws_");
}
