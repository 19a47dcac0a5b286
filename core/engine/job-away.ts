import { CallFailure } from "../ports/call-failure.ts";
import type { Away } from "../ports/tools.ts";
import type { JobRecord } from "../store/job-rows.ts";
import type { Jobs } from "../store/jobs.ts";
import { registeredTool } from "./contexts.ts";
import type { EngineDeps } from "./deps.ts";
import { outputFault } from "./effects/call-tool.ts";
import { give } from "./give.ts";

const ACTOR = { kind: "system", id: "jobs" } as const;
const LOOK_MS_MAX = 60_000;
/** What is not wanted any more and cannot be stopped is left to itself after so many tries. */
const STOPS_MAX = 20;

/** Looks at work that goes on elsewhere: its result goes to the run, else it is looked at later. */
export async function lookAway(deps: EngineDeps, jobs: Jobs, job: JobRecord): Promise<void> {
  const result = await resultOf(deps, job);
  if (!result) {
    await jobs.lookAgain(job, nextLook(deps, job));
    return;
  }
  const { tenant, id, runId, attempt } = job;
  const command = { type: "job.settle", job: id, attempt, result } as const;
  const handled = await give(deps, { tenant, keyId: "" }, runId, command, ACTOR);
  if (handled.type !== "accepted") await jobs.remove(job);
}

async function resultOf(deps: EngineDeps, job: JobRecord): ReturnType<Away["look"]> {
  try {
    const result = await deps.tools.away?.look(job.ref ?? "");
    if (!result?.ok) return result;
    const tool = await registeredTool(deps, job.tenant, job.tool);
    const fault = tool && outputFault(tool, result.output);
    if (fault === undefined) return result;
    return { ok: false, code: "TOOL_OUTPUT_INVALID", message: fault, retryable: false };
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    const { code, message, retryable } = error;
    // That it cannot be looked at now says nothing of how it goes.
    return retryable ? undefined : { ok: false, code, message, retryable };
  }
}

/** Ends what nobody waits for any more, and forgets it. */
export async function stopAway(deps: EngineDeps, jobs: Jobs, job: JobRecord): Promise<void> {
  try {
    await deps.tools.away?.stop(job.ref ?? "");
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    if (error.retryable && (job.looks ?? 0) < STOPS_MAX) {
      await jobs.lookAgain(job, nextLook(deps, job));
      return;
    }
  }
  await jobs.remove(job);
}

/** Further apart each time. */
function nextLook({ clock }: EngineDeps, { looks = 0 }: JobRecord): number {
  return clock.now() + Math.min(LOOK_MS_MAX, 2_000 * 2 ** Math.min(looks, 5));
}
