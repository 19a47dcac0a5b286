import middy from "@middy/core";
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { eachWrittenRow } from "../adapters/aws/stream-rows.ts";
import { log } from "./store.ts";
import { streamRuntime } from "./stream-runtime.ts";

const tell = streamRuntime();

/** Tells of what was committed, as the table's stream says it. */
export const handler = middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(({ Records }) =>
  eachWrittenRow(Records, tell, (error) =>
    log.error("a row was not told of and comes again", { error: String(error) }),
  ),
);
