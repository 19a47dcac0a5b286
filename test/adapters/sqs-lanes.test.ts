import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ResourceConflictException,
  ResourceInUseException,
  ResourceNotFoundException,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { lambdaConnector, sqsLanes } from "../../adapters/aws/sqs-lanes.ts";
import { LANE } from "../../lambdas/env.ts";
import { QUEUES, SOURCES } from "../../lib/numbers.ts";
import { type Emulated, emulated } from "../support/fauxqs.ts";

const lambda = mockClient(LambdaClient);
const said = (message: string) => ({ message, $metadata: {} });

let aws: Emulated;
beforeAll(async () => {
  aws = await emulated();
  aws.queue("letters.fifo");
});
afterAll(() => aws.close());
beforeEach(() => {
  lambda.reset();
  lambda.on(CreateEventSourceMappingCommand).resolves({ UUID: "map-1" });
  lambda.on(DeleteEventSourceMappingCommand).resolves({});
  lambda.on(UpdateEventSourceMappingCommand).resolves({});
});

function lanes() {
  return sqsLanes({
    sqs: aws.sqs,
    lambda: lambdaConnector(aws.placement),
    prefix: "hf-",
    deadLetters: "arn:aws:sqs:eu-central-1:000000000000:letters.fifo",
    functionArn: "arn:aws:lambda:eu-central-1:000000000000:function:step",
    key: "",
    settings: LANE,
  });
}

async function attributesOf(url: string) {
  const get = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] });
  return (await aws.sqs.send(get)).Attributes ?? {};
}

function connected() {
  return lambda.commandCalls(CreateEventSourceMappingCommand).map(({ args: [{ input }] }) => input);
}

describe("a tenant's lane", () => {
  test("is a queue with dead letters, connected to the driver with what fails told apart", async () => {
    const lane = await lanes().open("ten_1", { drivesMax: 7 });

    expect(lane.connection).toBe("map-1");
    expect(await attributesOf(lane.address)).toMatchObject({
      FifoQueue: "true",
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
      VisibilityTimeout: "960",
      SqsManagedSseEnabled: "true",
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: "arn:aws:sqs:eu-central-1:000000000000:letters.fifo",
        maxReceiveCount: 20,
      }),
    });
    expect(connected()).toMatchObject([
      {
        BatchSize: 10,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: 7 },
      },
    ]);
  });

  test("is set up as the shared lanes of the stack are", () => {
    const { visibilitySeconds, receivesMax, retentionDays } = QUEUES.lane;

    expect(LANE).toEqual({
      visibilityS: visibilitySeconds,
      receivesMax,
      retentionS: retentionDays * 86_400,
      batchSize: SOURCES.lane.batch,
    });
  });

  test("is opened once, however often it is asked for", async () => {
    const first = await lanes().open("ten_2", {});
    const taken = said("exists");
    lambda
      .on(CreateEventSourceMappingCommand)
      .rejects(new ResourceConflictException({ ...taken, Type: "User" }));
    lambda
      .on(ListEventSourceMappingsCommand)
      .resolves({ EventSourceMappings: [{ UUID: "map-1" }] });

    expect(await lanes().open("ten_2", {})).toEqual(first);
  });

  test("has the bounds that Lambda has, and none where the tenant has none", async () => {
    const lane = { address: "x", connection: "map-1" };
    for (const drivesMax of [1, 50, 5_000, undefined]) {
      await lanes().limit("ten_1", lane, { drivesMax });
    }

    const updates = lambda.commandCalls(UpdateEventSourceMappingCommand);
    expect(updates.map(({ args: [{ input }] }) => input.ScalingConfig)).toEqual([
      { MaximumConcurrency: 2 },
      { MaximumConcurrency: 50 },
      { MaximumConcurrency: 1_000 },
      {},
    ]);
  });
});

describe("a lane that is closed", () => {
  test("is disconnected and removed, and closing it again is nothing", async () => {
    const lane = await lanes().open("ten_3", {});
    await lanes().close("ten_3", lane);

    lambda.on(DeleteEventSourceMappingCommand).rejects(new ResourceNotFoundException(said("gone")));
    await lanes().close("ten_3", lane);
    await lanes().close("ten_3", undefined);

    expect(aws.server.inspectQueue("hf-ten_3.fifo")).toBeUndefined();
  });

  test("is found by its tenant when its opening was never put on record", async () => {
    await lanes().open("ten_4", {});
    lambda
      .on(ListEventSourceMappingsCommand)
      .resolves({ EventSourceMappings: [{ UUID: "map-9" }] });

    await lanes().close("ten_4", undefined);

    const removed = lambda.commandCalls(DeleteEventSourceMappingCommand);
    expect(removed.map(({ args: [{ input }] }) => input.UUID)).toEqual(["map-9"]);
    expect(aws.server.inspectQueue("hf-ten_4.fifo")).toBeUndefined();
  });

  test("stays while Lambda still works on its connection: that is to be tried again", async () => {
    const lane = await lanes().open("ten_5", {});
    lambda.on(DeleteEventSourceMappingCommand).rejects(new ResourceInUseException(said("busy")));

    await expect(lanes().close("ten_5", lane)).rejects.toMatchObject({ retryable: true });
    expect(aws.server.inspectQueue("hf-ten_5.fifo")).toBeDefined();
  });
});
