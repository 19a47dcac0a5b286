import type * as Lambda from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { Fault } from "../../core/ports/fault.ts";
import type { LaneLimits, Lanes } from "../../core/ports/lanes.ts";
import { answered, asked } from "./aws-fault.ts";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

type LambdaSdk = typeof Lambda;

/** The part of Lambda that connects queues to functions. */
export function lambdaConnector(placement: Placement = {}): SqsLanesDeps["lambda"] {
  return async () => {
    const sdk = await import("@aws-sdk/client-lambda");
    return { sdk, client: new sdk.LambdaClient({ ...CLIENT_SETTINGS, ...placement }) };
  };
}

export type SqsLanesDeps = Readonly<{
  sqs: SQSClient;
  /** Only loaded when a lane is opened or closed. */
  lambda(): Promise<Readonly<{ sdk: LambdaSdk; client: Lambda.LambdaClient }>>;
  /** See `lambdas/env.ts` for these. */
  prefix: string;
  deadLetters: string;
  functionArn: string;
  key: string;
  settings: Readonly<{
    visibilityS: number;
    receivesMax: number;
    retentionS: number;
    batchSize: number;
  }>;
}>;

const NO_QUEUE = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];
const NO_MAPPING = ["ResourceNotFoundException"];
/** What Lambda takes for the concurrency of one queue. */
const CONCURRENCY = { min: 2, max: 1_000 } as const;

/**
 * A FIFO queue for a tenant, and its connection to the function that drives runs.
 *
 * The queue's name is made from the tenant's id, so a second try finds what the first one made. Ids
 * of tenants are never used again, and SQS wants a minute before a name is.
 */
export function sqsLanes(deps: SqsLanesDeps): Lanes {
  return {
    async open(tenant, limits) {
      const address = await openQueue(deps, tenant);
      return { address, connection: await connect(deps, await arnOf(deps, address), limits) };
    },

    async limit(_tenant, { connection }, limits) {
      if (connection === undefined) return;
      const { sdk, client } = await deps.lambda();
      const update = new sdk.UpdateEventSourceMappingCommand({
        UUID: connection,
        ScalingConfig: scaling(limits),
      });
      await answered("limit a lane", () => client.send(update));
    },

    async close(tenant, lane) {
      const address = lane?.address ?? (await urlOf(deps, tenant));
      if (address === undefined) return;
      await disconnect(deps, address, lane?.connection);
      const remove = new DeleteQueueCommand({ QueueUrl: address });
      await asked("remove a lane", () => deps.sqs.send(remove), NO_QUEUE);
    },
  };
}

async function openQueue(deps: SqsLanesDeps, tenant: string): Promise<string> {
  const { sqs, settings, deadLetters, key } = deps;
  const attributes = {
    VisibilityTimeout: String(settings.visibilityS),
    MessageRetentionPeriod: String(settings.retentionS),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: deadLetters,
      maxReceiveCount: settings.receivesMax,
    }),
    ...(key === "" ? { SqsManagedSseEnabled: "true" } : { KmsMasterKeyId: key }),
  };
  const create = new CreateQueueCommand({
    QueueName: nameOf(deps, tenant),
    Attributes: {
      FifoQueue: "true",
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
      ...attributes,
    },
  });
  const made = await asked("make a lane", () => sqs.send(create), ["QueueNameExists"]);
  if (made?.QueueUrl !== undefined) return made.QueueUrl;
  // It was made by a version with other settings.
  const address = await urlOf(deps, tenant);
  if (address === undefined) throw vanished(tenant);
  const set = new SetQueueAttributesCommand({ QueueUrl: address, Attributes: attributes });
  await answered("set up a lane", () => sqs.send(set));
  return address;
}

async function urlOf(deps: SqsLanesDeps, tenant: string): Promise<string | undefined> {
  const get = new GetQueueUrlCommand({ QueueName: nameOf(deps, tenant) });
  const found = await asked("find a lane", () => deps.sqs.send(get), NO_QUEUE);
  return found?.QueueUrl;
}

async function arnOf({ sqs }: SqsLanesDeps, address: string): Promise<string> {
  const get = new GetQueueAttributesCommand({ QueueUrl: address, AttributeNames: ["QueueArn"] });
  const { Attributes } = await answered("find a lane", () => sqs.send(get));
  const arn = Attributes?.["QueueArn"];
  if (arn === undefined) throw vanished(address);
  return arn;
}

async function connect(deps: SqsLanesDeps, arn: string, limits: LaneLimits): Promise<string> {
  const { sdk, client } = await deps.lambda();
  const create = new sdk.CreateEventSourceMappingCommand({
    EventSourceArn: arn,
    FunctionName: deps.functionArn,
    BatchSize: deps.settings.batchSize,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    ScalingConfig: scaling(limits),
  });
  const taken = ["ResourceConflictException"];
  const made = await asked("connect a lane", () => client.send(create), taken);
  const connection = made?.UUID ?? (await mappingsOf(deps, arn))[0];
  if (connection === undefined) throw vanished(arn);
  return connection;
}

async function mappingsOf({ lambda, functionArn }: SqsLanesDeps, arn: string) {
  const { sdk, client } = await lambda();
  const list = new sdk.ListEventSourceMappingsCommand({
    EventSourceArn: arn,
    FunctionName: functionArn,
  });
  const found = await answered("find a connection", () => client.send(list));
  return (found.EventSourceMappings ?? []).flatMap(({ UUID }) => UUID ?? []);
}

async function disconnect(
  deps: SqsLanesDeps,
  address: string,
  connection: string | undefined,
): Promise<void> {
  const known = connection === undefined ? await connectionsAt(deps, address) : [connection];
  const { sdk, client } = await deps.lambda();
  for (const UUID of known) {
    const remove = new sdk.DeleteEventSourceMappingCommand({ UUID });
    await asked("disconnect a lane", () => client.send(remove), NO_MAPPING);
  }
}

/** Of a lane whose opening was interrupted before its connection was on record. */
async function connectionsAt(deps: SqsLanesDeps, address: string): Promise<readonly string[]> {
  const get = new GetQueueAttributesCommand({ QueueUrl: address, AttributeNames: ["QueueArn"] });
  const found = await asked("find a lane", () => deps.sqs.send(get), NO_QUEUE);
  const arn = found?.Attributes?.["QueueArn"];
  return arn === undefined ? [] : mappingsOf(deps, arn);
}

function nameOf({ prefix }: SqsLanesDeps, tenant: string): string {
  return `${prefix}${tenant}.fifo`;
}

/** An empty object is how Lambda is told that there is no bound. */
function scaling({ drivesMax }: LaneLimits) {
  if (drivesMax === undefined) return {};
  const within = Math.min(CONCURRENCY.max, Math.max(CONCURRENCY.min, drivesMax));
  return { MaximumConcurrency: within };
}

function vanished(what: string): Fault {
  return new Fault(`the lane ${what} is not there yet, or not any more`, { retryable: true });
}
