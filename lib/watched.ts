import { Duration } from "aws-cdk-lib";
import { type IMetric, Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { AlarmName } from "./alarm-list.ts";
import { scheduleMetric, together } from "./alarms.ts";
import type { FanOut } from "./fan-out.ts";
import type { Functions } from "./functions.ts";
import type { Parts } from "./parts.ts";
import type { Sweep } from "./sweep.ts";

export type Watched = Readonly<{
  parts: Parts;
  functions: Functions;
  fanOut: FanOut;
  sweep: Sweep;
}>;

const period = Duration.minutes(1);
const held = (queue: IQueue) =>
  queue.metricApproximateNumberOfMessagesVisible({ period, statistic: "Maximum" });

/** What each alarm looks at. */
export function metricsOf(watched: Watched): Readonly<Record<AlarmName, IMetric>> {
  const { parts, functions, fanOut, sweep } = watched;
  const { lanes, timers, webhooks, http } = parts;
  const all = Object.values(functions);
  const sum = { period, statistic: "Sum" };
  return {
    // What is moved to a dead-letter queue counts as sent nowhere, but is received there.
    RunsStranded: together("dead wake-ups", "sum", [
      lanes.letters.queue.metricNumberOfMessagesReceived(sum),
      held(lanes.letters.deadLetters.queue),
    ]),
    RunsLate: together(
      "oldest wake-up",
      "most",
      lanes.shared.map(({ queue }) =>
        queue.metricApproximateAgeOfOldestMessage({ period, statistic: "Maximum" }),
      ),
    ),
    TimersLost: together("dead timers", "sum", [
      held(timers.queue.deadLetters.queue),
      held(timers.deadLetters.queue),
      held(sweep.deadLetters.queue),
    ]),
    SchedulesDropped: scheduleMetric("InvocationDroppedCount", timers.group.scheduleGroupName),
    WebhooksLost: held(webhooks.deadLetters.queue),
    EventsUntold: held(fanOut.deadLetters.queue),
    EventsLate: functions.stream.metric("IteratorAge", { period, statistic: "Maximum" }),
    SweepMissing: functions.sweep.metricInvocations(sum),
    FunctionsFail: together(
      "failures",
      "sum",
      all.map((fn) => fn.metricErrors(sum)),
    ),
    FunctionsThrottled: together(
      "throttled",
      "sum",
      all.map((fn) => fn.metricThrottles(sum)),
    ),
    TableThrottled: together("throttled", "sum", throttlesOf(parts.table.name)),
    ApiFails: http.api.metricServerError(sum),
  };
}

/** What the dashboard draws, beside the alarms. */
export function graphsOf({ parts, functions }: Watched) {
  const all = Object.values(functions);
  const { lanes, http } = parts;
  return [
    {
      title: "Requests",
      metrics: [http.api.metricCount({ period }), http.api.metricClientError({ period })],
    },
    {
      title: "Answers, 99 of 100 within",
      metrics: [http.api.metricLatency({ period, statistic: "p99" })],
    },
    {
      title: "Wake-ups waiting in shared lanes",
      metrics: lanes.shared.map(({ queue }) => held(queue)),
    },
    { title: "Invocations", metrics: all.map((fn) => fn.metricInvocations({ period })) },
    {
      title: "At once",
      metrics: all.map((fn) => fn.metric("ConcurrentExecutions", { period, statistic: "Maximum" })),
    },
    { title: "Failures", metrics: all.map((fn) => fn.metricErrors({ period })) },
    {
      title: "Units of the table",
      metrics: ["ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"].map((name) =>
        tableMetric(name, parts.table.name),
      ),
    },
  ];
}

/** An index that cannot keep up holds back its table, and counts by itself. */
function throttlesOf(table: string): readonly IMetric[] {
  return [
    tableMetric("ReadThrottleEvents", table),
    tableMetric("WriteThrottleEvents", table),
    tableMetric("WriteThrottleEvents", table, "due"),
    tableMetric("WriteThrottleEvents", table, "list"),
  ];
}

function tableMetric(metricName: string, table: string, index?: string): Metric {
  const dimensionsMap = {
    TableName: table,
    ...(index === undefined ? {} : { GlobalSecondaryIndexName: index }),
  };
  return new Metric({
    namespace: "AWS/DynamoDB",
    metricName,
    dimensionsMap,
    period,
    statistic: "Sum",
  });
}
