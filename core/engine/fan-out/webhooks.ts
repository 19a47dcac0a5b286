import { instantText, parseInstant } from "../../kernel/duration.ts";
import { timedId } from "../../kernel/ids.ts";
import type { Delivery } from "../../store/deliveries.ts";
import { ENDPOINTS_MAX, type Endpoint } from "../../store/endpoints.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import type { Caller, Listing, Paging } from "../views.ts";
import type { FanOutDeps } from "./deps.ts";
import { sendAgain, sendDirect } from "./direct-delivery.ts";
import { forgetSecret, keepSecret, rotateSecret } from "./endpoint-secrets.ts";
import { recover } from "./recover.ts";
import { sendLineNow } from "./send-line-now.ts";
import { body } from "./webhook-body.ts";
import { keyIn, secretOf } from "./webhook-signature.ts";
import {
  type DeliveryView,
  deliveryView,
  type WebhookChange,
  type WebhookRequest,
  type WebhookView,
  webhookView,
} from "./webhook-views.ts";

/** Addresses that a tenant wants to be told of events. */
export interface Webhooks {
  create(
    caller: Caller,
    request: WebhookRequest,
  ): Promise<Result<WebhookView & { secret: string }>>;
  list(caller: Caller, paging: Paging): Promise<Listing<WebhookView>>;
  get(caller: Caller, id: string): Promise<Result<WebhookView>>;
  change(caller: Caller, id: string, change: WebhookChange): Promise<Result<WebhookView>>;
  remove(caller: Caller, id: string): Promise<Result<null>>;
  rotate(caller: Caller, id: string): Promise<Result<{ secret: string; previousUntil: string }>>;
  test(caller: Caller, id: string): Promise<Result<DeliveryView>>;
  deliveries(caller: Caller, id: string, paging: Paging): Promise<Result<Listing<DeliveryView>>>;
  delivery(caller: Caller, id: string): Promise<Result<DeliveryView>>;
  resend(caller: Caller, id: string): Promise<Result<DeliveryView>>;
  recover(caller: Caller, id: string, since: string): Promise<Result<{ since: string }>>;
}

const RACES_MAX = 5;

export function webhooksOf(deps: FanOutDeps): Webhooks {
  const found = async (tenant: string, id: string): Promise<Result<Endpoint>> => {
    const endpoint = isId(id) ? await deps.endpoints.get(tenant, id) : undefined;
    return endpoint ? ok(endpoint) : noWebhook(id);
  };
  const foundDelivery = async (tenant: string, id: string): Promise<Result<Delivery>> => {
    const delivery = await deps.deliveries.get(tenant, id);
    return delivery ? ok(delivery) : refuse("NOT_FOUND", `there is no delivery ${id}`);
  };

  return {
    create: (caller, request) => create(deps, caller, request),

    async list({ tenant }, paging) {
      const { data, nextCursor } = await deps.endpoints.list(tenant, paging);
      return { data: data.map(webhookView), nextCursor };
    },

    async get({ tenant }, id) {
      const endpoint = await found(tenant, id);
      return endpoint.ok ? ok(webhookView(endpoint.value)) : endpoint;
    },

    async change({ tenant }, id, change) {
      const problem = change.url === undefined ? undefined : urlProblem(deps, change.url);
      if (problem) return problem;
      for (let race = 0; race < RACES_MAX; race++) {
        const was = await found(tenant, id);
        if (!was.ok) return was;
        const next = changed(was.value, change, deps.clock.now());
        if (await deps.endpoints.replace(next)) return ok(webhookView(next));
      }
      return refuse("BUSY", `webhook ${id} is being changed by others`);
    },

    async remove({ tenant }, id) {
      const removed = isId(id) && (await deps.endpoints.remove(tenant, id));
      if (!removed) return noWebhook(id);
      await forgetSecret(deps.secrets, { tenant, id });
      await deps.lines.removeAll({ tenant, subscriber: id });
      return ok(null);
    },

    async rotate({ tenant }, id) {
      const endpoint = await found(tenant, id);
      if (!endpoint.ok) return endpoint;
      const secret = newSecret(deps);
      const until = await rotateSecret(deps.secrets, endpoint.value, secret, deps.clock.now());
      return ok({ secret, previousUntil: instantText(until) });
    },

    async test({ tenant }, id) {
      const endpoint = await found(tenant, id);
      if (!endpoint.ok) return endpoint;
      const type = "webhook.test";
      const text = body(type, instantText(deps.clock.now()), { id, message: "It works." });
      const about = `test/${deps.randomness.hex()}`;
      return ok(deliveryView(await sendDirect(deps, endpoint.value, { type, body: text, about })));
    },

    async deliveries({ tenant }, id, paging) {
      const endpoint = await found(tenant, id);
      if (!endpoint.ok) return endpoint;
      const { data, nextCursor } = await deps.deliveries.list(tenant, id, paging);
      return ok({ data: data.map(deliveryView), nextCursor });
    },

    async delivery({ tenant }, id) {
      const delivery = await foundDelivery(tenant, id);
      return delivery.ok ? ok(deliveryView(delivery.value)) : delivery;
    },

    async resend({ tenant }, id) {
      const delivery = await foundDelivery(tenant, id);
      if (!delivery.ok) return delivery;
      const inLine = delivery.value.status === "pending" && delivery.value.due === null;
      if (!inLine) return ok(deliveryView(await sendAgain(deps, delivery.value)));
      // Its line has it in hand, and keeps the order: it only need not wait for its time.
      await sendLineNow(deps, delivery.value);
      return ok(deliveryView(delivery.value));
    },

    async recover({ tenant }, id, since) {
      const endpoint = await found(tenant, id);
      if (!endpoint.ok) return endpoint;
      const instant = parseInstant(since);
      if (instant === undefined) return refuse("INVALID_REQUEST", "`since` is no time");
      await recover(deps, endpoint.value, instant);
      return ok({ since: instantText(instant) });
    },
  };
}

async function create(deps: FanOutDeps, { tenant }: Caller, request: WebhookRequest) {
  const problem = urlProblem(deps, request.url);
  if (problem) return problem;
  if (request.secret !== undefined && !keyIn(request.secret)) return secretProblem();
  const { data } = await deps.endpoints.list(tenant, { limit: ENDPOINTS_MAX });
  if (data.length >= ENDPOINTS_MAX) {
    const message = `a tenant has at most ${ENDPOINTS_MAX} webhooks`;
    return refuse("LIMIT_REACHED", message, { data: { limit: "webhooks", max: ENDPOINTS_MAX } });
  }
  const now = deps.clock.now();
  const secret = request.secret ?? newSecret(deps);
  const endpoint: Endpoint = {
    tenant,
    id: `wh_${timedId(now, deps.randomness.hex())}`,
    url: request.url,
    description: request.description ?? null,
    types: request.types ?? [],
    workflow: request.filter?.workflow ?? null,
    tag: request.filter?.tag ?? null,
    enabled: true,
    disabledReason: null,
    from: now,
    failingSince: null,
    createdAt: now,
    updatedAt: now,
    rev: 1,
  };
  // The secret first: an endpoint without one would send what nobody can verify.
  await keepSecret(deps.secrets, endpoint, secret);
  await deps.endpoints.add(endpoint);
  return ok({ ...webhookView(endpoint), secret });
}

/** What happened while it was off is told by `recover` and not by switching it on. */
function changed(was: Endpoint, change: WebhookChange, now: number): Endpoint {
  const { url, types, filter, description, enabled } = change;
  const switchedOn = enabled === true && !was.enabled;
  return {
    ...was,
    ...(url !== undefined && { url }),
    ...(types !== undefined && { types }),
    ...(filter !== undefined && { workflow: filter.workflow ?? null, tag: filter.tag ?? null }),
    ...(description !== undefined && { description }),
    ...(enabled !== undefined && { enabled }),
    ...(switchedOn && { disabledReason: null, failingSince: null, from: now }),
    updatedAt: now,
  };
}

function urlProblem(deps: FanOutDeps, url: string) {
  const problem = deps.targetProblem(url);
  if (problem === undefined) return undefined;
  const errors = [{ path: "url", code: "INVALID_VALUE", message: problem }];
  return refuse("INVALID_REQUEST", `The url cannot be called: ${problem}`, { errors });
}

export function secretProblem() {
  const message = "expected `whsec_` and 16 to 64 bytes in base64";
  const errors = [{ path: "secret", code: "INVALID_VALUE", message }];
  return refuse("INVALID_REQUEST", `The secret is none: ${message}`, { errors });
}

function newSecret({ randomness }: FanOutDeps): string {
  return secretOf(randomness.hex() + randomness.hex());
}

/** Callbacks live under the ids of their runs, and are nobody's webhook. */
function isId(id: string): boolean {
  return id.startsWith("wh_");
}

function noWebhook(id: string) {
  return refuse("NOT_FOUND", `there is no webhook ${id}`);
}
