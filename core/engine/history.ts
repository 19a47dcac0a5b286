import type { EngineDeps } from "./deps.ts";
import { type ForkPreview, type ForkRequest, forkRun, previewFork } from "./fork-run.ts";
import type { Result } from "./refusal.ts";
import { type Snapshots, snapshotsOf } from "./snapshots.ts";
import type { Caller, Started } from "./views.ts";

/** How runs were, and other runs that begin there. */
export interface History extends Snapshots {
  /** Another run begins where this one stood. */
  fork(caller: Caller, runId: string, request: ForkRequest): Promise<Result<Started>>;
  /** What it would do again; nothing happens. */
  preview(caller: Caller, runId: string, request: ForkRequest): Promise<Result<ForkPreview>>;
}

export function historyOf(deps: EngineDeps): History {
  return {
    ...snapshotsOf(deps),
    fork: (caller, runId, request) => forkRun(deps, caller, runId, request),
    preview: (caller, runId, request) => previewFork(deps, caller, runId, request),
  };
}
