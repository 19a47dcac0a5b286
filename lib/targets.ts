import { ArnFormat, Stack } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { grant } from "./grant.ts";
import type { HoldfastProps } from "./props.ts";

/** What steps may call in this account, which is what was listed and nothing else. */
export function grantTargets(step: IFunction, sweep: IFunction, props: HoldfastProps): void {
  const targets = Object.values(props.allowedTargets ?? {});
  const functionArns = unique(targets.flatMap((target) => target.lambdaArns ?? []));
  const machineArns = unique(targets.flatMap((target) => target.stateMachineArns ?? []));
  const models = unique(props.bedrockModels ?? []).map((model) => modelArn(step, model));

  if (functionArns.length > 0) {
    grant(step, { actions: ["lambda:InvokeFunction"], on: functionArns });
  }
  if (machineArns.length > 0) {
    grant(step, { actions: ["states:StartExecution"], on: machineArns });
    const on = machineArns.map((arn) => `${arn.replace(":stateMachine:", ":execution:")}:*`);
    const because =
      "Executions are made later: these are those of the state machines that are listed.";
    // To tell a repeat from a reuse of a name; and to see how one goes, and end it.
    grant(step, { actions: ["states:DescribeExecution"], on, because });
    const look = ["states:DescribeExecution", "states:StopExecution"];
    grant(sweep, { actions: look, on, because });
  }
  if (models.length > 0) {
    const actions = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];
    const because = "A listed model in any Region: AWS sends a call to where there is room.";
    grant(step, { actions, on: models, because });
  }
}

/** A model's id stands for it in any Region: profiles send a call where there is room. */
function modelArn(scope: IFunction, model: string): string {
  if (model.startsWith("arn:")) return model;
  return Stack.of(scope).formatArn({
    service: "bedrock",
    region: "*",
    account: "",
    resource: "foundation-model",
    resourceName: model,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}
