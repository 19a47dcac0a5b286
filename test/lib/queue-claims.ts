import { at, type Claim, claim } from "./claim.ts";
import { type Document, ofType, type Resource, referred } from "./synthesized.ts";

const QUEUE = "AWS::SQS::Queue";
const SOURCE = "AWS::Lambda::EventSourceMapping";
const SIX_TIMES = 6;

const seconds = (resource: Resource | undefined, name: string) =>
  Number(at(resource, "Properties", name) ?? 0);

/** The queue and the function of an event source, when it is a queue's. */
function fed({ Properties }: Resource, { Resources }: Document) {
  const queueId = referred(Properties["EventSourceArn"])[0] ?? "";
  const functionId = referred(Properties["FunctionName"])[0] ?? "";
  const queue = Resources[queueId];
  return queue?.Type === QUEUE
    ? { queue, queueId, functionId, fn: Resources[functionId] }
    : undefined;
}

/** The queues that other queues, streams and schedules name as the place for what fails. */
export function deadLetterQueues({ Resources }: Document): ReadonlySet<string> {
  const places = Object.values(Resources).flatMap(({ Properties }) => [
    at(Properties, "RedrivePolicy", "deadLetterTargetArn"),
    at(Properties, "DestinationConfig", "OnFailure", "Destination"),
    at(Properties, "Target", "DeadLetterConfig", "Arn"),
    // Schedules that are made later are told where by a variable.
    at(Properties, "Environment", "Variables", "SCHEDULE_DEAD_LETTERS"),
  ]);
  return new Set(places.flatMap(referred));
}

export const QUEUE_CLAIMS: readonly Claim[] = [
  claim({
    says: "a message stays hidden longer than the function that works on it can take",
    of: [SOURCE],
    unless: (source, _, document) => {
      const pair = fed(source, document);
      if (!pair) return undefined;
      const hidden = seconds(pair.queue, "VisibilityTimeout");
      const runs = seconds(pair.fn, "Timeout");
      return hidden >= runs + 60 ? undefined : `${hidden} s hidden, ${runs} s of work`;
    },
  }),
  claim({
    says: "it stays hidden six times as long, where the worker does not shorten that itself",
    of: [SOURCE],
    unless: (source, _, document) => {
      const pair = fed(source, document);
      if (!pair || isLane(pair.queueId)) return undefined;
      const hidden = seconds(pair.queue, "VisibilityTimeout");
      const runs = seconds(pair.fn, "Timeout");
      return hidden >= SIX_TIMES * runs ? undefined : `${hidden} s hidden, ${runs} s of work`;
    },
  }),
  claim({
    says: "every queue has dead letters, or is where dead letters end",
    of: [QUEUE],
    unless: (queue, id, document) => {
      if (deadLetterQueues(document).has(id)) return undefined;
      return queue.Properties["RedrivePolicy"] ? undefined : "no redrive policy";
    },
  }),
  claim({
    says: "dead letters are kept longer than messages, and a FIFO queue's are FIFO",
    of: [QUEUE],
    unless: ({ Properties }, _, { Resources }) => {
      const to = referred(at(Properties, "RedrivePolicy", "deadLetterTargetArn"))[0];
      if (to === undefined) return undefined;
      const letters = Resources[to];
      if (letters?.Properties["FifoQueue"] !== Properties["FifoQueue"]) return "only one is FIFO";
      const kept = seconds(letters, "MessageRetentionPeriod");
      const longer = kept >= Number(Properties["MessageRetentionPeriod"]);
      return longer ? undefined : `dead letters are gone after ${kept} s`;
    },
  }),
  claim({
    says: "a message is tried at least five times",
    of: [QUEUE],
    unless: ({ Properties }) => {
      const receives = Number(at(Properties, "RedrivePolicy", "maxReceiveCount") ?? 5);
      return receives >= 5 ? undefined : `${receives} times`;
    },
  }),
  claim({
    says: "every queue is encrypted by a key of this deployment",
    of: [QUEUE],
    unless: ({ Properties }, _, { Resources }) => {
      const [key = ""] = referred(Properties["KmsMasterKeyId"]);
      return Resources[key]?.Type === "AWS::KMS::Key" ? undefined : "no key of this template";
    },
  }),
  claim({
    says: "every queue refuses what does not come by TLS",
    of: [QUEUE],
    unless: (_, id, document) =>
      ofType(document, "AWS::SQS::QueuePolicy").some(
        ([, policy]) => referred(policy.Properties["Queues"]).includes(id) && deniesPlain(policy),
      )
        ? undefined
        : "no policy denies plain HTTP",
  }),
  claim({
    says: "one message that fails does not fail its batch",
    of: [SOURCE],
    unless: ({ Properties }) => {
      const types = Properties["FunctionResponseTypes"];
      const partial = Array.isArray(types) && types.includes("ReportBatchItemFailures");
      return partial ? undefined : "no partial failures";
    },
  }),
  claim({
    says: "no queue can take all instances of the account",
    of: [SOURCE],
    unless: (source, _, document) => {
      if (!fed(source, document)) return undefined;
      const most = Number(at(source.Properties, "ScalingConfig", "MaximumConcurrency"));
      return most >= 2 && most <= 200 ? undefined : `${most} at once`;
    },
  }),
  claim({
    says: "a bad record of the stream is found, put aside, and named",
    of: [SOURCE],
    unless: ({ Properties }, _, { Resources }) => {
      const [source = ""] = referred(Properties["EventSourceArn"]);
      if (Resources[source]?.Type !== "AWS::DynamoDB::Table") return undefined;
      if (Properties["BisectBatchOnFunctionError"] !== true) return "batches are not divided";
      const retries = Number(Properties["MaximumRetryAttempts"] ?? -1);
      if (retries < 7) return `${retries} retries do not divide a batch of a hundred down to one`;
      const age = Number(Properties["MaximumRecordAgeInSeconds"] ?? -1);
      if (age < 3_600 || age >= 86_400) return `records are tried for ${age} s`;
      const [place = ""] = referred(at(Properties, "DestinationConfig", "OnFailure"));
      return Resources[place]?.Type === QUEUE ? undefined : "nothing takes what fails";
    },
  }),
  claim({
    says: "every schedule has dead letters",
    of: ["AWS::Scheduler::Schedule"],
    unless: ({ Properties }, _, { Resources }) => {
      const [place = ""] = referred(at(Properties, "Target", "DeadLetterConfig"));
      return Resources[place]?.Type === QUEUE ? undefined : "nothing takes what fails";
    },
  }),
  claim({
    says: "a function that its own messages can wake is not taken for an endless loop",
    of: [SOURCE],
    unless: ({ Properties }, _, { Resources }) => {
      const fn = Resources[referred(Properties["FunctionName"])[0] ?? ""];
      return fn?.Properties["RecursiveLoop"] === "Allow" ? undefined : "AWS drops the 16th hop";
    },
  }),
];

/** A lane's worker shortens the time on receipt; the lanes' dead letters are like other queues. */
const isLane = (id: string) => /Lane\d/.test(id);

export function deniesPlain({ Properties }: Resource): boolean {
  const statements = at(Properties, "PolicyDocument", "Statement");
  return (Array.isArray(statements) ? statements : []).some(
    (statement) =>
      at(statement, "Effect") === "Deny" &&
      at(statement, "Condition", "Bool", "aws:SecureTransport") === "false",
  );
}
