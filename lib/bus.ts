import { EventBus } from "aws-cdk-lib/aws-events";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { grant } from "./grant.ts";

/** A bus of its own for what happened; rules of the customer stand beside it. */
export class Bus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bus = new EventBus(this, "Bus", { description: "Holdfast: what was committed" });
  }

  grantPublish(grantee: IGrantable): void {
    grant(grantee, { actions: ["events:PutEvents"], on: [this.bus.eventBusArn] });
  }
}
