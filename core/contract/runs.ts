import * as z from "zod";
import { Callback } from "./callback.ts";
import {
  AnyJson,
  AnyObject,
  count,
  digits,
  idOf,
  isPlainObject,
  line,
  listOf,
  paging,
  prose,
  Timestamp,
  whole,
} from "./fields.ts";
import { Step, StepError, Usage } from "./steps.ts";
import { WorkflowName } from "./workflows.ts";

export const RUN_STATUSES = [
  "queued",
  "running",
  "waiting",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
] as const;

export const WAIT_KINDS = [
  "approval",
  "form",
  "ask",
  "event",
  "timer",
  "child",
  "job",
  "limit",
  "budget",
  "retry",
] as const;

/** Checked whole, by reference: a record schema would drop a key named `__proto__` unseen. */
export const Tags = z
  .unknown()
  .refine(
    isTags,
    "expected up to 50 names (letters, digits, _ . -) with texts up to 256 characters",
  )
  .meta({
    type: "object",
    description: "Names and texts to find the run by.",
    maxProperties: 50,
    additionalProperties: { type: "string", maxLength: 256 },
  }) as z.ZodType<Readonly<Record<string, string>>>;

const ActorName = z
  .strictObject({ kind: line(64, "What the actor is."), id: line(254, "Which one it is.") })
  .meta({ id: "ActorName", description: "On whose behalf; for keys that may name another." });

export const StartRequest = z
  .strictObject({
    workflow: WorkflowName,
    version: whole(1, 2_147_483_647, "Default: the newest.").optional(),
    input: AnyJson.optional(),
    id: idOf("The run's id, if it is to have this one.", "order-1717").optional(),
    tags: Tags.optional(),
    deadline: line(64, "When the run must have ended: a time, or an ISO 8601 duration.").optional(),
    startAt: z.iso
      .datetime({ offset: true })
      .max(40)
      .meta({ description: "It does not begin before this time." })
      .optional(),
    priority: whole(
      -1000,
      1000,
      "In a line for a limit, the highest goes first; 0 unless said.",
    ).optional(),
    actor: ActorName.optional(),
    callback: Callback.optional(),
  })
  .meta({
    id: "StartRequest",
    description: "A run to start.",
    examples: [
      { workflow: "refund", input: { order: "A-17", amount: 12 }, tags: { team: "care" } },
    ],
  });

export const StartQuery = z.strictObject({
  wait: digits(whole(0, 25, "Seconds."))
    .default(0)
    .meta({
      description: "Answer when the run ends or first waits, after at most so many seconds.",
    }),
});

export const Actor = z
  .strictObject({
    kind: line(64, "What the actor is."),
    id: line(512, "Which one it is."),
    assertedBy: line(254, "The key that said so.").optional(),
  })
  .meta({ id: "Actor", description: "Who did it.", examples: [{ kind: "key", id: "key_01hzy" }] });

export const WaitingOn = z
  .strictObject({
    kind: z.enum(WAIT_KINDS),
    since: Timestamp,
    until: Timestamp.optional(),
    node: line(256, "The node that waits.").optional(),
    step: z.string().max(512).optional(),
    task: idOf("The task to decide.", "task_01hzy").optional(),
    name: prose(1000, "The event's name.").optional(),
    key: prose(1000, "The event's key.").optional(),
    position: whole(1, 1_000, "In the line of a limit; 1 is next.").optional(),
    run: idOf("The child that is waited for.", "run_01hzz").optional(),
    job: idOf("The job that somebody must do.", "job_01hzy").optional(),
    tool: line(128, "The tool that the job is for.").optional(),
    attempt: count("Which attempt comes next.").optional(),
  })
  .meta({
    id: "WaitingOn",
    description: "What a run waits for.",
    examples: [{ kind: "approval", since: "2026-11-21T09:30:00.000Z", task: "task_01hzy" }],
  });

const SUMMARY = {
  id: "run_01hzy",
  status: "waiting",
  workflow: "refund",
  version: 1,
  waitingOn: [{ kind: "approval", since: "2026-11-21T09:30:00.000Z", task: "task_01hzy" }],
  tags: { team: "care" },
  parent: null,
  createdAt: "2026-11-21T09:30:00.000Z",
  updatedAt: "2026-11-21T09:30:00.000Z",
  endedAt: null,
} as const;

const EXAMPLE = {
  ...SUMMARY,
  hash: "9f86d081884c7d65",
  forkedFrom: null,
  input: { order: "A-17", amount: 12 },
  output: null,
  error: null,
  vars: {},
  steps: [],
  cost: 0,
  usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  actor: { kind: "key", id: "key_01hzy" },
  deadline: null,
  seq: 4,
};

const summary = {
  id: idOf("The run.", SUMMARY.id),
  status: z.enum(RUN_STATUSES),
  workflow: WorkflowName,
  version: count("The workflow's version."),
  waitingOn: z.array(WaitingOn).max(10_000),
  tags: Tags,
  parent: idOf("The run that started this one.", "run_01hzx").nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  endedAt: Timestamp.nullable(),
};

export const Run = z
  .strictObject({
    ...summary,
    hash: z.string().max(128).meta({ description: "Of the pinned workflow document." }),
    forkedFrom: z
      .strictObject({ run: idOf("The run.", "run_01hzx"), seq: count("Its event.") })
      .nullable()
      .meta({ description: "The run, and the event of it, that this one began from." }),
    input: AnyJson,
    output: AnyJson,
    error: StepError.nullable(),
    phase: z.enum(["compensating"]).optional().meta({
      description: "It undoes what it did, and will then have failed or be cancelled.",
    }),
    vars: AnyObject,
    steps: z.array(Step).max(100).meta({ description: "The newest 100, newest first." }),
    cost: z.number().min(0).meta({ description: "USD." }),
    usage: Usage,
    actor: Actor.nullable(),
    deadline: Timestamp.nullable(),
    seq: count("The number of its newest event."),
  })
  .meta({ id: "Run", description: "A run as it is now.", examples: [EXAMPLE] });

export const RunSummary = z
  .strictObject(summary)
  .meta({ id: "RunSummary", description: "What lists show of a run.", examples: [SUMMARY] });

export const RunList = listOf("RunList", RunSummary, SUMMARY);

const Instant = z.iso.datetime({ offset: true }).max(40);
export const RunQuery = z.strictObject({
  status: z
    .preprocess(commaList, z.array(z.enum(RUN_STATUSES)).max(RUN_STATUSES.length))
    .optional()
    .meta({ description: "Repeat it, or separate by commas, for any of several." }),
  workflow: WorkflowName.optional(),
  tag: line(400, "`name:text`, or `name` alone.").optional(),
  waitingOn: z.enum(WAIT_KINDS).optional().meta({ description: "What the run waits for." }),
  parent: idOf("Only children of this run.", "run_01hzx").optional(),
  from: Instant.optional().meta({ description: "Created at or after this time." }),
  to: Instant.optional().meta({ description: "Created at or before this time." }),
  ...paging,
});

export const CancelRequest = z
  .strictObject({
    reason: prose(2000, "Why; kept on record.").optional(),
    compensate: z.boolean().optional().meta({
      description: "Undo what was done, by the nodes that say how, before the run ends.",
    }),
  })
  .meta({
    id: "CancelRequest",
    description: "Why, and whether what was done is undone.",
    examples: [{ reason: "ordered twice", compensate: true }],
  });

export const RetryRequest = z
  .strictObject({ node: line(256, "Where it failed, to be sure that it is that.").optional() })
  .meta({ id: "RetryRequest", description: "What to retry.", examples: [{ node: "pay" }] });

function commaList(value: unknown): unknown {
  if (typeof value === "string") return value.split(",");
  return Array.isArray(value) ? value.flatMap((item) => String(item).split(",")) : value;
}

function isTags(value: unknown): value is Readonly<Record<string, string>> {
  if (!isPlainObject(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= 50 &&
    entries.every(
      ([name, text]) =>
        /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name) &&
        typeof text === "string" &&
        text.length <= 256,
    )
  );
}
