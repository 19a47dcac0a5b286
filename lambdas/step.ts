import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { stepRuntime } from "./step-runtime.ts";

const work = stepRuntime();

/** Drives the runs that the records of a lane wake, until none of them is owed anything. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler((event, context) =>
  work(event, context),
);
