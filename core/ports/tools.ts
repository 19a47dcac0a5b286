import type { Result } from "../kernel/command.ts";
import type { Json, JsonObject } from "../kernel/json.ts";

/** A registered tool, as stored: `{"$secret": "name"}` markers are still unresolved. */
export type ToolConfig = Readonly<{
  name: string;
  kind: "builtin" | "http" | "lambda" | "stepfunctions" | "mcp" | "worker";
  config: JsonObject;
}>;

export type ToolCall = Readonly<{
  tenant: string;
  tool: ToolConfig;
  input: Json;
  /** Stable across attempts of one visit, different for each visit. */
  idempotencyKey: string;
  /** From 1. More than 1 means that this key may have been seen by the other side before. */
  attempt: number;
  /** Milliseconds that the attempt may take; the signal fires then. */
  timeoutMs: number;
}>;

/** A call that has begun something which goes on elsewhere, under the name `ref`. */
export class Later {
  readonly ref: string;

  constructor(ref: string) {
    this.ref = ref;
  }
}

/** What goes on elsewhere. Failures to ask about it are thrown as `CallFailure`. */
export type Away = Readonly<{
  /** What came of it; undefined while it goes on. */
  look(ref: string): Promise<Result | undefined>;
  stop(ref: string): Promise<void>;
}>;

/** Calls a tool once. Failures are thrown as `CallFailure`. */
export interface Tools {
  call(call: ToolCall, signal: AbortSignal): Promise<Json | Later>;
  /** Where no tool begins what goes on elsewhere, there is none. */
  readonly away?: Away | undefined;
  /** The names of the tools that come with the runtime. */
  readonly builtins: ReadonlyMap<string, { description: string; inputSchema?: JsonObject }>;
}
