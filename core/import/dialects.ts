import { importAsl } from "./asl/import-asl.ts";
import { importGraph } from "./graph/import-graph.ts";
import type { Translate } from "./imported.ts";
import { importProcess } from "./process/import-process.ts";

/** The languages that are imported, by the name that a request gives. */
export const DIALECTS = {
  asl: importAsl,
  graph: importGraph,
  process: importProcess,
} as const satisfies Readonly<Record<string, Translate>>;

export type Dialect = keyof typeof DIALECTS;
