import { Stack } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
} from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";

export interface DashboardProps {
  readonly alarms: readonly Alarm[];
  readonly graphs: readonly Readonly<{ title: string; metrics: readonly IMetric[] }>[];
}

/** One page that answers: is it well, and where does it hurt. An account has three for free. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { alarms, graphs }: DashboardProps) {
    super(scope, id);
    const dashboard = new CloudWatchDashboard(this, "Page");
    dashboard.addWidgets(
      new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: 24, height: 4 }),
    );
    const { region } = Stack.of(this);
    const widgets = graphs.map(
      ({ title, metrics }) => new GraphWidget({ title, left: [...metrics], width: 8, region }),
    );
    while (widgets.length > 0) dashboard.addWidgets(...widgets.splice(0, 3));
  }
}
