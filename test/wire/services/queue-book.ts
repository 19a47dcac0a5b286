import type { JsonObject } from "../../../core/kernel/json.ts";
import { AwsError } from "../aws/call.ts";
import type { WorldClock } from "../world-clock.ts";
import { invalid, type Message, type Queue, type QueueSettings, queue } from "./queue.ts";

type Attributes = Readonly<Record<string, string>>;
type Entry = { attributes: Attributes; readonly queue: Queue };

const KNOWN = new Set([
  "FifoQueue",
  "ContentBasedDeduplication",
  "DeduplicationScope",
  "FifoThroughputLimit",
  "DelaySeconds",
  "VisibilityTimeout",
  "MessageRetentionPeriod",
  "ReceiveMessageWaitTimeSeconds",
  "MaximumMessageSize",
  "RedrivePolicy",
  "RedriveAllowPolicy",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "SqsManagedSseEnabled",
  "Policy",
]);
const REBORN_MS_MIN = 60_000;

export type QueueBook = ReturnType<typeof queueBook>;

/** Which queues there are, and with what attributes. */
export function queueBook(options: {
  clock: WorldClock;
  arnOf: (name: string) => string;
  anyOf: (n: number) => number;
}) {
  const { clock, arnOf } = options;
  const entries = new Map<string, Entry>();
  const buried = new Map<string, number>();

  function entryOf(name: string): Entry {
    const entry = entries.get(name);
    if (entry) return entry;
    throw new AwsError(400, "com.amazonaws.sqs#QueueDoesNotExist", `there is no queue ${name}`);
  }

  function deadLetter(target: string, message: Message): void {
    entryOf(target).queue.adopt(message);
  }

  function check(name: string, attributes: Attributes): void {
    const strange = Object.keys(attributes).filter((attribute) => !KNOWN.has(attribute));
    if (strange.length > 0) {
      throw new AwsError(400, "InvalidAttributeName", `unknown: ${strange.join(", ")}`);
    }
    const fifo = attributes["FifoQueue"] === "true";
    if (fifo !== name.endsWith(".fifo")) throw invalid("the name of a FIFO queue ends in .fifo");
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(name.replace(/\.fifo$/, "")) || name.length > 80) {
      throw invalid(`${name} is no name of a queue`);
    }
    const perGroup = attributes["DeduplicationScope"] === "messageGroup";
    if (attributes["FifoThroughputLimit"] === "perMessageGroupId" && !perGroup) {
      throw invalid("high throughput needs the deduplication scope messageGroup");
    }
    const target = settingsOf(attributes).deadLetters?.queue;
    if (target !== undefined && entryOf(target).queue.settings().fifo !== fifo) {
      throw invalid("the dead-letter queue of a FIFO queue is a FIFO queue, and the other way");
    }
  }

  return {
    create(name: string, attributes: Attributes): Queue {
      const before = entries.get(name);
      if (before) {
        if (same(before.attributes, attributes)) return before.queue;
        throw new AwsError(400, "QueueNameExists", `${name} exists with other attributes`);
      }
      if (clock.now() - (buried.get(name) ?? Number.NEGATIVE_INFINITY) < REBORN_MS_MIN) {
        throw new AwsError(400, "QueueDeletedRecently", `${name} was deleted a moment ago`);
      }
      check(name, attributes);
      const outside = { deadLetter, anyOf: options.anyOf };
      const settings = () => settingsOf(entryOf(name).attributes);
      const entry = { attributes, queue: queue(clock, name, settings, outside) };
      entries.set(name, entry);
      return entry.queue;
    },
    remove(name: string): void {
      entryOf(name);
      entries.delete(name);
      buried.set(name, clock.now());
    },
    set(name: string, attributes: Attributes): void {
      const entry = entryOf(name);
      const next = { ...entry.attributes, ...attributes };
      check(name, next);
      entry.attributes = next;
    },
    named: (name: string) => entryOf(name).queue,
    has: (name: string) => entries.has(name),
    names: () => [...entries.keys()],
    attributesOf(name: string): JsonObject {
      const { attributes, queue: one } = entryOf(name);
      const { waiting, inFlight, delayed } = one.counts();
      return {
        ...attributes,
        QueueArn: arnOf(name),
        ApproximateNumberOfMessages: String(waiting),
        ApproximateNumberOfMessagesNotVisible: String(inFlight),
        ApproximateNumberOfMessagesDelayed: String(delayed),
      };
    },
  };
}

function settingsOf(attributes: Attributes): QueueSettings {
  const seconds = (name: string, otherwise: number) =>
    Number(attributes[name] ?? otherwise) * 1_000;
  const redrive = attributes["RedrivePolicy"];
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(redrive || "{}") as {
    deadLetterTargetArn?: string;
    maxReceiveCount?: number | string;
  };
  return {
    fifo: attributes["FifoQueue"] === "true",
    delayMs: seconds("DelaySeconds", 0),
    visibilityMs: seconds("VisibilityTimeout", 30),
    retentionMs: seconds("MessageRetentionPeriod", 345_600),
    contentBasedDedup: attributes["ContentBasedDeduplication"] === "true",
    dedupPerGroup: attributes["DeduplicationScope"] === "messageGroup",
    ...(deadLetterTargetArn !== undefined && {
      deadLetters: {
        queue: deadLetterTargetArn.split(":").at(-1) ?? "",
        receivesMax: Number(maxReceiveCount ?? 10),
      },
    }),
  };
}

function same(one: Attributes, other: Attributes): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => one[name] === other[name]);
}
