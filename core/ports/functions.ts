/** One synchronous call of a customer's function. Texts are JSON. */
export type FunctionCall = Readonly<{
  functionArn: string;
  event: string;
  /** Goes along outside the event as well, where the platform has a place for it. */
  idempotencyKey: string;
  timeoutMs: number;
}>;

export type FunctionAnswer = Readonly<{
  /** What the function returned, or the error that it threw; "" when it returned nothing. */
  payload: string;
  /** It threw, or its process ended, and `payload` tells of that. */
  failed: boolean;
}>;

/** Calls a function once, or throws a `CallFailure`: that it failed itself is an answer. */
export interface Functions {
  invoke(call: FunctionCall, signal: AbortSignal): Promise<FunctionAnswer>;
}
