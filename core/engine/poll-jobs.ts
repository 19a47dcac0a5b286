import type { JobRecord } from "../store/job-rows.ts";
import type { Jobs } from "../store/jobs.ts";
import type { EngineDeps } from "./deps.ts";
import { jobView, leaseMsOf } from "./job-lease.ts";
import { msOf } from "./job-times.ts";
import { jobTopic } from "./job-topic.ts";
import type { JobView, PollRequest } from "./job-views.ts";
import { ok, type Result } from "./refusal.ts";
import type { Caller } from "./views.ts";

/** Where nobody tells of new jobs, they are looked for so often; where somebody does, too. */
const LOOK_MS = 1_000;
/** A larger input stays a reference in the answer, which holds several: the worker reads it. */
const INPUT_BYTES_MAX = 256 * 1024;
const WAIT_MS_MAX = 25_000;
/** How many of one tool's jobs are looked at for each that is wanted: others may be faster. */
const LOOK_AHEAD = 4;

/** Hands out jobs; when there are none, waits until there are, or until the time is over. */
export async function pollJobs(
  deps: EngineDeps,
  jobs: Jobs,
  caller: Caller,
  request: PollRequest,
): Promise<Result<{ jobs: readonly JobView[] }>> {
  const waitMs = msOf(request.wait ?? 0, "wait", WAIT_MS_MAX);
  if (!waitMs.ok) return waitMs;
  const until = deps.elapsed() + waitMs.value;
  const tools = [...new Set(request.tools)];
  for (;;) {
    // Followed before it is looked, so that no job falls between the two.
    const offered = follow(deps, caller.tenant, tools);
    try {
      const taken = await take(deps, jobs, caller.tenant, { ...request, tools });
      const left = until - deps.elapsed();
      if (taken.length > 0 || left <= 0) return ok({ jobs: taken });
      await offered.within(Math.min(left, LOOK_MS));
    } finally {
      offered.stop();
    }
  }
}

function follow({ watch }: EngineDeps, tenant: string, tools: readonly string[]) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stops = tools.map((tool) => watch.follow(jobTopic(tenant, tool), () => resolve()));
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    within(ms: number): Promise<void> {
      timer = setTimeout(resolve, ms);
      return promise;
    },
    stop(): void {
      clearTimeout(timer);
      for (const stop of stops) stop();
    },
  };
}

/** One of each tool in turn, beginning with any: a busy tool does not hold up the others. */
async function take(
  deps: EngineDeps,
  jobs: Jobs,
  tenant: string,
  { tools, worker, max = 1 }: PollRequest,
): Promise<readonly JobView[]> {
  const first = Math.floor(deps.randomness.unit() * tools.length);
  const turns = [...tools.slice(first), ...tools.slice(0, first)];
  const limit = max * LOOK_AHEAD;
  const lists = await Promise.all(turns.map((tool) => jobs.offered(tenant, tool, limit)));
  const taken: JobView[] = [];
  for (let at = 0; at < limit; at++) {
    for (const list of lists) {
      const job = list[at];
      if (taken.length >= max) return taken;
      const view = job && (await lease(deps, jobs, job, worker));
      if (view) taken.push(view);
    }
  }
  return taken;
}

async function lease(
  deps: EngineDeps,
  jobs: Jobs,
  job: JobRecord,
  worker: string,
): Promise<JobView | undefined> {
  const now = deps.clock.now();
  if (job.until <= now) return undefined;
  const until = Math.min(job.until, now + (await leaseMsOf(deps, job)));
  const name = `${job.attempt}-${deps.randomness.hex()}`;
  const isOurs = await jobs.lease(job, { lease: name, worker, until });
  if (!isOurs) return undefined;
  const input = (await deps.contents.whole(job, job.input, INPUT_BYTES_MAX)) ?? job.input;
  return jobView({ ...job, input }, name, until);
}
