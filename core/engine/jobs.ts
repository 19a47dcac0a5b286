import type { Result as JobResult } from "../kernel/command.ts";
import { instantText } from "../kernel/duration.ts";
import type { Event } from "../kernel/event.ts";
import type { JobRecord } from "../store/job-rows.ts";
import { type Jobs, tableJobs } from "../store/jobs.ts";
import { registeredTool } from "./contexts.ts";
import type { EngineDeps } from "./deps.ts";
import { outputFault } from "./effects/call-tool.ts";
import type { Engine } from "./engine.ts";
import { give } from "./give.ts";
import { leaseMsOf } from "./job-lease.ts";
import { msOf } from "./job-times.ts";
import type { JobReceipt } from "./job-views.ts";
import { pollJobs } from "./poll-jobs.ts";
import { ok, type Result, refuse } from "./refusal.ts";
import type { Caller } from "./views.ts";

const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1_000;

/** The other side of tools of kind `worker`: who asks for work, does it, and says so. */
export function jobsOf(deps: EngineDeps): Engine["jobs"] {
  const jobs = tableJobs(deps.table);
  return {
    poll: (caller, request) => pollJobs(deps, jobs, caller, request),

    async heartbeat({ tenant }, id, lease) {
      // Once more when the row changed between the look and the write.
      for (let tries = 0; tries < 3; tries++) {
        const job = await jobs.get(tenant, id);
        if (!job) return noJob(id);
        if (job.lease !== lease) return leaseLost(id);
        if (job.closedAs === "cancelled") return ok({ id, runId: job.runId, cancelled: true });
        if (job.status !== "leased") return leaseLost(id);
        const until = Math.min(job.until, deps.clock.now() + (await leaseMsOf(deps, job)));
        if (!(await jobs.extend(job, until))) continue;
        const times = { leaseUntil: instantText(until), deadline: instantText(job.until) };
        return ok({ id, runId: job.runId, cancelled: false, ...times });
      }
      return leaseLost(id);
    },

    async complete(caller, id, { lease, output = null }) {
      const job = await jobs.get(caller.tenant, id);
      if (job?.status !== "leased" || job.lease !== lease) return receiptOf(job, id, lease);
      const tool = await registeredTool(deps, caller.tenant, job.tool);
      const whole = (await deps.contents.whole(caller, output)) ?? output;
      const fault = tool && outputFault(tool, whole);
      const result: JobResult =
        fault === undefined
          ? { ok: true, output }
          : { ok: false, code: "TOOL_OUTPUT_INVALID", message: fault, retryable: false };
      return settle(deps, jobs, caller, job, result);
    },

    async fail(caller, id, { lease, code = "JOB_FAILED", message = code, ...more }) {
      const after = msOf(more.retryAfter ?? 0, "retryAfter", RETRY_AFTER_MS_MAX);
      if (!after.ok) return after;
      const job = await jobs.get(caller.tenant, id);
      if (job?.status !== "leased" || job.lease !== lease) return receiptOf(job, id, lease);
      return settle(deps, jobs, caller, job, {
        ok: false,
        code,
        message,
        retryable: more.retryable ?? false,
        ...(after.value > 0 && { retryAfterMs: after.value }),
      });
    },
  };
}

async function settle(
  deps: EngineDeps,
  jobs: Jobs,
  caller: Caller,
  job: JobRecord,
  result: JobResult,
): Promise<Result<JobReceipt>> {
  const { id, runId, attempt, step, worker = "worker", lease = "" } = job;
  const command = { type: "job.settle", job: id, attempt, result } as const;
  const actor = { kind: "worker", id: worker, assertedBy: caller.keyId };
  const handled = await give(deps, caller, runId, command, actor);
  if (handled.type === "accepted") return ok(receiptBy(handled.events, { id, runId, step }));
  // Somebody else was first; perhaps the same request, whose answer was lost.
  return receiptOf(await jobs.get(caller.tenant, id), id, lease);
}

function receiptBy(
  events: readonly Event[],
  { id, runId, step }: Readonly<{ id: string; runId: string; step: string }>,
): JobReceipt {
  for (const event of events) {
    if (!("step" in event) || event.step !== step) continue;
    if (event.type === "step.succeeded") return { id, runId, status: "completed" };
    if (event.type === "step.failed" || event.type === "step.retrying") {
      const { code, message } = event.error;
      return { id, runId, status: "failed", error: { code, message } };
    }
  }
  return { id, runId, status: "completed" };
}

/** A closed job answers whoever held it in the end; all others are told that it is not theirs. */
function receiptOf(job: JobRecord | undefined, id: string, lease: string): Result<JobReceipt> {
  if (!job) return noJob(id);
  const isTheirs = job.status === "closed" && job.lease === lease;
  if (!isTheirs || (job.closedAs !== "completed" && job.closedAs !== "failed")) {
    return leaseLost(id);
  }
  return ok({ id, runId: job.runId, status: job.closedAs });
}

/** There was none, it is another tenant's, or it was closed so long ago that it is forgotten. */
function noJob(id: string) {
  return refuse("NOT_FOUND", `there is no job ${id}`);
}

function leaseLost(id: string) {
  return refuse("LEASE_LOST", `the job ${id} is not yours, or is no longer`);
}
