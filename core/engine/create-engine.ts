import { admit } from "./admission/admit.ts";
import { artifactReader } from "./artifacts/read-artifacts.ts";
import { bulkRuns } from "./bulk-runs.ts";
import { lookAfterChildren } from "./children.ts";
import { handleDeps, registeredTool } from "./contexts.ts";
import { controlOf } from "./control-runs.ts";
import { deadLettersOf } from "./dead-letters.ts";
import type { EngineDeps } from "./deps.ts";
import type { DriveDeps } from "./drive.ts";
import type { Engine } from "./engine.ts";
import { eventsOf } from "./events/send-event.ts";
import { historyOf } from "./history.ts";
import { insightOf } from "./insight.ts";
import { jobsOf } from "./jobs.ts";
import { linksOf } from "./links.ts";
import { runsOf } from "./runs.ts";
import { schedulesOf } from "./schedules/schedules.ts";
import { tasksOf } from "./tasks.ts";
import { toolsOf } from "./tools.ts";
import { usageOf } from "./usage.ts";
import { workflowsOf } from "./workflows.ts";

/** The product behind every door. */
export function createEngine(deps: EngineDeps): Engine {
  const runs = runsOf(deps);
  const control = controlOf(deps);
  return {
    workflows: workflowsOf(deps),
    runs,
    ledgerKeys: () => deps.notary.keys(),
    schedules: schedulesOf(deps, runs),
    events: eventsOf(deps),
    artifacts: artifactReader(deps),
    usage: ({ tenant }, query) => usageOf(deps, tenant, query),
    tasks: tasksOf(deps),
    links: linksOf(deps),
    jobs: jobsOf(deps),
    control,
    history: historyOf(deps),
    bulk: (caller, request) => bulkRuns({ runs, control }, caller, request),
    insight: insightOf(deps),
    deadLetters: deadLettersOf(deps),
    tools: toolsOf(deps),
  };
}

/** What a driver needs, from the engine's own dependencies. */
export function driveDeps(deps: EngineDeps): DriveDeps {
  return {
    ...handleDeps(deps),
    tools: deps.tools,
    contents: deps.contents,
    models: deps.models,
    notices: deps.notices,
    toolOf: (tenant, name) => registeredTool(deps, tenant, name),
    admit: (key) => admit(handleDeps(deps), key),
    places: deps.places,
    stepsMaxOf: (tenant) => deps.stepsMaxOf(tenant),
    isSuspended: (tenant) => deps.isSuspended(tenant),
    lookAfterChildren: (key, until) => lookAfterChildren(deps, key, until),
  };
}
