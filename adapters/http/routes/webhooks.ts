import * as z from "zod";
import { idOf, paging } from "../../../core/contract/fields.ts";
import {
  RecoverAccepted,
  RecoverRequest,
  SecretRotated,
  Webhook,
  WebhookChangeRequest,
  WebhookCreated,
  WebhookList,
  WebhookRequest,
} from "../../../core/contract/webhooks.ts";
import { listed, replyOf, route } from "../route.ts";

const byId = { id: idOf("The webhook.", "wh_01hzy") };
const tag = "Webhooks";
const replayed = { headers: ["Idempotency-Replayed"] } as const;
const THE_WEBHOOK = { status: 200, description: "The webhook.", schema: Webhook } as const;

export const webhookRoutes = [
  route({
    method: "GET",
    path: "/v1/webhooks",
    operationId: "listWebhooks",
    tag,
    summary: "List webhooks",
    description: "Newest first, without their secrets.",
    needs: "operate",
    query: z.strictObject(paging),
    paged: true,
    answers: [{ status: 200, description: "A page of webhooks.", schema: WebhookList }],
    refusals: [],
    handle: async ({ caller, query }, { webhooks }) => listed(await webhooks.list(caller, query)),
  }),
  route({
    method: "POST",
    path: "/v1/webhooks",
    operationId: "createWebhook",
    tag,
    summary: "Have an address told of events",
    description: "Events from now on. The secret is shown once.",
    needs: "operate",
    body: WebhookRequest,
    repeats: "replays",
    shownOnce: "secret",
    location: (value) => `/v1/webhooks/${String(value["id"])}`,
    answers: [
      {
        status: 201,
        description: "The webhook, with its secret.",
        schema: WebhookCreated,
        headers: ["Location", "Idempotency-Replayed"],
      },
    ],
    refusals: ["LIMIT_REACHED"],
    handle: async ({ caller, body }, { webhooks }) =>
      replyOf(await webhooks.create(caller, body), 201),
  }),
  route({
    method: "GET",
    path: "/v1/webhooks/{id}",
    operationId: "getWebhook",
    tag,
    summary: "Read a webhook",
    description: "Whether it is on, and since when it fails.",
    needs: "operate",
    params: byId,
    answers: [THE_WEBHOOK],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { webhooks }) =>
      replyOf(await webhooks.get(caller, params.id)),
  }),
  route({
    method: "PATCH",
    path: "/v1/webhooks/{id}",
    operationId: "changeWebhook",
    tag,
    summary: "Change a webhook",
    description: "Only what is sent changes. Switching it on begins with events from now on.",
    needs: "operate",
    params: byId,
    body: WebhookChangeRequest,
    answers: [THE_WEBHOOK],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, body }, { webhooks }) =>
      replyOf(await webhooks.change(caller, params.id, body)),
  }),
  route({
    method: "DELETE",
    path: "/v1/webhooks/{id}",
    operationId: "deleteWebhook",
    tag,
    summary: "Remove a webhook",
    description: "Nothing is sent to it any more, and its secret is forgotten.",
    needs: "operate",
    params: byId,
    answers: [{ status: 204, description: "It is gone." }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { webhooks }) =>
      replyOf(await webhooks.remove(caller, params.id), 204),
  }),
  route({
    method: "POST",
    path: "/v1/webhooks/{id}/secret/rotate",
    operationId: "rotateWebhookSecret",
    tag,
    summary: "Give a webhook a new secret",
    description: "For a day deliveries carry the signatures of both.",
    needs: "operate",
    params: byId,
    repeats: "replays",
    shownOnce: "secret",
    answers: [{ status: 200, description: "The secret.", schema: SecretRotated, ...replayed }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { webhooks }) =>
      replyOf(await webhooks.rotate(caller, params.id)),
  }),
  route({
    method: "POST",
    path: "/v1/webhooks/{id}/recover",
    operationId: "recoverWebhook",
    tag,
    summary: "Tell a webhook again what it has missed",
    description:
      "From the logs of the runs: every event since then that it wants and has not taken, in " +
      "order for each run, also those from before it was made.",
    needs: "operate",
    params: byId,
    body: RecoverRequest,
    repeats: "replays",
    answers: [{ status: 202, description: "It begins.", schema: RecoverAccepted, ...replayed }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, body }, { webhooks }) =>
      replyOf(await webhooks.recover(caller, params.id, body.since), 202),
  }),
];
