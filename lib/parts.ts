import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { ArtifactBucket } from "./artifact-bucket.ts";
import { Bus } from "./bus.ts";
import { HttpDoor } from "./http-door.ts";
import { Keys } from "./keys.ts";
import { Lanes } from "./lanes.ts";
import { Mail } from "./mail.ts";
import { NUMBERS } from "./numbers.ts";
import type { HoldfastProps } from "./props.ts";
import { RunTable } from "./run-table.ts";
import type { Surroundings } from "./runtime-function.ts";
import { Secrets } from "./secrets.ts";
import { SocketDoor } from "./socket-door.ts";
import { Timers } from "./timers.ts";
import { WorkQueue } from "./work-queue.ts";

/** Everything that functions use, before there is a function. */
export type Parts = Readonly<{
  surroundings: Surroundings;
  keys: Keys;
  table: RunTable;
  artifacts: ArtifactBucket;
  secrets: Secrets;
  lanes: Lanes;
  timers: Timers;
  webhooks: WorkQueue;
  bus: Bus;
  mail: Mail | undefined;
  http: HttpDoor;
  sockets: SocketDoor;
}>;

export function partsOf(scope: Construct, props: HoldfastProps): Parts {
  const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
  const surroundings = surroundingsOf(props, removalPolicy);
  const rate = {
    perSecond: props.rate?.perSecond ?? NUMBERS.requestsPerSecond.value,
    burst: props.rate?.burst ?? NUMBERS.requestsBurst.value,
  };
  const keys = new Keys(scope, "Keys", { removalPolicy });
  const key = keys.data;
  const { accessLogs, domain, restoredTable, apiGatewayLogsRole = true } = props;
  return {
    surroundings,
    keys,
    table: new RunTable(scope, "Table", {
      key,
      removalPolicy,
      ...(restoredTable ? { restored: restoredTable } : {}),
    }),
    artifacts: new ArtifactBucket(scope, "Artifacts", {
      key,
      removalPolicy,
      ...(accessLogs ? { accessLogs } : {}),
    }),
    secrets: new Secrets(scope, "Secrets", { removalPolicy }),
    lanes: new Lanes(scope, "Lanes", { key }),
    timers: new Timers(scope, "Timers", { key }),
    webhooks: new WorkQueue(scope, "Webhooks", { key, numbers: "webhook" }),
    bus: new Bus(scope, "Events"),
    mail: props.mail ? new Mail(scope, "Mail", props.mail) : undefined,
    http: new HttpDoor(scope, "Http", { rate, surroundings, ...(domain ? { domain } : {}) }),
    sockets: new SocketDoor(scope, "Sockets", { rate, surroundings, logsRole: apiGatewayLogsRole }),
  };
}

function surroundingsOf(props: HoldfastProps, removalPolicy: RemovalPolicy): Surroundings {
  const { logRetention = RetentionDays.THREE_MONTHS, placement, reserved } = props;
  return {
    logRetention,
    removalPolicy,
    ...(placement ? { placement } : {}),
    ...(reserved ? { reserved } : {}),
  };
}
