import type { Json, JsonObject } from "../../core/kernel/json.ts";
import type { Known } from "../../core/kernel/validate.ts";

export type NodeSketch = JsonObject & Readonly<{ id: string }>;

/** A workflow as a test draws it: edges are `[from, to, more]`, and the name may be left out. */
export type Sketch = Readonly<{
  nodes: readonly NodeSketch[];
  edges?: readonly (readonly [from: string, to: string, more?: JsonObject])[];
  start?: string;
  vars?: JsonObject;
  input?: JsonObject;
  output?: Json;
  limits?: JsonObject;
}>;

/** Every tool and every model is known, and every schema is good. */
export const EVERYTHING: Known = {
  tool: () => true,
  workflow: () => true,
  model: () => true,
  schemaProblems: () => [],
};

export function documentOf({ edges = [], ...rest }: Sketch): JsonObject {
  const drawn = edges.map(([from, to, more]) => ({ from, to, ...more }));
  return { name: "flow", ...rest, edges: drawn };
}
