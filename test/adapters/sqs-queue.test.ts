import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sqsQueue } from "../../adapters/aws/sqs-queue.ts";
import { sqsSenders } from "../../adapters/aws/sqs-senders.ts";
import { type Emulated, emulated } from "../support/fauxqs.ts";

let aws: Emulated;
beforeAll(async () => {
  aws = await emulated();
});
afterAll(() => aws.close());

function queueTo(lane: string | undefined) {
  return sqsQueue({
    client: aws.sqs,
    laneOf: async () => lane,
    newId: () => crypto.randomUUID(),
  });
}

async function received(url: string) {
  const receive = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ["MessageGroupId"],
  });
  return (await aws.sqs.send(receive)).Messages ?? [];
}

describe("a wake-up", () => {
  test("comes once for each time that it is sent, however alike they are", async () => {
    const url = aws.queue("alike.fifo");
    const queue = queueTo(url);
    const key = { tenant: "ten_1", runId: "run_1" };

    await queue.wake(key);
    await queue.wake(key);
    await queue.wake(key, { hop: 3 });

    const wake = { tenant: "ten_1", run: "run_1", hop: 0, again: 0 };
    expect(aws.bodies("alike.fifo")).toEqual([wake, wake, { ...wake, hop: 3 }]);
  });

  test("shares its group with those of its run alone, whatever a caller calls the run", async () => {
    const url = aws.queue("groups.fifo");
    const queue = queueTo(url);
    const ids = ["run_1", "run 1", "run/1", "ä", "x".repeat(128), `${"x".repeat(127)}y`];

    for (const runId of ids) await queue.wake({ tenant: "ten_1", runId });
    await queue.wake({ tenant: "ten_2", runId: "run_1" });

    const groups = (await received(url)).map(({ Attributes }) => Attributes?.MessageGroupId ?? "");
    expect(new Set(groups).size).toBe(7);
    for (const group of groups) expect(group).toMatch(/^[\w.-]{1,128}$/);
  });

  test("is not sent while its tenant has no lane: the run's row is due", async () => {
    aws.server.purgeAll();

    await queueTo(undefined).wake({ tenant: "ten_1", runId: "run_1" });

    expect(aws.server.inspectQueue("alike.fifo")?.messages.ready ?? []).toEqual([]);
  });

  test("that cannot be sent is a fault; whether to ask again depends on why", async () => {
    const nowhere = `${aws.placement.endpoint}/000000000000/nowhere.fifo`;

    await expect(queueTo(nowhere).wake({ tenant: "t", runId: "r" })).rejects.toMatchObject({
      name: "Fault",
      retryable: false,
    });
  });
});

describe("a sender", () => {
  test("is told now, or as late as SQS can; what is later than that is due in the index", async () => {
    const senders = sqsSenders({ client: aws.sqs, queueUrl: aws.queue("senders") });
    const line = { type: "line", tenant: "ten_1", subscriber: "wh_1", runId: "run_1" } as const;

    await senders.owed(line);
    await senders.owed({ type: "delivery", tenant: "ten_1", id: "msg_1" }, 300_000);
    await senders.owed({ type: "recovery", tenant: "ten_1", webhook: "wh_1" }, 7_200_000);

    const { ready = [], delayed = [] } = aws.server.inspectQueue("senders")?.messages ?? {};
    expect(ready.map(({ body }) => JSON.parse(body) as unknown)).toEqual([line]);
    expect(delayed).toHaveLength(1);
  });
});
