import type { Json, JsonObject } from "../kernel/json.ts";
import type { Cells } from "../kernel/table.ts";

export type { Cells } from "../kernel/table.ts";

/** The rules that match, by their number from 0, with the values of their outputs. */
export type Matches =
  | Readonly<{ ok: true; matched: readonly { rule: number; values: readonly Json[] }[] }>
  | Readonly<{ ok: false; reason: "threw" | "time"; message: string }>;

/** Decides which rules of a table hold, by FEEL. It knows no clock, and its time is bounded. */
export interface Rules {
  match(cells: Cells, input: JsonObject): Matches;
  /** What is wrong with a cell before it is used, as a sentence. */
  problem(cell: string, kind: "test" | "value"): string | undefined;
}
