import { originalId } from "../../import/node-id.ts";
import type { Json, JsonObject } from "../../kernel/json.ts";
import type { Engine } from "../engine.ts";
import { ok, type Result, refuse } from "../refusal.ts";
import type { Caller, EventView, RunView, StartRequest } from "../views.ts";

/** A run as whoever made such graphs knows one. */
export type GraphRun = Readonly<{
  run_id: string;
  status: "running" | "awaiting_approval" | "completed" | "failed";
  state: Json;
  logs: readonly string[];
}>;

type Parts = Pick<Engine, "workflows" | "runs" | "tasks">;

/** How long a request is kept until the run waits or ends; then it is told as it is. */
const WAIT_S = 20;
const EVENTS_PAGE = 200;
const LOGS_MAX = 1_000;

/** Every graph is a workflow of its own: its name is made from what is in it. */
export async function createGraph(
  { workflows }: Parts,
  caller: Caller,
  document: JsonObject,
  graphId: string,
): Promise<Result<{ graph_id: string }>> {
  const made = await workflows.import(caller, { dialect: "graph", document, name: graphId });
  return made.ok ? ok({ graph_id: graphId }) : made;
}

export async function runGraph(
  engine: Parts,
  caller: Caller,
  request: StartRequest,
): Promise<Result<GraphRun>> {
  const started = await engine.runs.start(caller, request);
  if (!started.ok) return started;
  return settledRun(engine, caller, started.value.run.id);
}

/** Approves what the run waits for, and tells where it came to. */
export async function resumeGraph(
  engine: Parts,
  caller: Caller,
  runId: string,
): Promise<Result<GraphRun>> {
  const found = await engine.runs.get(caller, runId);
  if (!found.ok) return found;
  const { waitingOn, status } = found.value;
  const task = waitingOn.find(({ kind }) => kind === "approval")?.task;
  if (task === undefined) {
    return refuse("RUN_NOT_WAITING", `run ${runId} is ${status}, and awaits no approval`);
  }
  const decided = await engine.tasks.decide(caller, task, { decision: "approved" });
  if (!decided.ok) return decided;
  return settledRun(engine, caller, runId);
}

async function settledRun(engine: Parts, caller: Caller, runId: string): Promise<Result<GraphRun>> {
  const settled = await engine.runs.settled(caller, runId, WAIT_S);
  return settled.ok ? ok(await graphRun(engine, caller, settled.value)) : settled;
}

export async function graphState(
  engine: Parts,
  caller: Caller,
  runId: string,
): Promise<Result<GraphRun>> {
  const found = await engine.runs.get(caller, runId);
  return found.ok ? ok(await graphRun(engine, caller, found.value)) : found;
}

async function graphRun(engine: Parts, caller: Caller, run: RunView): Promise<GraphRun> {
  const logs = await logsOf(engine, caller, run);
  return { run_id: run.id, status: statusOf(run), state: run.vars["state"] ?? run.input, logs };
}

function statusOf({ status, waitingOn }: RunView): GraphRun["status"] {
  switch (status) {
    case "succeeded":
      return "completed";
    case "failed":
    case "cancelled":
      return "failed";
    default:
      return waitingOn.some(({ kind }) => kind === "approval") ? "awaiting_approval" : "running";
  }
}

/** What has happened, in sentences: the first thousand of them. */
async function logsOf({ runs }: Parts, caller: Caller, run: RunView): Promise<readonly string[]> {
  const logs: string[] = [];
  let at: string | undefined;
  for (let after = 0; logs.length < LOGS_MAX; ) {
    const page = await runs.events(caller, run.id, { after, limit: EVENTS_PAGE });
    if (!page.ok || page.value.data.length === 0) break;
    for (const event of page.value.data) {
      after = event.seq;
      const node = nodeIn(event);
      if (node === undefined) continue;
      if (event.type === "step.started") {
        if (at !== undefined && at !== node) logs.push(`Transition: ${at} -> ${node}`);
        logs.push(`Executing node: ${node}`);
        at = node;
      } else if (event.type === "task.created") logs.push("Suspending for Approval (HITL).");
    }
  }
  if (run.error) logs.push(`Error: ${run.error.code}: ${run.error.message}`);
  return logs.slice(0, LOGS_MAX);
}

/** What was made beside the graph's own nodes is nobody's concern. */
function nodeIn({ data }: EventView): string | undefined {
  const { node } = data;
  return typeof node === "string" && !node.startsWith("_g") ? originalId(node) : undefined;
}
