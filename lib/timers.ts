import { ArnFormat, RemovalPolicy, Stack } from "aws-cdk-lib";
import type { IGrantable, Role } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { ScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import { Construct } from "constructs";
import { grant } from "./grant.ts";
import { schedulerRole } from "./scheduler-role.ts";
import { DeadLetters, WorkQueue } from "./work-queue.ts";

export interface TimersProps {
  readonly key: IKey;
}

/**
 * What wakes a run later. Up to fifteen minutes a message waits in the queue, to the second; beyond
 * that a schedule, to the minute, sends one. The sweep does what both of them failed to do.
 */
export class Timers extends Construct {
  readonly queue: WorkQueue;
  readonly deadLetters: DeadLetters;
  readonly group: ScheduleGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, { key }: TimersProps) {
    super(scope, id);
    this.queue = new WorkQueue(this, "Short", { key, numbers: "timer" });
    this.deadLetters = new DeadLetters(this, "ScheduleDeadLetters", { key });
    // Its schedules are hints, and the rows that make them owed are in the table: nothing is lost.
    this.group = new ScheduleGroup(this, "Long", { removalPolicy: RemovalPolicy.DESTROY });
    this.role = schedulerRole(this, this.group, "By this, timers of Holdfast come to their queue");
    this.queue.grantSend(this.role);
    this.deadLetters.grantSend(this.role);
  }

  /** To make timers, short and long. None is taken back: one too many changes nothing. */
  grantSet(grantee: IGrantable): void {
    const { scheduleGroupName } = this.group;
    const schedules = Stack.of(this).formatArn({
      service: "scheduler",
      resource: "schedule",
      resourceName: `${scheduleGroupName}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    this.queue.grantSend(grantee);
    grant(grantee, {
      actions: ["scheduler:CreateSchedule"],
      on: [schedules],
      because: "Schedules are made later, in this group, which holds nothing else.",
    });
    grant(grantee, {
      actions: ["iam:PassRole"],
      on: [this.role.roleArn],
      when: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
    });
  }
}
