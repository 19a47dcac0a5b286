import { heldToken } from "../../kernel/hold.ts";
import type { RunKey } from "../../ports/queue.ts";
import type { Commit } from "../../store/commit.ts";
import { type RunLog } from "../../store/run-log.ts";
import { positionIn } from "../admission/admit.ts";
import type { EngineDeps } from "../deps.ts";
import type { RunView } from "../views.ts";
import { runView, STEPS_SHOWN } from "./run-view.ts";

/** How far back a reader looks for a run's newest steps. */
const COMMITS_MAX = 600;
const PAGE = 100;

/** A run as everybody sees it, or undefined when there is none. */
export async function readRun(deps: EngineDeps, key: RunKey): Promise<RunView | undefined> {
  const known = deps.cache.isAuthority ? deps.cache.get(key) : undefined;
  const { run, commits } = known ?? (await deps.log.load(key));
  if (run.seq === 0) return undefined;
  const view = runView(run, commits ?? (await newestCommits(deps.log, key, run.seq)));
  const line = heldToken(run)?.hold.line;
  return line === undefined ? view : inLine(deps, key, view, line);
}

/** A run as everybody saw it after an event; with a smaller `seq` when it has no such event. */
export async function readRunAt(
  deps: EngineDeps,
  key: RunKey,
  at: number,
): Promise<RunView | undefined> {
  const { run } = await deps.log.loadAt(key, at);
  if (run.seq === 0) return undefined;
  const commits = await newestCommits(deps.log, key, run.seq);
  const upTo = commits.map((commit) => ({
    ...commit,
    events: commit.events?.slice(0, run.seq - commit.seq + 1),
  }));
  return runView(run, upTo);
}

/** Where it stands is not of the run alone, so it is looked up. */
async function inLine(
  deps: EngineDeps,
  { tenant, runId }: RunKey,
  view: RunView,
  line: string,
): Promise<RunView> {
  const position = await positionIn(deps.table, tenant, line, runId);
  if (position === undefined) return view;
  return { ...view, waitingOn: view.waitingOn.map((wait) => ({ ...wait, position })) };
}

/** Enough of the newest commits to hold the newest steps, oldest first. */
async function newestCommits(log: RunLog, key: RunKey, seq: number): Promise<readonly Commit[]> {
  const found: Commit[] = [];
  let started = 0;
  for (let before = seq + 1; before > 1 && found.length < COMMITS_MAX; ) {
    const page = await log.readBack(key, before, PAGE);
    for (const commit of page) {
      // A writer may be ahead of the state that we show; the answer is of one moment.
      if (commit.seq > seq) continue;
      found.push(commit);
      started += commit.types.filter((type) => type === "step.started").length;
    }
    const oldest = page.at(-1);
    if (!oldest || oldest.seq === 1 || page.length < PAGE || started > STEPS_SHOWN * 2) break;
    before = oldest.seq;
  }
  return found.toReversed();
}
