import { importAsl } from "./asl/import-asl.ts";
import { importGraph } from "./graph/import-graph.ts";
import type { Translate } from "./imported.ts";

/** The languages that are imported, by the name that a request gives. */
export const DIALECTS = {
  asl: importAsl,
  graph: importGraph,
} as const satisfies Readonly<Record<string, Translate>>;

export type Dialect = keyof typeof DIALECTS;
