import type { Item } from "../ports/table.ts";
import type { JobRecord } from "../store/job-rows.ts";
import { type Jobs, tableJobs } from "../store/jobs.ts";
import type { EngineDeps } from "./deps.ts";
import type { DueHandler } from "./fire-due.ts";
import { give } from "./give.ts";
import { lookAway, stopAway } from "./job-away.ts";

const ACTOR = { kind: "system", id: "jobs" } as const;

/**
 * What is due of a job: its lease is over, it is away and must be looked at or stopped, or its row
 * has been kept long enough.
 *
 * The log decides whether a lost job is offered again, so that a result and the end of its lease
 * that race for it are told apart, and a row fires early, late and twice without harm.
 */
export function jobHandler(deps: EngineDeps): DueHandler {
  const jobs = tableJobs(deps.table);
  return {
    async fire(row: Item) {
      const job = await jobs.get(String(row["tenant"]), String(row["job"]));
      if (job?.lookAt === undefined || job.lookAt > deps.clock.now()) return;
      if (job.status === "leased") await lose(deps, jobs, job);
      if (job.status === "away") await lookAway(deps, jobs, job);
      if (job.status !== "closed") return;
      await (job.unwanted === true ? stopAway(deps, jobs, job) : jobs.remove(job));
    },
  };
}

async function lose(deps: EngineDeps, jobs: Jobs, job: JobRecord): Promise<void> {
  const { tenant, id, runId, attempt } = job;
  const command = { type: "job.lose", job: id, attempt } as const;
  const handled = await give(deps, { tenant, keyId: "" }, runId, command, ACTOR);
  // Its run went on without it, and what closes rows came too late for this one.
  if (handled.type !== "accepted") await jobs.remove(job);
}
