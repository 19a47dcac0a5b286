import {
  ChangeMessageVisibilityBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { holdLease } from "../../adapters/aws/sqs-lease.ts";
import { type Emulated, emulated } from "../support/fauxqs.ts";

let aws: Emulated;
beforeAll(async () => {
  aws = await emulated();
});
afterAll(() => aws.close());

async function receivedFrom(url: string): Promise<readonly string[]> {
  const receive = new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 });
  const { Messages = [] } = await aws.sqs.send(receive);
  return Messages.map(({ ReceiptHandle = "" }) => ReceiptHandle);
}

function hiddenForMs(name: string): number {
  const [one] = aws.server.inspectQueue(name)?.messages.inflight ?? [];
  return one ? one.visibilityDeadline - Date.now() : 0;
}

describe("a lease", () => {
  test("hides a message for a minute instead of as long as the function may run", async () => {
    const url = aws.queue("short.fifo", { VisibilityTimeout: "960" });
    aws.server.sendMessage("short.fifo", "{}", {
      messageGroupId: "g",
      messageDeduplicationId: "1",
    });
    const handles = await receivedFrom(url);
    expect(hiddenForMs("short.fifo")).toBeGreaterThan(900_000);

    const lost: string[] = [];
    const onLost = (why: string) => void lost.push(why);
    const lease = holdLease({ client: aws.sqs, queueUrl: url, handles, onLost });

    await expect.poll(() => hiddenForMs("short.fifo")).toBeLessThan(61_000);
    lease.release();
    expect(lost).toEqual([]);
  });

  test("is extended as long as the work goes on", async () => {
    const url = aws.queue("long.fifo");
    aws.server.sendMessage("long.fifo", "{}", { messageGroupId: "g", messageDeduplicationId: "1" });
    const handles = await receivedFrom(url);

    const times = { holdMs: 2_000, everyMs: 100, againMs: 50, lostAfterMs: 1_000 };
    const lost: string[] = [];
    const onLost = (why: string) => void lost.push(why);
    const lease = holdLease({ client: aws.sqs, queueUrl: url, handles, onLost, times });
    const until = Date.now() + 3_000;
    await expect.poll(() => Date.now() > until && hiddenForMs("long.fifo") > 0, LONG).toBe(true);

    lease.release();
    expect(lost).toEqual([]);
  });

  test("that is done removes its messages, and the next of the group may come", async () => {
    const url = aws.queue("done.fifo");
    for (const id of ["1", "2"]) {
      aws.server.sendMessage("done.fifo", "{}", {
        messageGroupId: "g",
        messageDeduplicationId: id,
      });
    }
    const handles = await receivedFrom(url);
    expect(await receivedFrom(url)).toEqual([]);

    await holdLease({ client: aws.sqs, queueUrl: url, handles, onLost: () => undefined }).done();

    expect(await receivedFrom(url)).toHaveLength(1);
  });

  test("is over as soon as SQS says that the message is another's", async () => {
    const url = aws.queue("gone.fifo");
    aws.server.sendMessage("gone.fifo", "{}", { messageGroupId: "g", messageDeduplicationId: "1" });
    const handles = await receivedFrom(url);
    await holdLease({ client: aws.sqs, queueUrl: url, handles, onLost: () => undefined }).done();

    const lost: string[] = [];
    const onLost = (why: string) => void lost.push(why);
    holdLease({ client: aws.sqs, queueUrl: url, handles, onLost });

    await expect.poll(() => lost).toHaveLength(1);
  });
});

const LONG = { timeout: 10_000 };

describe("a lease whose extensions are not answered", () => {
  afterEach(() => vi.useRealTimers());

  test("is given up before it has run out, once", async () => {
    vi.useFakeTimers();
    const client = new SQSClient({ region: "eu-central-1" });
    const mock = mockClient(client);
    mock.on(ChangeMessageVisibilityBatchCommand).resolvesOnce({}).rejects(new Error("no answer"));
    const lost: string[] = [];
    const onLost = (why: string) => void lost.push(why);

    holdLease({ client, queueUrl: "http://q", handles: ["a"], onLost });
    await vi.advanceTimersByTimeAsync(39_000);
    expect(lost).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(lost).toEqual(["no extension for 40000 ms"]);

    await vi.advanceTimersByTimeAsync(120_000);
    expect(lost).toHaveLength(1);
    expect(mock.commandCalls(ChangeMessageVisibilityBatchCommand).length).toBeLessThan(10);
  });

  test("goes on when a later extension is answered in time", async () => {
    vi.useFakeTimers();
    const client = new SQSClient({ region: "eu-central-1" });
    const mock = mockClient(client);
    const extension = mock.on(ChangeMessageVisibilityBatchCommand);
    extension.resolvesOnce({}).rejectsOnce(new Error("no answer")).resolves({});
    const lost: string[] = [];
    const onLost = (why: string) => void lost.push(why);

    const lease = holdLease({ client, queueUrl: "http://q", handles: ["a"], onLost });
    await vi.advanceTimersByTimeAsync(300_000);
    lease.release();

    expect(lost).toEqual([]);
  });
});
