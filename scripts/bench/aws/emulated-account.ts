import type { SQSClient } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { dynamoTable } from "../../../adapters/aws/dynamo-table.ts";
import { holdLease } from "../../../adapters/aws/sqs-lease.ts";
import { sqsQueue } from "../../../adapters/aws/sqs-queue.ts";
import { createEngine, driveDeps } from "../../../core/engine/create-engine.ts";
import { drive } from "../../../core/engine/drive.ts";
import type { Engine } from "../../../core/engine/engine.ts";
import { oweWebhooks } from "../../../core/engine/fan-out/owe-webhooks.ts";
import { isOwed } from "../../../core/kernel/run.ts";
import type { Item, Operation, Table } from "../../../core/ports/table.ts";
import { committedIn } from "../../../core/store/commit.ts";
import { tenantStore } from "../../../core/store/tenants.ts";
import { engineOf, NO_SIGNER } from "../../../lambdas/engine.ts";
import { workLane } from "../../../lambdas/lane-worker.ts";
import { log } from "../../../lambdas/store.ts";
import { memoryArtifacts } from "../../../test/support/memory-artifacts.ts";
import { memoryTable } from "../../../test/support/memory-table.ts";
import { fanOutParts } from "../../../wiring/fan-out-parts.ts";
import { random } from "../../../wiring/random.ts";
import { type DynamoCall, recordedDynamo } from "./recorded-dynamo.ts";

export const TENANT = "default";
const LANE = "https://sqs.us-east-1.amazonaws.com/000000000000/lane-0.fifo";
/** More than any drive of the bench takes. */
const LEAVE_MS = 600_000;

type Sent = Readonly<{ constructor: { name: string }; input: unknown }>;

export type Account = Readonly<{
  /** The engine as the function `api` has it. */
  api: Engine;
  dynamo: DynamoCall[];
  /** Names of requests to SQS that our own code has made. */
  sqs: string[];
  /** Works off what was sent to the lane, in one invocation of `step`. */
  step(): Promise<void>;
  /** Hands what was committed to the function `stream`; how many records those were. */
  stream(): Promise<number>;
}>;

/**
 * What a deployment has, on clients that record what they are asked: the engine of `api`, that of
 * `step`, and that of `stream`, each with a memory of its own, as warm instances have.
 */
export async function openAccount(): Promise<Account> {
  const written: Item[] = [];
  const rows = noticing(memoryTable(), written);
  await tenantStore(rows).add({
    id: TENANT,
    name: "Bench",
    limits: {},
    lane: "shared",
    state: "open",
    createdAt: new Date().toISOString(),
  });
  const { client, calls: dynamo } = recordedDynamo(rows);
  const messages: string[] = [];
  const sqs: string[] = [];
  const sqsClient = recordedSqs(sqs, messages);
  const queue = sqsQueue({ client: sqsClient, laneOf: async () => LANE, newId: random16 });
  const engineFor = () => engineWith(dynamoTable({ client, table: "bench" }), queue);
  const [api, step, stream] = [engineFor(), engineFor(), engineFor()];
  const driving = driveDeps(step);
  const fanOut = fanOutParts(stream, {
    secrets: NO_SECRETS,
    senders: { owed: () => undefined },
    report: log,
    allowLoopback: false,
    alone: false,
  });
  return {
    api: createEngine(api),
    dynamo,
    sqs,
    async step() {
      const records = messages.splice(0).map(recordOf);
      await workLane(
        {
          hold: (of, onLost) =>
            holdLease({
              client: sqsClient,
              queueUrl: LANE,
              handles: of.map(({ receiptHandle }) => receiptHandle),
              onLost,
            }),
          drive: (key) =>
            drive(driving, key, { effectsMax: 64, until: Infinity, offerUntil: Infinity }),
          isOwed: async (key) => isOwed((await step.log.load(key)).run, Date.now()),
          wake: (key) => queue.wake(key),
          hasTime: () => true,
          leaveInMs: LEAVE_MS,
          chance: () => 0,
          log,
        },
        records,
      );
    },
    async stream() {
      const commits = written.splice(0).filter(({ sk }) => sk.startsWith("log#"));
      for (const row of commits) {
        const commit = committedIn(row);
        if (commit) await oweWebhooks(fanOut, commit);
      }
      return commits.length;
    },
  };
}

function engineWith(table: Table, queue: ReturnType<typeof sqsQueue>) {
  return engineOf({
    store: {
      table,
      artifacts: memoryArtifacts(),
      clock: { now: () => Date.now() },
    },
    secrets: NO_SECRETS,
    signer: NO_SIGNER,
    queue,
    timers: { set: () => undefined },
    models: "{}",
    lookEveryMs: 2_000,
  });
}

const NO_SECRETS = {
  put: async () => undefined,
  get: async () => undefined,
  names: async () => [],
  remove: async () => false,
};

function random16(): string {
  return random("hex");
}

function noticing(table: Table, written: Item[]): Table {
  return {
    get: (key) => table.get(key),
    query: (range) => table.query(range),
    async write(operations: readonly Operation[]) {
      const result = await table.write(operations);
      if (!result.ok) return result;
      for (const one of operations) if (one.type === "put") written.push(one.item);
      return result;
    },
  };
}

function recordedSqs(calls: string[], messages: string[]): SQSClient {
  const send = async ({ constructor, input }: Sent): Promise<unknown> => {
    calls.push(constructor.name.replace(/Command$/, ""));
    if (constructor.name === "SendMessageCommand") {
      messages.push((input as { MessageBody: string }).MessageBody);
    }
    return {};
  };
  return { send } as unknown as SQSClient;
}

function recordOf(body: string, index: number): SQSRecord {
  const { run } = JSON.parse(body) as { run: string };
  return {
    messageId: `m${index}`,
    receiptHandle: `r${index}`,
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      ApproximateFirstReceiveTimestamp: "0",
      SenderId: "bench",
      SentTimestamp: "0",
      MessageGroupId: run,
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:lane-0.fifo",
    awsRegion: "us-east-1",
  };
}
