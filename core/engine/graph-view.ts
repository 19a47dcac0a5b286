import type { JsonObject } from "../kernel/json.ts";
import type { RunView, StepView } from "./views.ts";

export type NodeStatus = StepView["status"];

export type GraphNode = Readonly<{
  /** Its name among all graphs of the workflow: a node in the body of a map is `map/node`. */
  id: string;
  node: string;
  type: string;
  title?: string;
  /** The map whose body it is in. */
  map?: string;
  /** `pending` where a token stands ready or parked; `idle` where nothing was yet. */
  status: NodeStatus | "idle";
  visits: number;
  attempts: number;
  /** Visits by what they came to. */
  counts: Readonly<Record<string, number>>;
  /** How many tokens stand there now. */
  tokens: number;
  /** The newest runs that it started. */
  children?: readonly string[];
  /** The run was there, and its definition has no such node any more. */
  gone?: true;
}>;

export type GraphEdge = Readonly<{
  from: string;
  to: string;
  /** Its number among the edges of its graph, as the document has them. */
  index: number;
  on: string;
  label?: string;
  taken: number;
}>;

/** A run's definition, and where the run is and was in it. */
export type GraphView = Readonly<{
  runId: string;
  status: RunView["status"];
  workflow: string;
  version: number;
  hash: string;
  seq: number;
  /** False when the log is so long that only its beginning is counted. */
  isWhole: boolean;
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
}>;

/** The same with the document that it is of, for whoever draws it. */
export type Drawn = Readonly<{ graph: GraphView; document: JsonObject }>;
