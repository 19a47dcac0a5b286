import type { DynamoDBRecord } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { eachWrittenRow, writtenRow } from "../../adapters/aws/stream-rows.ts";
import { committedIn } from "../../core/store/commit.ts";

function record(n: number, changes: Partial<DynamoDBRecord> = {}): DynamoDBRecord {
  return {
    eventName: "INSERT",
    dynamodb: {
      SequenceNumber: `${1000 + n}`,
      NewImage: {
        pk: { S: "ten_1#run#run_1" },
        sk: { S: `log#00000000000${n}` },
        seq: { N: String(n) },
        types: { S: "step.succeeded,step.started" },
        owed: { BOOL: true },
      },
    },
    ...changes,
  };
}

describe("a record of the table's stream", () => {
  test("is the row that was written, and the commit in it", () => {
    const row = writtenRow(record(3));

    expect(row).toEqual({
      pk: "ten_1#run#run_1",
      sk: "log#000000000003",
      seq: 3,
      types: "step.succeeded,step.started",
      owed: true,
    });
    expect(row && committedIn(row)).toMatchObject({ tenant: "ten_1", runId: "run_1", lastSeq: 4 });
  });

  test("of a row that was removed, or by a name that nobody knows, tells nothing", () => {
    expect(writtenRow(record(1, { eventName: "REMOVE" }))).toBeUndefined();
    const forgotten = { eventName: "UNKNOWN_TO_SDK_VERSION", dynamodb: {} };
    expect(writtenRow(forgotten as unknown as DynamoDBRecord)).toBeUndefined();
  });
});

describe("a batch of records", () => {
  test("is dealt with in full when nothing fails", async () => {
    const seen: unknown[] = [];
    const records = Array.from({ length: 25 }, (_, n) => record(n));

    const answer = await eachWrittenRow(
      records,
      async ({ seq }) => void seen.push(seq),
      () => undefined,
    );

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(seen).toHaveLength(25);
  });

  test("comes again from the first that failed, and what follows later is not begun", async () => {
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    const records = Array.from({ length: 25 }, (_, n) => record(n));

    const answer = await eachWrittenRow(
      records,
      async ({ seq }) => {
        if (seq === 13 || seq === 12) throw new Error(`no ${seq}`);
        seen.push(seq);
      },
      (error) => errors.push(error),
    );

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "1012" }] });
    expect(errors).toHaveLength(2);
    expect(seen).not.toContain(20);
  });
});
