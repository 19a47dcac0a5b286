import type { Json } from "../../../core/kernel/json.ts";
import type { Outcome } from "../functions/environment.ts";
import type { Message, Queue } from "../services/queue.ts";
import { REGION } from "../template/template.ts";

type Batch = readonly Message[];

/** More batches at once than this gain nothing on a machine of two cores. */
const BATCHES_MAX = 4;
const GATHER_MS = 3;

/**
 * Lambda's poller of one queue: it receives in the name of the function, hands over batches that
 * mix groups, deletes what was done, and leaves the rest until its visibility ends.
 */
export function sqsPoller(options: {
  queue: Queue;
  queueArn: string;
  batchSize: number;
  concurrencyMax: number | undefined;
  partialBatches: boolean;
  invoke: (event: Json) => Promise<Outcome>;
  /** Whether the function's role may do this to the queue; it is asked before each. */
  mayUse: (action: "ReceiveMessage" | "DeleteMessage") => boolean;
  /** Whether the function has room for one more batch. */
  hasRoom: () => boolean;
  /** An answer by which nothing can be told. */
  complain: (what: string) => void;
}): { pump(): void; stop(): void } {
  const { queue } = options;
  let batches = 0;
  const stop = new AbortController();
  let isPumping = false;

  function pump(): void {
    // A receive changes the queue, which would pump again from within.
    if (isPumping) return;
    isPumping = true;
    try {
      while (
        !stop.signal.aborted &&
        batches < Math.min(options.concurrencyMax ?? BATCHES_MAX, BATCHES_MAX)
      ) {
        if (!queue.hasWork() || !options.hasRoom() || !options.mayUse("ReceiveMessage")) return;
        const taken = queue.receive(options.batchSize, undefined);
        if (taken.length === 0) return;
        batches++;
        void work(taken);
      }
    } finally {
      isPumping = false;
    }
  }

  async function work(batch: Batch): Promise<void> {
    // What the receive handed out stays valid only as long as nobody else received it.
    const receipts = new Map(batch.map((message) => [message.id, message.receipt ?? ""]));
    const event = { Records: batch.map((message) => recordOf(message, options.queueArn)) };
    const outcome = await options.invoke(event);
    batches--;
    for (const id of doneOf(outcome, batch)) remove(receipts.get(id) ?? "");
    pumpSoon();
  }

  function doneOf(outcome: Outcome, batch: Batch): readonly string[] {
    if (outcome.type === "failed") return [];
    const all = batch.map(({ id }) => id);
    if (!options.partialBatches) return all;
    const failed = failuresIn(outcome.payload);
    if (failed?.every((id) => all.includes(id))) return all.filter((id) => !failed.includes(id));
    options.complain(`${queue.name} was answered ${outcome.payload.slice(0, 200)}`);
    return [];
  }

  function remove(receipt: string): void {
    if (!options.mayUse("DeleteMessage")) return;
    try {
      queue.delete(receipt);
    } catch {
      // The worker has deleted it already, or its time was over and it will come again.
    }
  }

  let isComing = false;

  /** A moment later, so that messages which are sent together come together. */
  function pumpSoon(): void {
    if (isComing) return;
    isComing = true;
    setTimeout(() => {
      isComing = false;
      pump();
    }, GATHER_MS);
  }

  const stopWatching = queue.watch(pumpSoon);
  pumpSoon();
  return {
    pump: pumpSoon,
    stop(): void {
      stop.abort();
      stopWatching();
    },
  };
}

/** The ids in an answer; undefined when it is none. Nothing at all means that all went well. */
function failuresIn(payload: string): readonly string[] | undefined {
  const answer = JSON.parse(payload) as
    | { batchItemFailures?: readonly { itemIdentifier?: string }[] | null }
    | string
    | null;
  if (answer === null || answer === "") return [];
  if (typeof answer !== "object") return undefined;
  const ids = (answer.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier ?? "");
  return ids.includes("") ? undefined : ids;
}

function recordOf(message: Message, queueArn: string): Json {
  return {
    messageId: message.id,
    receiptHandle: message.receipt ?? "",
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receives),
      SentTimestamp: String(message.sentAt),
      SenderId: "AIDA",
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
      ...(message.group !== undefined && { MessageGroupId: message.group }),
      ...(message.dedupId !== undefined && { MessageDeduplicationId: message.dedupId }),
      SequenceNumber: String(message.sequence).padStart(20, "0"),
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: REGION,
  };
}
