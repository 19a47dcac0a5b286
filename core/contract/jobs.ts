import * as z from "zod";
import { AnyJson, count, idOf, line, prose, Timestamp, whole } from "./fields.ts";

/** Seconds, or an ISO 8601 duration. */
function seconds(secondsMax: number, description: string) {
  return z
    .union([whole(0, secondsMax, "Seconds."), line(64, "An ISO 8601 duration.")])
    .meta({ description });
}

const Lease = line(256, "What the poll gave: it shows that the job is yours.");
const ToolName = line(128, "A tool's name.");

const POLL = { tools: ["resize"], worker: "laptop-7", wait: 20, max: 1 } as const;

export const JobPollRequest = z
  .strictObject({
    tools: z
      .array(ToolName)
      .min(1)
      .max(50)
      .meta({ description: "The tools whose jobs are asked for." }),
    worker: line(200, "Who asks; it is in the record of what was done."),
    wait: seconds(
      25,
      "How long to wait for a job, 25 s at most; by default not at all.",
    ).optional(),
    max: whole(1, 20, "How many jobs at most; 1 unless said.").optional(),
  })
  .meta({ id: "JobPollRequest", description: "Asks for work.", examples: [POLL] });

const JOB = {
  id: "job_01hzy",
  lease: "1-6f1d",
  runId: "run_01hzy",
  node: "resize",
  tool: "resize",
  input: { image: "cat.png" },
  idempotencyKey: "4e1f-resize-1",
  attempt: 1,
  leaseUntil: "2026-11-21T09:30:30.000Z",
  deadline: "2026-11-22T09:30:00.000Z",
} as const;

const jobId = idOf("The job.", JOB.id);
const runId = idOf("The run that waits for it.", JOB.runId);

export const Job = z
  .strictObject({
    id: jobId,
    lease: Lease,
    runId,
    node: line(256, "The node that waits."),
    tool: ToolName,
    input: AnyJson,
    idempotencyKey: line(512, "The same for each attempt: pass it on to whatever has the effect."),
    attempt: count("Which start of the step this is, from 1."),
    leaseUntil: Timestamp.meta({ description: "When the lease is over unless it is renewed." }),
    deadline: Timestamp.meta({ description: "When the attempt is over, whatever comes." }),
  })
  .meta({ id: "Job", description: "Work, and the lease on it.", examples: [JOB] });

export const JobsTaken = z
  .strictObject({ jobs: z.array(Job).max(20) })
  .meta({ id: "JobsTaken", description: "Jobs that are now yours.", examples: [{ jobs: [JOB] }] });

export const HeartbeatRequest = z.strictObject({ lease: Lease }).meta({
  id: "HeartbeatRequest",
  description: "Says that the work goes on.",
  examples: [{ lease: JOB.lease }],
});

export const Heartbeat = z
  .strictObject({
    id: jobId,
    runId,
    cancelled: z.boolean().meta({ description: "The run does not want it any more: stop." }),
    leaseUntil: Timestamp.optional(),
    deadline: Timestamp.optional(),
  })
  .meta({
    id: "Heartbeat",
    description: "Until when the job is yours.",
    examples: [
      {
        id: JOB.id,
        runId: JOB.runId,
        cancelled: false,
        leaseUntil: JOB.leaseUntil,
        deadline: JOB.deadline,
      },
      { id: JOB.id, runId: JOB.runId, cancelled: true },
    ],
  });

export const JobCompleteRequest = z
  .strictObject({ lease: Lease, output: AnyJson.optional() })
  .meta({
    id: "JobCompleteRequest",
    description: "What came of it; null if nothing is said.",
    examples: [{ lease: JOB.lease, output: { url: "https://files.example/cat-small.png" } }],
  });

const Code = z
  .string()
  .max(64)
  .regex(/^[A-Z][A-Z0-9_]*$/)
  .meta({ description: "UPPER_SNAKE; edges and retries name it." });

export const JobFailRequest = z
  .strictObject({
    lease: Lease,
    code: Code.optional(),
    message: prose(2000, "What went wrong, for people.").optional(),
    retryable: z.boolean().optional().meta({ description: "Whether trying again may help." }),
    retryAfter: seconds(86_400, "How long to wait before that, a day at most.").optional(),
  })
  .meta({
    id: "JobFailRequest",
    description: "It could not be done; the code is `JOB_FAILED` unless said.",
    examples: [{ lease: JOB.lease, code: "DISK_FULL", message: "no room", retryable: true }],
  });

export const JobReceipt = z
  .strictObject({
    id: jobId,
    runId,
    status: z.enum(["completed", "failed"]),
    error: z
      .strictObject({ code: line(256, "Its code."), message: prose(4000, "What is wrong.") })
      .optional()
      .meta({ description: "Why the attempt failed, also where the output was not good enough." }),
  })
  .meta({
    id: "JobReceipt",
    description: "What the run made of it. The same again is answered alike.",
    examples: [{ id: JOB.id, runId: JOB.runId, status: "completed" }],
  });
