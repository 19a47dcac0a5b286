import * as z from "zod";
import { idOf, line, prose, Timestamp } from "./fields.ts";
import { RUN_STATUSES, WaitingOn } from "./runs.ts";
import { StepError } from "./steps.ts";

const EXPLAINED = {
  runId: "run_01hzy",
  status: "waiting",
  summary: "check waits for ada@example.com to decide task task_01hzy.",
  unblock: ["POST /v1/tasks/task_01hzy/decide"],
  since: "2026-11-21T09:30:00.000Z",
  waitingOn: [{ kind: "approval", since: "2026-11-21T09:30:00.000Z", task: "task_01hzy" }],
  nextTimer: null,
  limit: null,
  deadline: null,
  lastError: null,
  running: [],
} as const;

export const Explanation = z
  .strictObject({
    runId: idOf("The run.", EXPLAINED.runId),
    status: z.enum(RUN_STATUSES),
    phase: z.enum(["compensating"]).optional(),
    summary: prose(262_144, "Why it is where it is, for people."),
    unblock: z
      .array(prose(4096, "One way on."))
      .max(20_000)
      .meta({ description: "What would get it on." }),
    since: Timestamp,
    waitingOn: z.array(WaitingOn).max(10_000),
    nextTimer: Timestamp.nullable().meta({ description: "When something is due by itself." }),
    limit: line(128, "The code of the limit that ended it.").nullable(),
    deadline: Timestamp.nullable(),
    lastError: StepError.extend({ step: z.string().max(512).optional() })
      .nullable()
      .meta({
        id: "LastError",
        description: "The newest error, and the step that it was of.",
        examples: [{ code: "HTTP_503", message: "closed", step: "pay.1" }],
      }),
    running: z.array(z.string().max(512)).max(100).meta({ description: "Steps being called." }),
  })
  .meta({ id: "Explanation", description: "Why a run is where it is.", examples: [EXPLAINED] });

const CATEGORIES = [
  "transient",
  "configuration",
  "data",
  "decision",
  "limit",
  "unknown",
  "other",
] as const;
const ACTIONS = [
  "retry",
  "mend_and_retry",
  "patch_and_retry",
  "check_and_skip",
  "start_anew",
  "none",
] as const;

export const Advice = z
  .strictObject({
    runId: idOf("The run.", "run_01hzy"),
    category: z.enum(CATEGORIES),
    action: z.enum(ACTIONS),
    explanation: prose(4096, "Why, and what to look at first."),
    confidence: z.number().min(0).max(1),
    error: StepError,
    request: z
      .strictObject({
        method: z.literal("POST"),
        path: z.string().max(512).meta({ description: "Of the call." }),
      })
      .nullable()
      .meta({ description: "The call that carries it out; nobody makes it but you." }),
    source: z.enum(["rules"]).meta({ description: "Who gives the advice." }),
  })
  .meta({
    id: "Advice",
    description: "What may be done about a failed run. Nothing of it is done.",
    examples: [
      {
        runId: "run_01hzy",
        category: "transient",
        action: "retry",
        explanation: "The other side was busy, slow or away. Retry when it is well again.",
        confidence: 0.85,
        error: { code: "HTTP_503", message: "the bank is closed" },
        request: { method: "POST", path: "/v1/runs/run_01hzy/retry" },
        source: "rules",
      },
    ],
  });
