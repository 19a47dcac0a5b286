import type { RunControl } from "./control-runs.ts";
import type { Engine } from "./engine.ts";
import type { RunFilter } from "./filters.ts";
import { ok, type Result } from "./refusal.ts";
import type { Caller, RunSummary } from "./views.ts";

export const BULK_ACTIONS = ["cancel", "retry", "pause", "resume"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export type BulkRequest = Readonly<{
  action: BulkAction;
  filter: RunFilter;
  dryRun?: boolean | undefined;
  reason?: string | undefined;
}>;

export type BulkReport = Readonly<{
  action: BulkAction;
  dryRun: boolean;
  /** Runs that the filter found, and of those what became. */
  matched: number;
  done: readonly string[];
  failed: readonly Readonly<{ runId: string; code: string; message: string }>[];
  /** Others match too: ask again. */
  more: boolean;
}>;

/** Runs that one request looks at; the next one goes on, because done runs match no more. */
const RUNS_MAX = 200;
const TOGETHER = 8;

/** Which runs an action makes sense for, when the filter does not say. */
const STATUSES: Readonly<Record<BulkAction, readonly string[]>> = {
  cancel: ["queued", "running", "waiting", "paused"],
  retry: ["failed"],
  pause: ["queued", "running", "waiting"],
  resume: ["paused"],
};

/** One action on each run that a filter finds. Each is a request of its own, and may be refused. */
export async function bulkRuns(
  { runs, control }: { runs: Engine["runs"]; control: RunControl },
  caller: Caller,
  { action, filter, dryRun = false, reason }: BulkRequest,
): Promise<Result<BulkReport>> {
  const status = filter.status ?? STATUSES[action];
  const found = await runs.list(caller, { ...filter, status }, { limit: RUNS_MAX });
  if (!found.ok) return found;
  const { data, nextCursor } = found.value;
  const more = nextCursor !== null;
  const matched = data.length;
  if (dryRun) {
    return ok({ action, dryRun, matched, done: data.map(({ id }) => id), failed: [], more });
  }
  const done: string[] = [];
  const failed: { runId: string; code: string; message: string }[] = [];
  const why = reason === undefined ? {} : { reason };
  const give = ({ id }: RunSummary): Promise<Result<unknown>> => {
    if (action === "cancel") return runs.cancel(caller, id, reason);
    if (action === "retry") return runs.retry(caller, id);
    return action === "pause" ? control.pause(caller, id, why) : control.resume(caller, id);
  };
  for (let from = 0; from < data.length; from += TOGETHER) {
    const group = data.slice(from, from + TOGETHER);
    for (const [index, given] of (await Promise.all(group.map(give))).entries()) {
      const runId = group[index]?.id ?? "";
      if (given.ok) done.push(runId);
      else failed.push({ runId, code: given.refusal.code, message: given.refusal.message });
    }
  }
  return ok({ action, dryRun, matched, done, failed, more });
}
