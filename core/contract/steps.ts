import * as z from "zod";
import { AnyJson, count, line, listOf, paging, prose, Timestamp } from "./fields.ts";

export const StepError = z
  .strictObject({
    code: z
      .string()
      .max(128)
      .meta({ description: "UPPER_SNAKE; see `/docs/errors`, or the workflow's own." }),
    message: prose(65_536, "For people."),
    node: line(256, "Where it happened.").optional(),
    attempt: count("Which attempt.").optional(),
    retryable: z.boolean().optional(),
    cause: AnyJson.optional(),
  })
  .meta({
    id: "StepError",
    description: "Why a step or a run failed.",
    examples: [{ code: "TIMEOUT", message: "the tool took longer than PT30S", retryable: true }],
  });

export const Usage = z
  .strictObject({
    inputTokens: count("Tokens sent to models."),
    outputTokens: count("Tokens that models answered."),
    totalTokens: count("Both."),
  })
  .meta({
    id: "Usage",
    description: "Tokens.",
    examples: [{ inputTokens: 120, outputTokens: 40, totalTokens: 160 }],
  });

export const STEP_STATUSES = [
  "pending",
  "running",
  "waiting",
  "retrying",
  "succeeded",
  "failed",
  "unknown",
  "skipped",
  "cancelled",
] as const;

const EXAMPLE = {
  id: "stp_check.1",
  node: "check",
  type: "approval",
  status: "waiting",
  visit: 1,
  attempt: 1,
  recoveries: 0,
  scope: "",
  startedAt: "2026-11-21T09:30:00.000Z",
  endedAt: null,
  attempts: [],
  cost: 0,
} as const;

const Attempt = z
  .strictObject({
    attempt: count("From 1."),
    startedAt: Timestamp,
    endedAt: Timestamp.optional(),
    error: StepError.optional(),
  })
  .meta({ id: "StepAttempt", description: "An attempt that failed." });

export const Step = z
  .strictObject({
    id: z.string().max(512).meta({ description: "The step, within its run." }),
    node: line(256, "The node that it is a visit of."),
    type: line(64, "The node's type."),
    status: z.enum(STEP_STATUSES),
    visit: count("Which visit of the node, from 1."),
    attempt: count("Which attempt is current, from 1."),
    recoveries: count("How often an attempt was taken up again after a crash."),
    scope: z.string().max(512).meta({ description: 'Item of a map it belongs to; "" is the run.' }),
    startedAt: Timestamp.nullable(),
    endedAt: Timestamp.nullable(),
    nextAttemptAt: Timestamp.optional(),
    idempotencyKey: z.string().max(256).optional(),
    input: AnyJson.optional(),
    output: AnyJson.optional(),
    error: StepError.optional(),
    attempts: z.array(Attempt).max(1000),
    cost: z.number().min(0).meta({ description: "USD." }),
    usage: Usage.optional(),
  })
  .meta({ id: "Step", description: "One visit of a node.", examples: [EXAMPLE] });

export const StepList = listOf("StepList", Step, EXAMPLE);

export const StepQuery = z.strictObject({
  node: line(256, "Only steps of this node.").optional(),
  status: z.enum(STEP_STATUSES).optional(),
  ...paging,
});
