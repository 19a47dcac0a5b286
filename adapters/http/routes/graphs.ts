import { AnyObject, idOf } from "../../../core/contract/fields.ts";
import { GraphDocument, GraphStart } from "../../../core/contract/seed-routes.ts";
import type { Result } from "../../../core/engine/refusal.ts";
import type { GraphRun } from "../../../core/engine/seed-routes/graphs.ts";
import { isObject } from "../../../core/kernel/json.ts";
import { bodyHash as hashOf } from "../body-hash.ts";
import { type Checked, refused } from "../problem.ts";
import { type Reply, replyOf, route } from "../route.ts";

const byRun = { run_id: idOf("The run.", "run_01hzy") };
const tag = "Graphs";
const optional = "seed";
/** What comes with the dialect, in the order in which it is listed there. */
const FUNCTIONS = [
  "profile_data",
  "identify_anomalies",
  "generate_rules",
  "apply_rules",
  "finish_pipeline",
  "wait_for_approval",
];

/** Few ask for them, and a function that starts must be small. */
const graphs = () => import("../../../core/engine/seed-routes/graphs.ts");
const RUN = { status: 200, description: "Where the run has come to.", schema: AnyObject };

/** The routes of a system that runs graphs of functions: see docs/seed-routes.md. */
export const graphRoutes = [
  route({
    method: "GET",
    path: "/tools",
    operationId: "listGraphFunctions",
    tag,
    optional,
    summary: "List what nodes of a graph can be",
    description: "The functions of the dialect, then the tenant's tools, at most 200 of them.",
    needs: "read",
    answers: [{ status: 200, description: "`{tools: [name]}`.", schema: AnyObject }],
    refusals: [],
    async handle({ caller }, { engine }) {
      const { data } = await engine.tools.list(caller, { limit: 200 });
      const own = data.map(({ name }) => name).filter((name) => !FUNCTIONS.includes(name));
      return { ok: true, value: { status: 200, value: { tools: [...FUNCTIONS, ...own] } } };
    },
  }),
  route({
    method: "POST",
    path: "/graph/create",
    operationId: "createGraph",
    tag,
    optional,
    summary: "Create a graph",
    description: "Its id is made from what is in it: the same graph is the same again.",
    needs: "operate",
    body: GraphDocument,
    repeats: "replays",
    answers: [{ status: 200, description: "`{graph_id}`.", schema: AnyObject }],
    refusals: ["NOT_IMPORTED", "INVALID_WORKFLOW"],
    async handle({ caller, body }, { engine }) {
      const id = `graph-${hashOf(body).slice(0, 32)}`;
      return replyOf(await (await graphs()).createGraph(engine, caller, body, id));
    },
  }),
  route({
    method: "POST",
    path: "/graph/run",
    operationId: "runGraph",
    tag,
    optional,
    summary: "Run a graph",
    description: "Answers when it is suspended or has ended, or after 20 seconds as it then is.",
    needs: "operate",
    body: GraphStart,
    repeats: "engine",
    answers: [RUN],
    refusals: ["WORKFLOW_NOT_FOUND", "NOT_FOUND", "INVALID_INPUT", "RUN_EXISTS"],
    async handle({ caller, body, idempotencyKey, bodyHash }, { engine }) {
      const { graph_id: graph, initial_state: input } = body;
      if (typeof graph !== "string") return missing("graph_id", "the id of a graph");
      if (input === undefined || !isObject(input)) return missing("initial_state", "an object");
      const request = { workflow: graph, input, idempotencyKey, bodyHash };
      return finalOf(await (await graphs()).runGraph(engine, caller, request));
    },
  }),
  route({
    method: "POST",
    path: "/graph/resume/{run_id}",
    operationId: "resumeGraph",
    tag,
    optional,
    summary: "Approve what a graph awaits",
    description: "Answers when it is suspended again or has ended.",
    needs: "decide",
    params: byRun,
    repeats: "replays",
    answers: [RUN],
    refusals: ["NOT_FOUND", "RUN_NOT_WAITING", "TASK_DECIDED", "NOT_AN_APPROVER"],
    handle: async ({ caller, params }, { engine }) =>
      finalOf(await (await graphs()).resumeGraph(engine, caller, params.run_id)),
  }),
  route({
    method: "GET",
    path: "/graph/state/{run_id}",
    operationId: "readGraphState",
    tag,
    optional,
    summary: "Read the state of a graph's run",
    description: "As it is now, with what has happened in sentences, the first thousand of them.",
    needs: "read",
    params: byRun,
    answers: [{ ...RUN, description: "`{run_id, status, state, logs}`." }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await (await graphs()).graphState(engine, caller, params.run_id)),
  }),
];

/** Whoever waited for it is told the state as the final one. */
function finalOf(result: Result<GraphRun>): Checked<Reply> {
  if (!result.ok) return result;
  const { run_id, status, state, logs } = result.value;
  return { ok: true, value: { status: 200, value: { run_id, status, final_state: state, logs } } };
}

function missing(path: string, what: string) {
  const errors = [{ path, code: "REQUIRED", message: `must be ${what}` }];
  return refused("INVALID_REQUEST", `The body has no ${path}.`, { errors });
}
