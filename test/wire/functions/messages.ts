import type { Json } from "../../../core/kernel/json.ts";

/** From the account to an environment of a function. */
export type ToEnvironment =
  | Readonly<{ type: "invoke"; id: string; event: Json; deadlineAt: number; offsetMs: number }>
  | Readonly<{ type: "clock"; offsetMs: number }>;

/** From an environment to the account. */
export type FromEnvironment =
  | Readonly<{ type: "ready" }>
  | Readonly<{ type: "unusable"; error: InvocationError }>
  | Readonly<{ type: "prelude"; id: string; status: number; headers: Record<string, string> }>
  | Readonly<{ type: "chunk"; id: string; base64: string }>
  | Readonly<{ type: "answer"; id: string; payload: string }>
  | Readonly<{ type: "failed"; id: string; error: InvocationError }>;

/** As Lambda reports what a function threw, and its own reasons. */
export type InvocationError = Readonly<{
  errorType: string;
  errorMessage: string;
  trace?: string;
}>;
