import type { StateMachines } from "../core/ports/state-machines.ts";

/** Step Functions, whose client is loaded when the first execution is asked about: few ever are. */
export function stateMachines(): StateMachines {
  let made: Promise<StateMachines> | undefined;
  const ready = () => (made ??= load());
  return {
    start: async (execution, signal) => (await ready()).start(execution, signal),
    look: async (executionArn) => (await ready()).look(executionArn),
    stop: async (executionArn) => (await ready()).stop(executionArn),
  };
}

async function load(): Promise<StateMachines> {
  const { sfnClient, sfnStateMachines } = await import("../adapters/aws/sfn-state-machines.ts");
  return sfnStateMachines(sfnClient());
}
