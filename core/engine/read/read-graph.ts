import type { RunKey } from "../../ports/queue.ts";
import type { EngineDeps } from "../deps.ts";
import type { Drawn } from "../graph-view.ts";
import { graphOf, newTraces, trace } from "./run-graph.ts";

const PAGE = 200;
/** Commits of which the graph is made; a run with more is counted as far as that. */
const COMMITS_MAX = 10_000;

/** A run's definition with what became of it; undefined when there is no such run. */
export async function readGraph(deps: EngineDeps, key: RunKey): Promise<Drawn | undefined> {
  const { run } = await deps.log.load(key);
  if (run.seq === 0) return undefined;
  const { name, version } = run.workflow;
  const [workflow, record] = await Promise.all([
    deps.workflows.compiled(key.tenant, name, version),
    deps.workflows.definition(key.tenant, name, version),
  ]);
  if (!workflow || !record) throw new Error(`run ${run.id} has lost its definition`);
  const traces = newTraces();
  let commits = 0;
  let after = 0;
  for (let more = true; more && commits < COMMITS_MAX; ) {
    const page = await deps.log.read(key, after, PAGE);
    for (const { seq, types, events = [] } of page.commits) {
      // A writer may be ahead of the run that was read: the answer is of one moment.
      if (seq > run.seq) break;
      for (const event of events) trace(traces, workflow, event);
      after = seq + types.length - 1;
    }
    commits += page.commits.length;
    more = page.more && after < run.seq;
    if (page.commits.length === 0) break;
  }
  const graph = graphOf(traces, workflow, run, run.status, after >= run.seq);
  return { graph, document: record.document };
}
