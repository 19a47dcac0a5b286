import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Queue, RunKey } from "../../core/ports/queue.ts";
import { answered } from "./aws-fault.ts";
import { digest } from "./digest.ts";
import type { WakeMessage } from "./wake-message.ts";

export type SqsQueueDeps = Readonly<{
  client: SQSClient;
  /** The URL of the queue that a run's messages go to; undefined while its tenant has none. */
  laneOf(tenant: string): Promise<string | undefined>;
  /** Something that was never sent before. */
  newId(): string;
}>;

export interface SqsQueue extends Queue {
  wake(key: RunKey, counts?: Partial<Pick<WakeMessage, "hop" | "again">>): Promise<void>;
}

/**
 * Wake-ups as messages of FIFO queues, in one group per run: whoever drives the run holds its
 * group, so a second driver waits for the first.
 *
 * The deduplication id is chance. A wake-up that comes twice does nothing; one that SQS takes for a
 * repeat of what it has just delivered would be lost.
 */
export function sqsQueue({ client, laneOf, newId }: SqsQueueDeps): SqsQueue {
  return {
    async wake({ tenant, runId }, { hop = 0, again = 0 } = {}) {
      const lane = await laneOf(tenant);
      // A tenant without a lane is being made or is gone. What a run is owed is in the due index.
      if (lane === undefined) return;
      const message: WakeMessage = { tenant, run: runId, hop, again };
      const send = new SendMessageCommand({
        QueueUrl: lane,
        MessageBody: JSON.stringify(message),
        MessageGroupId: groupOf(tenant, runId),
        MessageDeduplicationId: newId(),
      });
      await answered(`wake run ${runId}`, () => client.send(send));
    },
  };
}

const GROUP_LENGTH_MAX = 128;

/** A group's name is short and plain; ids of runs may be a caller's own, and are not. */
function groupOf(tenant: string, runId: string): string {
  const name = `${tenant}.${runId}`;
  if (name.length <= GROUP_LENGTH_MAX && /^[\w.-]+$/.test(name)) return name;
  return `${tenant.slice(0, 60)}.${digest(name)}`;
}
