import { Duration } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type IFunction,
  StartingPosition,
} from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { STREAM } from "./numbers.ts";
import type { RunTable } from "./run-table.ts";
import { DeadLetters } from "./work-queue.ts";

export interface FanOutProps {
  readonly key: IKey;
  readonly table: RunTable;
  readonly teller: IFunction;
}

/**
 * Connects the table's stream to the function that tells the world. Only new rows of runs' logs
 * are told: they are what was committed, and are never changed. What could not be told is named in
 * the dead letters and is in the log still, from which it can be told again.
 */
export class FanOut extends Construct {
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, { key, table, teller }: FanOutProps) {
    super(scope, id);
    this.deadLetters = new DeadLetters(this, "DeadLetters", { key });
    this.deadLetters.grantSend(teller);
    table.grantFollow(teller);
    new EventSourceMapping(this, "Source", {
      target: teller,
      eventSourceArn: table.streamArn,
      // What was committed before the stream was connected is told too.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: STREAM.batch.value,
      maxBatchingWindow: Duration.seconds(STREAM.windowSeconds.value),
      parallelizationFactor: STREAM.parallel.value,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: STREAM.retries.value,
      maxRecordAge: Duration.seconds(STREAM.ageSeconds.value),
      onFailure: { bind: () => ({ destination: this.deadLetters.arn }) },
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual("INSERT"),
          dynamodb: { Keys: { sk: { S: FilterRule.beginsWith("log#") } } },
        }),
      ],
    });
  }
}
