import * as z from "zod";
import { count, idOf, line, listOf, Timestamp, whole } from "./fields.ts";
import { WebhookSecret } from "./webhooks.ts";
import { WorkflowName } from "./workflows.ts";

const EXAMPLE = {
  name: "orders",
  url: "/v1/hooks/orders",
  start: { workflow: "refund" },
  event: null,
  createdAt: "2026-11-21T09:30:00.000Z",
  updatedAt: "2026-11-21T09:30:00.000Z",
} as const;

export const HookName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/)
  .meta({ description: "The hook's name.", examples: [EXAMPLE.name] });

const Start = z
  .strictObject({
    workflow: WorkflowName,
    version: whole(1, 2_147_483_647, "Default: the newest.").optional(),
  })
  .meta({ description: "Starts a run whose input is the body." });

const Sent = z
  .strictObject({
    name: line(200, "The event's name."),
    keyFrom: line(200, "Where in the body its key is, like `data.order`.").optional(),
  })
  .meta({ description: "Sends an event of the tenant whose payload is the body." });

export const HookRequest = z
  .strictObject({
    start: Start.optional(),
    event: Sent.optional(),
    secret: WebhookSecret.optional().meta({
      description: "What the sender signs with. Default: as it was; made and shown for a new hook.",
    }),
  })
  .refine(({ start, event }) => (start === undefined) !== (event === undefined), {
    error: "expected one of `start` and `event`",
  })
  .meta({
    id: "HookRequest",
    description: "What a delivery does: one of the two.",
    examples: [{ start: { workflow: "refund" } }],
  });

const fields = {
  name: HookName,
  url: z.string().max(512).meta({ description: "Where the sender POSTs to." }),
  start: Start.nullable(),
  event: Sent.nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
};

export const Hook = z
  .strictObject({ ...fields, secret: WebhookSecret.optional() })
  .meta({ id: "Hook", description: "An address for others' webhooks.", examples: [EXAMPLE] });

export const HookList = listOf("HookList", Hook, EXAMPLE);

export const HookQuery = z.strictObject({
  tenant: idOf("Whose hook it is; `default` if it is not said.", "ten_01hzy").default("default"),
});

export const HookTaken = z
  .strictObject({
    duplicate: z.boolean().optional().meta({
      description: "Of a start: it had come before, and the run is that of the first.",
    }),
    delivered: count("Of an event: how many runs have taken it.").optional(),
    runId: idOf("The run that it started.", "run_01hzy").optional(),
  })
  .meta({
    id: "HookTaken",
    description: "The delivery was taken.",
    examples: [{ duplicate: false, runId: "run_01hzy" }],
  });
