import { Stack } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { ScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import type { Construct } from "constructs";

/** For schedules of one group of this account, and not for what others make Scheduler do. */
export function schedulerRole(scope: Construct, group: ScheduleGroup, description: string): Role {
  const conditions = {
    StringEquals: {
      "aws:SourceAccount": Stack.of(scope).account,
      "aws:SourceArn": group.scheduleGroupArn,
    },
  };
  return new Role(scope, "Role", {
    description,
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", { conditions }),
  });
}
