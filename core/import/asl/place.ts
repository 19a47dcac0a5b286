import type { JsonObject } from "../../kernel/json.ts";
import type { Names } from "./names.ts";
import type { Report } from "./report.ts";

/** What holds for the whole state machine. */
export type Machine = Readonly<{
  report: Report;
  names: Names;
  tools: Readonly<Record<string, string>>;
  /** Names of variables that some state assigns. */
  variables: ReadonlySet<string>;
}>;

export type Language = "JSONPath" | "JSONata";

/** A state where it stands, and what is being made of it. */
export type Place = Readonly<{
  machine: Machine;
  graph: Graph;
  name: string;
  state: JsonObject;
  path: string;
  language: Language;
  /** The node that does what the state does. */
  id: string;
  /** It is in the body of a Map, whose item the context object tells of. */
  inMap: boolean;
  /** How many Maps and Parallels it is in. */
  depth: number;
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
