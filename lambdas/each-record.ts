import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import { log } from "./store.ts";

/** Works on each record of a standard queue; those that failed come again, the others do not. */
export async function eachRecord(
  records: readonly SQSRecord[],
  work: (record: SQSRecord) => Promise<void>,
): Promise<SQSBatchResponse> {
  const failures = await Promise.all(
    records.map(async (record) => {
      try {
        await work(record);
        return [];
      } catch (error) {
        log.error("a record failed and comes again", {
          message: record.messageId,
          received: record.attributes.ApproximateReceiveCount,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
        return [{ itemIdentifier: record.messageId }];
      }
    }),
  );
  return { batchItemFailures: failures.flat() };
}
