import { setTimeout as pause } from "node:timers/promises";
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

export type LeaseTimes = Readonly<{
  holdMs: number;
  everyMs: number;
  /** After an extension that failed: one that fails must not end the lease. */
  againMs: number;
  lostAfterMs: number;
}>;

/**
 * A message that was received is hidden from others for this long, and for as long again each time
 * it is said to be alive. So what a dead worker held is another's after a minute, although a queue
 * must hide its messages for as long as the function may run. The lease is given up well before it
 * has run out, since nobody can be sure of the last seconds.
 */
export const LEASE: LeaseTimes = {
  holdMs: 60_000,
  everyMs: 20_000,
  againMs: 4_000,
  lostAfterMs: 40_000,
};

export interface Lease {
  /** Work is done: the messages are removed, and the next of their group may come. */
  done(): Promise<void>;
  /** Gives up holding them; they come again when their time is over. */
  release(): void;
}

export type LeaseOptions = Readonly<{
  client: SQSClient;
  queueUrl: string;
  /** Receipt handles of one group's messages. */
  handles: readonly string[];
  /** Whoever works on them must stop: another may have begun. */
  onLost(why: string): void;
  times?: LeaseTimes;
}>;

/** Refusals of a single message after which it is another's, or will be in a moment. */
const GONE = /ReceiptHandleIsInvalid|MessageNotInflight|InvalidParameterValue/;

/** Holds messages of SQS while they are worked on. */
export function holdLease({ client, queueUrl, handles, onLost, ...more }: LeaseOptions): Lease {
  const times = more.times ?? LEASE;
  let held = true;
  let expiry = setTimeout(expired, times.lostAfterMs);
  let next: ReturnType<typeof setTimeout> | undefined;
  void extend();

  function lose(why: string): void {
    if (!held) return;
    stop();
    onLost(why);
  }

  function expired(): void {
    lose(`no extension for ${times.lostAfterMs} ms`);
  }

  function stop(): void {
    held = false;
    clearTimeout(expiry);
    clearTimeout(next);
  }

  async function extend(): Promise<void> {
    const askedAt = performance.now();
    const extension = new ChangeMessageVisibilityBatchCommand({
      QueueUrl: queueUrl,
      Entries: handles.map((ReceiptHandle, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: Math.ceil(times.holdMs / 1_000),
      })),
    });
    const failed = await client.send(extension).then(
      ({ Failed }) => Failed ?? [],
      () => undefined,
    );
    if (!held) return;
    const gone = failed?.find(isGone);
    if (gone) return lose(gone.Code ?? "gone");
    // Without an answer it is not known, and the time that is left runs on.
    const isExtended = failed?.length === 0;
    next = setTimeout(() => void extend(), isExtended ? times.everyMs : times.againMs);
    if (!isExtended) return;
    clearTimeout(expiry);
    expiry = setTimeout(expired, times.lostAfterMs - (performance.now() - askedAt));
  }

  return {
    release: stop,
    async done() {
      stop();
      await remove(client, queueUrl, handles);
    },
  };
}

function isGone({ Code = "", SenderFault }: BatchResultErrorEntry): boolean {
  return SenderFault === true && GONE.test(Code);
}

const REMOVAL_TRIES_MAX = 3;

/**
 * Lambda removes what it was told is done, too, but only when the whole batch is: until then the
 * group would be blocked. So a removal that fails costs time and nothing else.
 */
async function remove(client: SQSClient, queueUrl: string, handles: readonly string[]) {
  let left = handles;
  for (let tries = 1; left.length > 0 && tries <= REMOVAL_TRIES_MAX; tries++) {
    const removal = new DeleteMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: left.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
    });
    const asked = left;
    left = await client.send(removal).then(
      ({ Failed = [] }) => Failed.flatMap(({ Id }) => asked[Number(Id)] ?? []),
      () => asked,
    );
    if (left.length > 0) await pause(50 * tries);
  }
}
