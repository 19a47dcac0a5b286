import * as z from "zod";
import { EventTypes } from "./event-types.ts";
import { count, idOf, line, listOf, prose, Timestamp, whole } from "./fields.ts";
import { WorkflowName } from "./workflows.ts";

const EXAMPLE = {
  id: "wh_01hzy",
  url: "https://example.com/hooks",
  description: null,
  types: ["run.*"],
  filter: { workflow: "refund" },
  enabled: true,
  disabledReason: null,
  failingSince: null,
  createdAt: "2026-11-21T09:30:00.000Z",
  updatedAt: "2026-11-21T09:30:00.000Z",
} as const;

const Url = z
  .string()
  .min(1)
  .max(2048)
  .meta({ description: "http or https; where the POSTs go.", examples: [EXAMPLE.url] });

const Filter = z
  .strictObject({
    workflow: WorkflowName.optional(),
    tag: line(400, "`name:text`, or `name` alone.").optional(),
  })
  .meta({
    id: "WebhookFilter",
    description: "Only runs of this workflow, with this tag.",
    examples: [EXAMPLE.filter],
  });

export const WebhookSecret = z
  .string()
  .max(128)
  .meta({
    description: "`whsec_` and 16 to 64 bytes in base64: signs what is sent.",
    examples: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  });

const Description = prose(500, "For people.");

export const WebhookRequest = z
  .strictObject({
    url: Url,
    types: EventTypes.optional(),
    filter: Filter.optional(),
    description: Description.optional(),
    secret: WebhookSecret.optional().meta({ description: "Default: made, and shown once." }),
  })
  .meta({
    id: "WebhookRequest",
    description: "An address that is to be told.",
    examples: [{ url: EXAMPLE.url, types: ["run.*"] }],
  });

export const WebhookChangeRequest = z
  .strictObject({
    url: Url.optional(),
    types: EventTypes.optional(),
    filter: Filter.optional(),
    description: Description.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({
    id: "WebhookChangeRequest",
    description: "What is to be different. What happened while it was off is not told by itself.",
    examples: [{ enabled: true }],
  });

const fields = {
  id: idOf("The webhook.", EXAMPLE.id),
  url: Url,
  description: Description.nullable(),
  types: EventTypes,
  filter: Filter,
  enabled: z.boolean(),
  disabledReason: prose(1000, "Why it was switched off, if nobody asked for it.").nullable(),
  failingSince: Timestamp.nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
};

export const Webhook = z
  .strictObject(fields)
  .meta({ id: "Webhook", description: "An address that is told.", examples: [EXAMPLE] });

export const WebhookList = listOf("WebhookList", Webhook, EXAMPLE);

export const WebhookCreated = z.strictObject({ ...fields, secret: WebhookSecret.optional() }).meta({
  id: "WebhookCreated",
  description: "A webhook, and this once its secret. A replayed answer comes without it.",
  examples: [{ ...EXAMPLE, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }],
});

export const SecretRotated = z
  .strictObject({
    secret: WebhookSecret.optional(),
    previousUntil: Timestamp.meta({ description: "Until then both secrets sign." }),
  })
  .meta({
    id: "SecretRotated",
    description: "The new secret, shown this once. A replayed answer comes without it.",
    examples: [
      {
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        previousUntil: "2026-11-22T09:30:00.000Z",
      },
    ],
  });

const DELIVERY = {
  id: "msg_01hzy",
  webhook: "wh_01hzy",
  runId: "run_01hzy",
  seq: 7,
  type: "run.succeeded",
  status: "delivered",
  body: '{"type":"run.succeeded"}',
  attempts: [{ at: "2026-11-21T09:30:00.000Z", ms: 12, status: 204, error: null, answer: null }],
  createdAt: "2026-11-21T09:30:00.000Z",
  updatedAt: "2026-11-21T09:30:00.000Z",
} as const;

const DeliveryAttempt = z
  .strictObject({
    at: Timestamp,
    ms: count("How long it took."),
    status: whole(0, 999, "Of the answer.").nullable(),
    error: line(64, "Why there was no answer.").nullable(),
    answer: prose(4000, "How the answer's body begins.").nullable(),
  })
  .meta({
    id: "DeliveryAttempt",
    description: "One try, and what came of it.",
    examples: [DELIVERY.attempts[0]],
  });

export const Delivery = z
  .strictObject({
    id: idOf("`webhook-id` of every attempt.", DELIVERY.id),
    webhook: idOf("The webhook; of a run's own callback, the run.", DELIVERY.webhook),
    runId: idOf("The run that it tells of.", DELIVERY.runId).nullable(),
    seq: count("The event that it tells of.").nullable(),
    type: line(64, "Of the event."),
    status: z.enum(["pending", "delivered", "dead"]),
    body: prose(100_000, "As it is sent."),
    attempts: z.array(DeliveryAttempt).max(100).meta({ description: "The newest, oldest first." }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: "Delivery", description: "One event on its way.", examples: [DELIVERY] });

export const DeliveryList = listOf("DeliveryList", Delivery, DELIVERY);

export const RecoverRequest = z
  .strictObject({
    since: z.iso.datetime({ offset: true }).max(40).meta({ description: "A time." }),
  })
  .meta({
    id: "RecoverRequest",
    description: "From when on.",
    examples: [{ since: "2026-11-21T09:30:00Z" }],
  });

export const RecoverAccepted = z.strictObject({ since: Timestamp }).meta({
  id: "RecoverAccepted",
  description: "What it has not taken since then is told again.",
  examples: [{ since: "2026-11-21T09:30:00.000Z" }],
});
