import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { OwedMessage } from "../adapters/aws/sqs-senders.ts";
import { eachRecord } from "./each-record.ts";
import { webhookRuntime } from "./webhook-runtime.ts";

const deliver = webhookRuntime();

/** The last attempt may take as long as an endpoint has to answer, and then be put on record. */
const MARGIN_MS = 25_000;

/** Delivers what webhooks are owed. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(({ Records }, context) =>
  eachRecord(Records, ({ body }) => {
    const owed = OwedMessage.parse(JSON.parse(body));
    return deliver(owed, context.getRemainingTimeInMillis() - MARGIN_MS);
  }),
);
