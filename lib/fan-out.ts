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
 * Connects the table's stream to the function that tells the world. It is told of new rows of two
 * kinds: those of runs' logs, which are what was committed, and mails that are owed. What could not
 * be told is named in the dead letters, and is in the table still.
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
        newRows({ sk: { S: FilterRule.beginsWith("log#") } }),
        newRows({ pk: { S: [{ suffix: "#mail" }] } }),
      ],
    });
  }
}

function newRows(Keys: object) {
  return FilterCriteria.filter({ eventName: FilterRule.isEqual("INSERT"), dynamodb: { Keys } });
}
