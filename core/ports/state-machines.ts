import type { Json } from "../kernel/json.ts";

/** How an execution stands. Its error and cause are the state machine's own words. */
export type ExecutionState =
  | Readonly<{ status: "running" }>
  | Readonly<{ status: "succeeded"; output: Json }>
  | Readonly<{ status: "failed"; error: string; cause: string }>;

/** Executions of a customer's state machines. Failures of the service are `CallFailure`s. */
export interface StateMachines {
  /**
   * Starts an execution of that name; its ARN. The same name with the same input is the same
   * execution, whether it still goes on or has ended.
   */
  start(
    execution: Readonly<{ stateMachineArn: string; name: string; input: string }>,
    signal: AbortSignal,
  ): Promise<string>;
  look(executionArn: string): Promise<ExecutionState>;
  /** Does nothing when it has ended. */
  stop(executionArn: string): Promise<void>;
}
