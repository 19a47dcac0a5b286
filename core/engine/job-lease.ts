import { instantText, parseDuration } from "../kernel/duration.ts";
import type { JobRecord } from "../store/job-rows.ts";
import { findTool } from "./contexts.ts";
import type { EngineDeps } from "./deps.ts";
import type { JobView } from "./job-views.ts";

/** How long a job is its worker's without a heartbeat. */
const LEASE_MS = 30_000;

/** By the tool's own configuration, as it is now. */
export async function leaseMsOf(
  deps: EngineDeps,
  { tenant, tool }: Pick<JobRecord, "tenant" | "tool">,
): Promise<number> {
  const lease = (await findTool(deps, tenant, tool))?.config["lease"];
  return (typeof lease === "string" ? parseDuration(lease) : undefined) ?? LEASE_MS;
}

/** What the answer to a poll shows of a job. */
export function jobView(job: JobRecord, lease: string, leaseUntil: number): JobView {
  const { id, runId, node, tool, input, idempotencyKey, attempt, until } = job;
  return {
    id,
    lease,
    runId,
    node,
    tool,
    input,
    idempotencyKey,
    attempt,
    leaseUntil: instantText(leaseUntil),
    deadline: instantText(until),
  };
}
