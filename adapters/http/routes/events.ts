import { EventRequest, EventSent } from "../../../core/contract/signals.ts";
import { replyOf, route } from "../route.ts";

export const eventRoutes = [
  route({
    method: "POST",
    path: "/v1/events",
    operationId: "sendEvent",
    tag: "Runs",
    summary: "Send an event to whoever waits for it",
    description:
      "Every run of the tenant that waits for this name and key takes it. It is kept only when " +
      "there is none, for seven days, for the first that will wait. The same `id` is taken once.",
    needs: "operate",
    body: EventRequest,
    repeats: "replays",
    answers: [
      {
        status: 202,
        description: "It was taken or is kept, now or before.",
        schema: EventSent,
        headers: ["Idempotency-Replayed"],
      },
    ],
    refusals: [],
    handle: async ({ caller, body, idempotencyKey }, { engine }) => {
      // Should we die before the answer is kept, the event is still known by its id.
      const ofKey = idempotencyKey && `key:${caller.keyId}/${idempotencyKey}`;
      return replyOf(await engine.events.send(caller, { ...body, id: body.id ?? ofKey }), 202);
    },
  }),
];
