import type { Json, JsonObject } from "../../../core/kernel/json.ts";

/** A tool that comes with the runtime. Its input has been checked against `inputSchema`. */
export type Builtin = Readonly<{
  description: string;
  inputSchema?: JsonObject;
  run(input: Json, signal: AbortSignal): Json | Promise<Json>;
}>;
