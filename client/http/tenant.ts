import { type Listing, listing } from "./listing.ts";
import { pathOf, type Transport } from "./transport.ts";
import type {
  AuditEntry,
  AuditQuery,
  Key,
  KeyCreated,
  KeyRequest,
  RotateRequest,
  SecretName,
  SecretRequest,
  Usage,
  UsageQuery,
} from "./wire.ts";

/** Keys of the tenant; what a key opens with is shown once. */
export function keysOf(transport: Transport) {
  const { send } = transport;
  return {
    list: (): Listing<Key> => listing(transport, "/v1/keys"),
    create: (key: KeyRequest): Promise<KeyCreated> => send("POST", "/v1/keys", { body: key }),
    rotate: (id: string, about: RotateRequest = {}): Promise<KeyCreated> =>
      send("POST", pathOf("/v1/keys/{id}/rotate", { id }), { body: about }),
    revoke: (id: string): Promise<void> => send("DELETE", pathOf("/v1/keys/{id}", { id })),
  };
}

const secret = (name: string) => pathOf("/v1/secrets/{name}", { name });

export function secretsOf(transport: Transport) {
  return {
    /** Their names; nobody is told their values. */
    list: (): Listing<SecretName> => listing(transport, "/v1/secrets"),
    put: (name: string, value: SecretRequest): Promise<void> =>
      transport.send("PUT", secret(name), { body: value }),
    remove: (name: string): Promise<void> => transport.send("DELETE", secret(name)),
  };
}

/** What was done, and what it came to. */
export function recordsOf(transport: Transport) {
  return {
    usage: (query: UsageQuery = {}): Promise<Usage> =>
      transport.send("GET", "/v1/usage", { query }),
    audit: (query: AuditQuery = {}): Listing<AuditEntry> => listing(transport, "/v1/audit", query),
  };
}
