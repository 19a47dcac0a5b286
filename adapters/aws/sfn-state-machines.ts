import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { Json } from "../../core/kernel/json.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { isTransient } from "../../core/ports/outbound.ts";
import type { ExecutionState, StateMachines } from "../../core/ports/state-machines.ts";
import { errorName } from "./aws-fault.ts";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

export function sfnClient(placement: Placement = {}): SFNClient {
  return new SFNClient({ ...CLIENT_SETTINGS, ...placement });
}

/** Standard workflows: an express one has neither names that are kept nor a state to look at. */
export function sfnStateMachines(client: SFNClient): StateMachines {
  const describe = (executionArn: string) =>
    asked(executionArn, () => client.send(new DescribeExecutionCommand({ executionArn })));
  return {
    async start({ stateMachineArn, name, input }, signal) {
      const command = new StartExecutionCommand({ stateMachineArn, name, input });
      try {
        const answer = await client.send(command, { abortSignal: signal });
        return answer.executionArn ?? executionArnOf(stateMachineArn, name);
      } catch (error) {
        if (errorName(error) !== "ExecutionAlreadyExists") throw failureOf(error, stateMachineArn);
        const executionArn = executionArnOf(stateMachineArn, name);
        const before = await describe(executionArn);
        if (before.input === undefined || isSame(before.input, input)) return executionArn;
        const message = `${executionArn} exists already, with another input.`;
        throw new CallFailure("EXECUTION_EXISTS", message, { retryable: false, cause: error });
      }
    },

    look: async (executionArn) => stateOf(await describe(executionArn)),

    async stop(executionArn) {
      const cause = "The run that waited for it does not any more.";
      const command = new StopExecutionCommand({ executionArn, cause });
      await asked(executionArn, () => client.send(command));
    },
  };
}

/** Executions are named under the machine, without the version or alias that was started. */
function executionArnOf(stateMachineArn: string, name: string): string {
  const [arn, partition, states, region, account, , machine] = stateMachineArn.split(":");
  return [arn, partition, states, region, account, "execution", machine, name].join(":");
}

function isSame(one: string, other: string): boolean {
  return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
}

function stateOf(answer: DescribeExecutionCommandOutput): ExecutionState {
  const { status, output, error, cause } = answer;
  if (status === "SUCCEEDED") {
    return {
      status: "succeeded",
      output: output === undefined ? null : (JSON.parse(output) as Json),
    };
  }
  if (status === "FAILED" || status === "TIMED_OUT" || status === "ABORTED") {
    return { status: "failed", error: error ?? status, cause: cause ?? "" };
  }
  return { status: "running" };
}

async function asked<Answer>(arn: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw failureOf(error, arn);
  }
}

function failureOf(error: unknown, arn: string): CallFailure {
  const name = errorName(error);
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (status === undefined || status < 300) {
    const message = `Step Functions could not be reached for ${arn} (${name}).`;
    return new CallFailure("NETWORK", message, { retryable: true, cause: error });
  }
  const retryable = isTransient(status) || /Throttl|LimitExceeded/.test(name);
  const message = `Step Functions refused what was asked of ${arn} (${name}).`;
  return new CallFailure(`HTTP_${status}`, message, { retryable, cause: error });
}
