import type { Caller } from "../../core/engine/views.ts";
import type { Serving } from "./app-deps.ts";
import { type Checked, refused } from "./problem.ts";
import type { Reply, Route } from "./route.ts";

type Asked = Readonly<{
  caller: Caller | undefined;
  params: unknown;
  query: unknown;
  body: unknown;
}>;

const YES = { ok: true, value: undefined } as const;
/** Paths in which the id is that of a run. */
const RUN_PATH = /^\/(?:v1\/runs\/\{id\}|graph\/|api\/runtime\/)/;
const OPEN = new Set(["validateWorkflow", "listWorkflows", "listTasks", "listDeadLetters"]);

/**
 * Whether a key that is bound to workflows may ask for this. What is of another workflow does not
 * exist for it; what belongs to no workflow is not for such a key, and so is any route that is not
 * known here.
 */
export async function inScope(route: Route, asked: Asked, deps: Serving): Promise<Checked<void>> {
  const { caller } = asked;
  const scope = caller?.workflows;
  if (!caller || !scope || OPEN.has(route.operationId)) return YES;
  const place = await workflowOf(route, asked, caller, deps);
  if (place === "none") {
    const message = `This key is bound to ${scope.join(", ")}; this needs one that is not.`;
    return refused("FORBIDDEN", message);
  }
  if (place !== "unknown" && scope.includes(place)) return YES;
  if (route.operationId === "listRuns") {
    return refused("FORBIDDEN", `Name one of the key's workflows: ?workflow=${scope[0]}.`);
  }
  return refused(
    route.operationId === "startRun" ? "WORKFLOW_NOT_FOUND" : "NOT_FOUND",
    "There is nothing of that name for this key.",
  );
}

/** Of a list, what the key may see: a page may be shorter, and its cursor goes on. */
export function withinScope(caller: Caller | undefined, reply: Reply): Reply {
  const scope = caller?.workflows;
  if (!scope) return reply;
  const { data } = reply.value as { data?: readonly Record<string, unknown>[] };
  if (data === undefined) return reply;
  const isOurs = (entry: Record<string, unknown>) => {
    const workflow = text(entry, "workflow") ?? text(entry, "name");
    return workflow !== undefined && scope.includes(workflow);
  };
  return { ...reply, value: { ...(reply.value as object), data: data.filter(isOurs) } };
}

/** The workflow that a request is about; `unknown` for what is not there, `none` for none. */
async function workflowOf(
  { path }: Route,
  { params, query, body }: Asked,
  caller: Caller,
  { engine }: Serving,
): Promise<string> {
  const id = text(params, "id") ?? text(params, "run_id") ?? text(params, "instanceId");
  if (path.startsWith("/v1/workflows/import")) return "none";
  if (path.startsWith("/v1/workflows/{")) return text(params, "name") ?? "unknown";
  if (path === "/v1/workflows") return text(body, "name") ?? "unknown";
  if (path === "/v1/runs") return text(body, "workflow") ?? text(query, "workflow") ?? "unknown";
  if (path === "/graph/run") return text(body, "graph_id") ?? "unknown";
  if (id === undefined) return "none";
  if (RUN_PATH.test(path)) return named(await engine.runs.get(caller, id));
  if (path.startsWith("/v1/tasks/{id}")) return named(await engine.tasks.get(caller, id));
  if (path.startsWith("/v1/dead-letters/{id}")) {
    return named(await engine.deadLetters.get(caller, id));
  }
  return "none";
}

function named(found: { ok: true; value: { workflow: string } } | { ok: false }): string {
  return found.ok ? found.value.workflow : "unknown";
}

function text(of: unknown, name: string): string | undefined {
  if (typeof of !== "object" || of === null || !Object.hasOwn(of, name)) return undefined;
  const value = (of as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" ? value : undefined;
}
