import middy from "@middy/core";
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { eachWrittenRow } from "../adapters/aws/stream-rows.ts";
import { eventCounts } from "./event-metrics.ts";
import { log } from "./store.ts";
import { streamRuntime } from "./stream-runtime.ts";

const tell = streamRuntime();

/** Tells of what was committed, as the table's stream says it. */
export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(
  async ({ Records }) => {
    const counts = eventCounts();
    const told = await eachWrittenRow(
      Records,
      (row) => {
        counts.see(row);
        return tell(row);
      },
      (error) => log.error("a row was not told of and comes again", { error: String(error) }),
    );
    const line = counts.line(Date.now());
    // As it is: CloudWatch reads the line, and a logger's own form would hide it.
    if (line !== undefined) process.stdout.write(`${line}\n`);
    return told;
  },
);
