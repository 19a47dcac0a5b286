import type { Json } from "./json.ts";
import type { RunError } from "./run.ts";

/** The outcome of a visit, as `$steps` shows it. */
export type StepResult = Readonly<{
  visit: number;
  status: "succeeded" | "failed" | "unknown" | "skipped" | "cancelled";
  output?: Json;
  error?: RunError;
  attempts: number;
  /** Of a wait for any of several: the number of the one that came. */
  won?: number;
}>;
