import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { ALARMS, type AlarmName } from "./alarm-list.ts";

export interface AlarmsProps {
  readonly metrics: Readonly<Record<AlarmName, IMetric>>;
  readonly topic?: ITopic;
}

/** Tells somebody what the product cannot mend by itself. Each has a heading in docs/operate.md. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, { metrics, topic }: AlarmsProps) {
    super(scope, id);
    this.all = (Object.keys(ALARMS) as readonly AlarmName[]).map((name) => {
      const { heading, threshold, periods, of, missing, below } = ALARMS[name];
      const alarm = new Alarm(this, name, {
        alarmDescription: `${heading}. See this heading in docs/operate.md.`,
        metric: metrics[name],
        threshold,
        evaluationPeriods: of,
        datapointsToAlarm: periods,
        comparisonOperator: below
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData:
          missing === "bad" ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      if (topic) alarm.addAlarmAction(new SnsAction(topic));
      return alarm;
    });
  }
}

/** Of several metrics of one kind, what they come to together. */
export function together(
  label: string,
  join: "sum" | "most",
  metrics: readonly IMetric[],
): IMetric {
  const usingMetrics = Object.fromEntries(metrics.map((metric, n) => [`m${n}`, metric]));
  const expression = `${join === "sum" ? "SUM" : "MAX"}(METRICS())`;
  return new MathExpression({ label, expression, usingMetrics, period: Duration.minutes(1) });
}

/** What AWS counts of schedules of one group. */
export function scheduleMetric(metricName: string, group: string): Metric {
  return new Metric({
    namespace: "AWS/Scheduler",
    metricName,
    dimensionsMap: { ScheduleGroup: group },
    statistic: "Sum",
    period: Duration.minutes(1),
  });
}
