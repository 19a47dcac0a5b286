import * as z from "zod";
import { count, idOf, line, listOf, paging, prose, Timestamp, whole } from "./fields.ts";
import { Actor } from "./runs.ts";
import { StepError } from "./steps.ts";
import { WorkflowName } from "./workflows.ts";

const KINDS = ["step", "compensation", "delivery", "stream"] as const;
const STATUSES = ["open", "redriven", "discarded"] as const;

const EXAMPLE = {
  id: "dead_01hzy",
  kind: "step",
  status: "open",
  runId: "run_01hzy",
  workflow: "refund",
  node: "pay",
  step: "pay.1",
  attempts: 3,
  error: { code: "HTTP_503", message: "the bank is closed", node: "pay", attempt: 3 },
  createdAt: "2026-11-21T09:30:00.000Z",
} as const;

export const DeadLetter = z
  .strictObject({
    id: idOf("The dead letter.", EXAMPLE.id),
    kind: z.enum(KINDS).meta({ description: "What failed: a step is one that ended its run." }),
    status: z.enum(STATUSES),
    runId: idOf("Its run.", EXAMPLE.runId),
    workflow: WorkflowName,
    node: line(256, "Where it failed.").nullable(),
    step: z.string().max(512).nullable(),
    attempts: count("How often it was tried."),
    error: StepError,
    createdAt: Timestamp,
    redriveAt: Timestamp.optional(),
    refused: prose(4096, "Why it could not be sent on, the last time.").optional(),
    closedAt: Timestamp.optional(),
    closedBy: Actor.optional(),
    reason: prose(2000, "Why it was discarded.").optional(),
  })
  .meta({
    id: "DeadLetter",
    description: "Something that failed for good, and waits for an operator.",
    examples: [EXAMPLE],
  });

export const DeadLetterList = listOf("DeadLetterList", DeadLetter, EXAMPLE);

const filter = {
  kind: z.enum(KINDS).optional(),
  workflow: WorkflowName.optional(),
  run: idOf("Only of this run.", EXAMPLE.runId).optional(),
  code: line(128, "Of the error.").optional(),
};
const Instant = z.iso.datetime({ offset: true }).max(40);
const between = {
  from: Instant.optional().meta({ description: "Failed at or after this time." }),
  to: Instant.optional().meta({ description: "Failed at or before this time." }),
};

export const DeadLetterQuery = z.strictObject({
  ...filter,
  ...between,
  status: z.enum(STATUSES).optional(),
  ...paging,
});

export const DiscardRequest = z
  .strictObject({ reason: prose(2000, "Why; kept with the letter.").min(1) })
  .meta({ id: "DiscardRequest", description: "Why.", examples: [{ reason: "paid by hand" }] });

export const RedriveRequest = z
  .strictObject({
    ...filter,
    ...between,
    perSecond: whole(1, 1000, "How many to send on in a second; 5 unless said.").optional(),
  })
  .meta({
    id: "RedriveRequest",
    description: "Which open letters to send on, and how fast.",
    examples: [{ workflow: "refund", code: "HTTP_503", perSecond: 2 }],
  });

export const Redriving = z
  .strictObject({
    scheduled: count("How many are sent on."),
    until: Timestamp.nullable().meta({ description: "When the last of them goes." }),
    more: z.boolean().meta({ description: "Whether others match: ask again." }),
  })
  .meta({
    id: "Redriving",
    description: "What was set in motion.",
    examples: [{ scheduled: 40, until: "2026-11-21T09:30:08.000Z", more: false }],
  });
