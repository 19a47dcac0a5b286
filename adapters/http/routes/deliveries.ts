import * as z from "zod";
import { idOf, paging } from "../../../core/contract/fields.ts";
import { Delivery, DeliveryList } from "../../../core/contract/webhooks.ts";
import { replyOf, route } from "../route.ts";

const byWebhook = { id: idOf("The webhook.", "wh_01hzy") };
const byDelivery = { id: idOf("The delivery.", "msg_01hzy") };
const tag = "Webhooks";
const SENDING = {
  status: 202,
  description: "The delivery, which is on its way.",
  schema: Delivery,
  headers: ["Idempotency-Replayed"],
} as const;

export const deliveryRoutes = [
  route({
    method: "POST",
    path: "/v1/webhooks/{id}/test",
    operationId: "testWebhook",
    tag,
    summary: "Send a test",
    description: "An event `webhook.test`, signed and retried like every other.",
    needs: "operate",
    params: byWebhook,
    repeats: "replays",
    answers: [SENDING],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { webhooks }) =>
      replyOf(await webhooks.test(caller, params.id), 202),
  }),
  route({
    method: "GET",
    path: "/v1/webhooks/{id}/deliveries",
    operationId: "listDeliveries",
    tag,
    summary: "List the deliveries of a webhook",
    description: "Newest first, with what was sent and what was answered.",
    needs: "operate",
    params: byWebhook,
    query: z.strictObject(paging),
    paged: true,
    answers: [{ status: 200, description: "A page of deliveries.", schema: DeliveryList }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, query }, { webhooks }) =>
      replyOf(await webhooks.deliveries(caller, params.id, query)),
  }),
  route({
    method: "GET",
    path: "/v1/webhooks/deliveries/{id}",
    operationId: "getDelivery",
    tag,
    summary: "Read a delivery",
    description: "With its body and every answer. Kept for 30 days at least.",
    needs: "operate",
    params: byDelivery,
    answers: [{ status: 200, description: "The delivery.", schema: Delivery }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { webhooks }) =>
      replyOf(await webhooks.delivery(caller, params.id)),
  }),
  route({
    method: "POST",
    path: "/v1/webhooks/deliveries/{id}/resend",
    operationId: "resendDelivery",
    tag,
    summary: "Send a delivery again",
    description:
      "Now, whatever became of it, under the same id; then by the schedule. One that waits for " +
      "its next attempt does not wait any longer.",
    needs: "operate",
    params: byDelivery,
    repeats: "replays",
    answers: [SENDING],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { webhooks }) =>
      replyOf(await webhooks.resend(caller, params.id), 202),
  }),
];
