import { type Listing, listing } from "./listing.ts";
import { pathOf, type Transport } from "./transport.ts";
import type {
  Delivery,
  Hook,
  HookRequest,
  RecoverAccepted,
  RecoverRequest,
  SecretRotated,
  Webhook,
  WebhookChangeRequest,
  WebhookCreated,
  WebhookRequest,
} from "./wire.ts";

const of = (template: string, id: string) => pathOf(template, { id });

/** Addresses that are told of events. */
export function webhooksOf(transport: Transport) {
  const { send } = transport;
  return {
    list: (): Listing<Webhook> => listing(transport, "/v1/webhooks"),
    /** Its secret is shown once. */
    create: (webhook: WebhookRequest): Promise<WebhookCreated> =>
      send("POST", "/v1/webhooks", { body: webhook }),
    get: (id: string): Promise<Webhook> => send("GET", of("/v1/webhooks/{id}", id)),
    change: (id: string, change: WebhookChangeRequest): Promise<Webhook> =>
      send("PATCH", of("/v1/webhooks/{id}", id), { body: change }),
    remove: (id: string): Promise<void> => send("DELETE", of("/v1/webhooks/{id}", id)),
    rotateSecret: (id: string): Promise<SecretRotated> =>
      send("POST", of("/v1/webhooks/{id}/secret/rotate", id)),
    recover: (id: string, since: RecoverRequest): Promise<RecoverAccepted> =>
      send("POST", of("/v1/webhooks/{id}/recover", id), { body: since }),
    test: (id: string): Promise<Delivery> => send("POST", of("/v1/webhooks/{id}/test", id)),
    deliveries: (id: string): Listing<Delivery> =>
      listing(transport, of("/v1/webhooks/{id}/deliveries", id)),
    delivery: (id: string): Promise<Delivery> =>
      send("GET", of("/v1/webhooks/deliveries/{id}", id)),
    resend: (id: string): Promise<Delivery> =>
      send("POST", of("/v1/webhooks/deliveries/{id}/resend", id)),
  };
}

const named = (name: string) => pathOf("/v1/hooks/{name}", { name });

/** Addresses for the webhooks of others. */
export function hooksOf(transport: Transport) {
  return {
    list: (): Listing<Hook> => listing(transport, "/v1/hooks"),
    get: (name: string): Promise<Hook> => transport.send("GET", named(name)),
    put: (name: string, hook: HookRequest): Promise<Hook> =>
      transport.send("PUT", named(name), { body: hook }),
    remove: (name: string): Promise<void> => transport.send("DELETE", named(name)),
  };
}
