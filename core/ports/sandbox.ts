import type { Json } from "../kernel/json.ts";

export type Script = Readonly<{
  /** Takes turns with scripts of other tenants. */
  tenant: string;
  /** The body of a function of `input`. */
  code: string;
  input: Json;
  timeoutMs: number;
}>;

/**
 * What came of a script. `threw`: its own error, or it is malformed · `time`: it took too long ·
 * `memory`: it needed too much · `size`: what it returned is too large.
 */
export type ScriptResult =
  | Readonly<{ ok: true; output: Json }>
  | Readonly<{ ok: false; reason: "threw" | "time" | "memory" | "size"; message: string }>;

/**
 * Runs code of customers. It can compute, and do nothing else: no clock, no chance, no I/O. The
 * same script on the same input gives the same result.
 */
export interface Sandbox {
  run(script: Script): Promise<ScriptResult>;
  /** What is wrong with code before it runs, as a sentence. */
  problem(code: string): Promise<string | undefined>;
}
