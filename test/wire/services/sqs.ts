import { createHash } from "node:crypto";
import type { JsonObject } from "../../../core/kernel/json.ts";
import {
  type AwsCall,
  AwsError,
  type Emulator,
  numberOr,
  objects,
  ok,
  onlyKnown,
  text,
  textOr,
} from "../aws/call.ts";
import type { WorldClock } from "../world-clock.ts";
import { invalid, type Message, type Queue, type Sent } from "./queue.ts";
import { type QueueBook, queueBook } from "./queue-book.ts";

const BODY_BYTES_MAX = 1_048_576;
const DELAY_S_MAX = 900;
const HIDDEN_S_MAX = 43_200;
const NAME = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

const RECEIVE = [
  "QueueUrl",
  "MaxNumberOfMessages",
  "VisibilityTimeout",
  "WaitTimeSeconds",
  "AttributeNames",
  "MessageSystemAttributeNames",
  "MessageAttributeNames",
];
const SEND = [
  "MessageBody",
  "DelaySeconds",
  "MessageGroupId",
  "MessageDeduplicationId",
  "MessageAttributes",
  "MessageSystemAttributes",
];

export type Sqs = QueueBook & Readonly<{ emulator: Emulator }>;

/** Simple Queue Service, as far as the product and the pollers of Lambda use it. */
export function sqs(options: {
  clock: WorldClock;
  urlOf: (name: string) => string;
  arnOf: (name: string) => string;
  anyOf: (n: number) => number;
}): Sqs {
  const book = queueBook(options);

  const operations: Readonly<Record<string, (call: AwsCall) => JsonObject>> = {
    CreateQueue(call) {
      onlyKnown(call, ["QueueName", "Attributes", "tags"]);
      const attributes = (call.params["Attributes"] ?? {}) as Record<string, string>;
      book.create(text(call.params, "QueueName"), attributes);
      return { QueueUrl: options.urlOf(text(call.params, "QueueName")) };
    },
    DeleteQueue(call) {
      onlyKnown(call, ["QueueUrl"]);
      book.remove(queueOf(call).name);
      return {};
    },
    GetQueueUrl(call) {
      onlyKnown(call, ["QueueName"]);
      return { QueueUrl: options.urlOf(book.named(text(call.params, "QueueName")).name) };
    },
    GetQueueAttributes(call) {
      onlyKnown(call, ["QueueUrl", "AttributeNames"]);
      const wanted = (call.params["AttributeNames"] ?? []) as readonly string[];
      const all = book.attributesOf(queueOf(call).name);
      const chosen = Object.entries(all).filter(
        ([name]) => wanted.includes("All") || wanted.includes(name),
      );
      return { Attributes: Object.fromEntries(chosen) };
    },
    SetQueueAttributes(call) {
      onlyKnown(call, ["QueueUrl", "Attributes"]);
      book.set(queueOf(call).name, call.params["Attributes"] as Record<string, string>);
      return {};
    },
    TagQueue(call) {
      onlyKnown(call, ["QueueUrl", "Tags"]);
      queueOf(call);
      return {};
    },
    ListQueues(call) {
      onlyKnown(call, ["QueueNamePrefix", "MaxResults"]);
      const prefix = textOr(call.params, "QueueNamePrefix") ?? "";
      return {
        QueueUrls: book
          .names()
          .filter((name) => name.startsWith(prefix))
          .map(options.urlOf),
      };
    },
    SendMessage(call) {
      onlyKnown(call, ["QueueUrl", ...SEND]);
      const message = queueOf(call).send(sentOf(queueOf(call), call.params));
      return receiptOf(queueOf(call), message);
    },
    SendMessageBatch(call) {
      onlyKnown(call, ["QueueUrl", "Entries"]);
      const queue = queueOf(call);
      return batch(call, (entry) => {
        onlyKnown(call, ["Id", ...SEND], entry);
        return receiptOf(queue, queue.send(sentOf(queue, entry)));
      });
    },
    ReceiveMessage(call) {
      onlyKnown(call, RECEIVE);
      const max = numberOr(call.params, "MaxNumberOfMessages", 1);
      if (max < 1 || max > 10) throw invalid("MaxNumberOfMessages is from 1 to 10");
      const hidden = call.params["VisibilityTimeout"];
      const queue = queueOf(call);
      const taken = queue.receive(max, hidden === undefined ? undefined : Number(hidden) * 1_000);
      return taken.length === 0 ? {} : { Messages: taken.map((one) => shown(queue, one)) };
    },
    DeleteMessage(call) {
      onlyKnown(call, ["QueueUrl", "ReceiptHandle"]);
      queueOf(call).delete(text(call.params, "ReceiptHandle"));
      return {};
    },
    DeleteMessageBatch(call) {
      onlyKnown(call, ["QueueUrl", "Entries"]);
      return batch(call, (entry) => {
        onlyKnown(call, ["Id", "ReceiptHandle"], entry);
        queueOf(call).delete(text(entry, "ReceiptHandle"));
        return {};
      });
    },
    ChangeMessageVisibility(call) {
      onlyKnown(call, ["QueueUrl", "ReceiptHandle", "VisibilityTimeout"]);
      hide(queueOf(call), call.params);
      return {};
    },
    ChangeMessageVisibilityBatch(call) {
      onlyKnown(call, ["QueueUrl", "Entries"]);
      return batch(call, (entry) => {
        onlyKnown(call, ["Id", "ReceiptHandle", "VisibilityTimeout"], entry);
        hide(queueOf(call), entry);
        return {};
      });
    },
  };

  function queueOf({ params }: AwsCall): Queue {
    const name = text(params, "QueueUrl").split("/").at(-1) ?? "";
    return book.named(name);
  }

  return {
    ...book,
    emulator(call) {
      const operation = operations[call.operation];
      if (!operation) throw new AwsError(400, "UnsupportedByEmulator", `sqs:${call.operation}`);
      return ok(operation(call));
    },
  };
}

function hide(queue: Queue, params: JsonObject): void {
  const seconds = numberOr(params, "VisibilityTimeout", -1);
  if (seconds < 0 || seconds > HIDDEN_S_MAX) throw invalid("VisibilityTimeout is 0 to 43200");
  queue.changeVisibility(text(params, "ReceiptHandle"), seconds * 1_000);
}

/** Each entry succeeds or fails by itself. */
function batch(call: AwsCall, each: (entry: JsonObject) => JsonObject): JsonObject {
  const entries = objects(call.params, "Entries");
  const ids = new Set(entries.map((entry) => text(entry, "Id")));
  if (entries.length === 0) throw new AwsError(400, "EmptyBatchRequest", "no entries");
  if (entries.length > 10) throw new AwsError(400, "TooManyEntriesInBatchRequest", "over 10");
  if (ids.size < entries.length) throw new AwsError(400, "BatchEntryIdsNotDistinct", "an id twice");
  const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
  if (bytes > BODY_BYTES_MAX) throw new AwsError(400, "BatchRequestTooLong", `${bytes} bytes`);
  const Successful: JsonObject[] = [];
  const Failed: JsonObject[] = [];
  for (const entry of entries) {
    const Id = text(entry, "Id");
    try {
      Successful.push({ Id, ...each(entry) });
    } catch (error) {
      if (!(error instanceof AwsError) || error.code === "UnsupportedByEmulator") throw error;
      Failed.push({ Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}

function sentOf(queue: Queue, params: JsonObject): Sent {
  const { fifo } = queue.settings();
  const group = textOr(params, "MessageGroupId");
  const dedupId = textOr(params, "MessageDeduplicationId");
  const delay = params["DelaySeconds"];
  if (bytesOf(params) > BODY_BYTES_MAX) throw invalid("a message has at most 1 MiB");
  if (group !== undefined && !NAME.test(group)) throw invalid(`the group ${group}`);
  if (dedupId !== undefined && !NAME.test(dedupId)) throw invalid(`the deduplication ${dedupId}`);
  if (fifo && delay !== undefined) throw invalid("a FIFO queue has no delay of one message");
  if (!fifo && dedupId !== undefined) throw invalid("only a FIFO queue takes a deduplication id");
  const seconds = numberOr(params, "DelaySeconds", 0);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > DELAY_S_MAX) {
    throw invalid(`DelaySeconds is 0 to ${DELAY_S_MAX}, and not ${seconds}`);
  }
  return {
    body: text(params, "MessageBody"),
    ...(group !== undefined && { group }),
    ...(dedupId !== undefined && { dedupId }),
    ...(delay !== undefined && { delayMs: seconds * 1_000 }),
    ...(params["MessageAttributes"] !== undefined && {
      attributes: params["MessageAttributes"] as JsonObject,
    }),
  };
}

function bytesOf(params: JsonObject): number {
  return Buffer.byteLength(textOr(params, "MessageBody") ?? "");
}

function receiptOf(queue: Queue, message: Message): JsonObject {
  return {
    MessageId: message.id,
    MD5OfMessageBody: md5(message.body),
    ...(queue.settings().fifo && { SequenceNumber: String(message.sequence).padStart(20, "0") }),
  };
}

function shown(queue: Queue, message: Message): JsonObject {
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt ?? "",
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: {
      SentTimestamp: String(message.sentAt),
      ApproximateReceiveCount: String(message.receives),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? 0),
      ...(message.group !== undefined && { MessageGroupId: message.group }),
      ...(queue.settings().fifo && {
        MessageDeduplicationId: message.dedupId ?? "",
        SequenceNumber: String(message.sequence).padStart(20, "0"),
      }),
    },
    ...(message.attributes && { MessageAttributes: message.attributes }),
  };
}

function md5(body: string): string {
  return createHash("md5").update(body).digest("hex");
}
