import type { AttributeValue, DynamoDBBatchResponse, DynamoDBRecord } from "aws-lambda";
import type { Item, Scalar } from "../../core/ports/table.ts";

/** The row that a record of the table's stream says was written; undefined when it was removed. */
export function writtenRow({ eventName, dynamodb }: DynamoDBRecord): Item | undefined {
  const image = dynamodb?.NewImage;
  if (eventName === "REMOVE" || !image) return undefined;
  const attributes = Object.entries(image).map(([name, value]) => [name, scalarOf(value)]);
  return Object.fromEntries(attributes) as Item;
}

/** Rows hold nothing else: see the table's port. */
function scalarOf({ S, N, BOOL }: AttributeValue): Scalar | undefined {
  return S ?? (N === undefined ? BOOL : Number(N));
}

/** Records that are dealt with at once. */
const AT_ONCE = 10;

/**
 * Deals with the rows that were written, until one fails: Lambda then comes again with it and all
 * that follow. Each may come twice, and late, so whoever is told must bear that.
 */
export async function eachWrittenRow(
  records: readonly DynamoDBRecord[],
  deal: (row: Item) => Promise<void> | undefined,
  onFailure: (error: unknown) => void,
): Promise<DynamoDBBatchResponse> {
  for (let from = 0; from < records.length; from += AT_ONCE) {
    const part = records.slice(from, from + AT_ONCE);
    const ended = await Promise.allSettled(
      part.map(async (record) => {
        const row = writtenRow(record);
        if (row) await deal(row);
      }),
    );
    const at = ended.findIndex(({ status }) => status === "rejected");
    if (at < 0) continue;
    for (const one of ended) if (one.status === "rejected") onFailure(one.reason);
    const itemIdentifier = part[at]?.dynamodb?.SequenceNumber ?? "";
    return { batchItemFailures: [{ itemIdentifier }] };
  }
  return { batchItemFailures: [] };
}
