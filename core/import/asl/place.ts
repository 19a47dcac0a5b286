import type { Json, JsonObject } from "../../kernel/json.ts";
import type { Names } from "./names.ts";
import type { Report } from "./report.ts";

/** What holds for the whole state machine. */
export type Machine = Readonly<{
  report: Report;
  names: Names;
  tools: Readonly<Record<string, string>>;
  /** Names of variables that some state assigns. */
  variables: ReadonlySet<string>;
  /** Adds states to a graph, and gives the name of the node that they begin at. */
  states(around: Around, definition: Json): string | undefined;
}>;

/** Where a list of states stands: the whole machine, a branch, or what is done with an item. */
export type Around = Readonly<{
  machine: Machine;
  graph: Graph;
  path: string;
  language: Language;
  /** It is in the body of a Map, whose item the context object tells of. */
  inMap: boolean;
  /** How many Maps and Parallels it is in. */
  depth: number;
}>;

export type Language = "JSONPath" | "JSONata";

/** A state where it stands, and what is being made of it. */
export type Place = Around &
  Readonly<{
    name: string;
    state: JsonObject;
    /** The node that does what the state does. */
    id: string;
  }>;

/** The nodes and edges of one scope. An edge leads to a node, or to wherever a state begins. */
export type Graph = Readonly<{
  nodes: JsonObject[];
  edges: Readonly<{ edge: JsonObject; toState?: string }>[];
  /** The node that a state begins at. */
  entries: Map<string, string>;
}>;

export function newGraph(): Graph {
  return { nodes: [], edges: [], entries: new Map() };
}

export function refuse(
  { machine, path }: Place,
  field: string,
  code: Parameters<Report["refuse"]>[1],
  message: string,
): void {
  machine.report.refuse(field === "" ? path : `${path}.${field}`, code, message);
}

/** The data that goes from state to state. */
export const STATE = "$vars._state";

/** The nodes and edges of a scope, without those that nothing leads to: nothing would take them. */
export function finish({ nodes, edges }: Graph, start: string): JsonObject {
  const next = new Map<Json | undefined, Json[]>();
  for (const { edge } of edges) {
    const { from, to = null } = edge;
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const reached = new Set<Json | undefined>([start]);
  for (const id of reached) for (const to of next.get(id) ?? []) reached.add(to);
  return {
    nodes: nodes.filter(({ id }) => reached.has(id)),
    edges: edges.map(({ edge }) => edge).filter(({ from }) => reached.has(from)),
  };
}
