import type { Json, JsonObject } from "../kernel/json.ts";

export type Message = Readonly<{ role: "system" | "user" | "assistant"; content: string }>;

/** One model call, with everything resolved. `model` is `provider/name`. */
export type ModelRequest = Readonly<{
  model: string;
  system?: string | undefined;
  messages: readonly Message[];
  /** JSON Schema of the object that is wanted; without it the answer is text. */
  schema?: JsonObject | undefined;
  temperature?: number | undefined;
  maxTokens?: number | undefined;
  /** For `mock/script`: what to answer, one entry per call of the node. */
  script?: readonly Json[] | undefined;
  /** Which call of the node this is, from 1; a repeated attempt after a crash has the same. */
  call: number;
}>;

export type Usage = Readonly<{ inputTokens: number; outputTokens: number; totalTokens: number }>;

export type ModelAnswer = Readonly<{
  text: string;
  object?: Json;
  usage: Usage;
  /** USD by the configured prices; 0 when there are none. */
  cost: number;
  model: string;
  finishReason: string;
  /** True for `mock/…`: a mock says that it is one. */
  mock?: boolean;
}>;

/** Calls models once. Retries belong to the runtime. Failures are thrown as `CallFailure`. */
export interface Models {
  /** Whether this `provider/name` could be called at all; asked when a workflow is published. */
  knows(model: string): boolean;
  /** The model that a node gets which names none. */
  readonly default: string;
  call(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer>;
}
