import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule, ScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import { Construct } from "constructs";
import { acceptFinding } from "./findings.ts";
import { grant } from "./grant.ts";
import { SCHEDULES } from "./numbers.ts";
import { schedulerRole } from "./scheduler-role.ts";
import { DeadLetters } from "./work-queue.ts";

export interface SweepProps {
  readonly key: IKey;
  readonly sweeper: IFunction;
}

/** Every minute, what is due and was not done is done. All that is lost elsewhere is found here. */
export class Sweep extends Construct {
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, { key, sweeper }: SweepProps) {
    super(scope, id);
    const retries = SCHEDULES.sweepRetries.value;
    const ageSeconds = SCHEDULES.sweepAgeSeconds.value;
    this.deadLetters = new DeadLetters(this, "DeadLetters", { key });
    sweeper.configureAsyncInvoke({
      retryAttempts: retries,
      maxEventAge: Duration.seconds(ageSeconds),
    });
    acceptFinding(
      sweeper,
      "Serverless-LambdaAsyncFailureDestination",
      "There is nothing to keep of a sweep that failed: the next one is a minute away and does the same.",
    );
    const group = new ScheduleGroup(this, "Group", { removalPolicy: RemovalPolicy.DESTROY });
    const role = schedulerRole(this, group, "By this, Scheduler calls the sweep of Holdfast");
    grant(role, { actions: ["lambda:InvokeFunction"], on: [sweeper.functionArn] });
    this.deadLetters.grantSend(role);
    new CfnSchedule(this, "EachMinute", {
      description: "Holdfast: does what is due and was not done",
      groupName: group.scheduleGroupName,
      scheduleExpression: "rate(1 minute)",
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: sweeper.functionArn,
        roleArn: role.roleArn,
        deadLetterConfig: { arn: this.deadLetters.arn },
        retryPolicy: { maximumRetryAttempts: retries, maximumEventAgeInSeconds: ageSeconds },
      },
    });
  }
}
