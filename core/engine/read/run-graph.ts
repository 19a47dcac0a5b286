import type { Event, EventOf, Move } from "../../kernel/event.ts";
import { localName } from "../../kernel/frames.ts";
import { type Run, type Token, tokensOf } from "../../kernel/run.ts";
import type { Edge, Node, Workflow } from "../../kernel/workflow.ts";
import type { GraphEdge, GraphNode, GraphView, NodeStatus } from "../graph-view.ts";

type Visit = { node: string; status: NodeStatus; attempts: number };

/** What the log says of nodes and edges, gathered event by event. */
export type Traces = Readonly<{
  /** Where each token stood last. */
  places: Map<number, string>;
  visits: Map<string, Visit>;
  /** How often an edge was taken, by its number in the document and its graph. */
  taken: Map<string, number>;
  children: Map<string, string[]>;
}>;

/** Children that one node shows: a map over thousands of children shows its newest. */
const CHILDREN_SHOWN = 20;

export function newTraces(): Traces {
  return { places: new Map(), visits: new Map(), taken: new Map(), children: new Map() };
}

/** Takes one event in. Events that move no token and change no step tell nothing here. */
export function trace(traces: Traces, workflow: Workflow, event: Event): void {
  if (event.type === "run.created") traces.places.set(1, event.start);
  if (event.type === "run.forked") {
    for (const { id, node } of Object.values(event.state?.tokens ?? {}))
      traces.places.set(id, node);
  }
  if ("step" in event && "visit" in event && event.type.startsWith("step.")) {
    traceStep(traces, event as StepEvent);
  }
  if (event.type === "child.started") traceChild(traces, event);
  const moves = "moves" in event ? (event.moves ?? []) : [];
  for (const move of moves) traceMove(traces, workflow, event, move);
}

type StepEvent = Extract<Event, { type: `step.${string}` }>;

const STATUS: Readonly<Partial<Record<Event["type"], NodeStatus>>> = {
  "step.started": "running",
  "step.succeeded": "succeeded",
  "step.failed": "failed",
  "step.retrying": "retrying",
  "step.waiting": "waiting",
  "step.unknown": "unknown",
  "step.skipped": "skipped",
  "step.cancelled": "cancelled",
};

function traceStep({ visits, places }: Traces, event: StepEvent): void {
  const node = places.get(event.token) ?? event.node;
  const visit = visits.get(event.step) ?? { node, status: "pending", attempts: 0 };
  visit.status = STATUS[event.type] ?? visit.status;
  visit.attempts = Math.max(visit.attempts, event.attempt);
  visits.set(event.step, visit);
}

function traceChild({ children, places }: Traces, event: EventOf<"child.started">): void {
  const node = places.get(event.token) ?? event.node;
  children.set(node, [...(children.get(node) ?? []), event.child].slice(-CHILDREN_SHOWN));
}

function traceMove(traces: Traces, workflow: Workflow, event: Event, move: Move): void {
  const { places } = traces;
  if (move.op === "enter") {
    places.set(move.token, move.to);
    return;
  }
  if (move.op === "undo") {
    // Where it stands, its own start will say.
    places.delete(move.token);
    return;
  }
  if (move.op !== "go" && move.op !== "fork") return;
  const from = places.get(move.op === "go" ? move.token : move.from);
  places.set(move.token, move.to);
  if (from === undefined) return;
  const edge = edgeTaken(workflow, event, from, move.to);
  if (!edge) return;
  const name = nameOf(edge);
  traces.taken.set(name, (traces.taken.get(name) ?? 0) + 1);
}

/**
 * The edge by which a token went. The log says from where and where to; where several edges lead
 * the same way, the outcome says which port it was, and among those of one port the first counts.
 */
function edgeTaken(workflow: Workflow, event: Event, from: string, to: string): Edge | undefined {
  const edges = (workflow.edges.get(from) ?? []).filter((edge) => edge.to === to);
  if (edges.length < 2) return edges[0];
  const port = portOf(event);
  return edges.find((edge) => edge.port === port) ?? edges[0];
}

function portOf(event: Event): string {
  if (event.type === "step.failed") return event.error.code === "TIMEOUT" ? "timeout" : "error";
  if (event.type !== "step.succeeded") return "success";
  const { output } = event;
  const decision = typeof output === "object" && output !== null && "decision" in output;
  const decided = decision ? output["decision"] : undefined;
  return typeof decided === "string" && decided !== "approved" ? decided : "success";
}

/** The definition, with what the run has come to in it. */
export function graphOf(
  traces: Traces,
  workflow: Workflow,
  run: Run,
  status: GraphView["status"],
  isWhole: boolean,
): GraphView {
  const visits = Map.groupBy(traces.visits.values(), ({ node }) => node);
  const tokens = Map.groupBy(tokensOf(run), ({ node }) => node);
  const seen = (id: string) =>
    seenAt(id, visits.get(id) ?? [], tokens.get(id) ?? [], traces.children.get(id));
  const known = [...workflow.nodes.values()].map((node) => nodeOf(seen(node.id), node));
  const gone = [...visits.keys()]
    .filter((node) => !workflow.nodes.has(node))
    .map((node) => ({ ...seen(node), gone: true as const, type: "" }));
  return {
    runId: run.id,
    status,
    workflow: run.workflow.name,
    version: run.workflow.version,
    hash: run.workflow.hash,
    seq: run.seq,
    isWhole,
    nodes: [...known, ...gone],
    edges: [...workflow.edges.values()].flat().map((edge) => edgeOf(traces, workflow, edge)),
  };
}

type Seen = Omit<GraphNode, "type" | "title">;

function nodeOf(seen: Seen, { type, title }: Node): GraphNode {
  return { ...seen, type, ...(title !== undefined && { title }) };
}

function seenAt(
  id: string,
  visits: readonly Visit[],
  tokens: readonly Token[],
  children: readonly string[] | undefined,
): Seen {
  const counts: Record<string, number> = {};
  for (const { status } of visits) counts[status] = (counts[status] ?? 0) + 1;
  const body = id.slice(0, Math.max(0, id.lastIndexOf("/")));
  return {
    id,
    node: localName(id),
    ...(body !== "" && { map: body }),
    status: statusOf(visits, tokens),
    visits: visits.length,
    attempts: visits.reduce((sum, { attempts }) => sum + attempts, 0),
    counts,
    tokens: tokens.length,
    ...(children && { children }),
  };
}

/** What is open goes before what is over, and of that the newest visit tells. */
function statusOf(
  visits: readonly Visit[],
  tokens: readonly { status: string }[],
): GraphNode["status"] {
  for (const open of ["running", "retrying", "waiting"] as const) {
    const stands = open === "running" ? ["running", "mapping"] : [open];
    if (tokens.some(({ status }) => stands.includes(status))) return open;
  }
  if (tokens.length > 0) return "pending";
  const newest = visits.at(-1)?.status;
  if (newest === undefined) return "idle";
  // Its token went with the run's end or with another path, without a word of its own.
  return ["pending", "running", "retrying", "waiting"].includes(newest) ? "cancelled" : newest;
}

function edgeOf(traces: Traces, workflow: Workflow, edge: Edge): GraphEdge {
  const { from, to, port, label } = edge;
  const isApproval = workflow.nodes.get(from)?.type === "approval";
  return {
    from,
    to,
    index: edge.index,
    on: isApproval && port === "success" ? "approved" : port,
    ...(label !== undefined && { label }),
    taken: traces.taken.get(nameOf(edge)) ?? 0,
  };
}

function nameOf({ from, index }: Edge): string {
  return `${from} ${index}`;
}
