import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import type { Senders } from "../../core/ports/senders.ts";
import { answered } from "./aws-fault.ts";

/** What the webhook queue carries: what is to be sent is in the run's log, from a cursor. */
export const LineMessage = z.object({
  tenant: z.string().min(1),
  subscriber: z.string().min(1),
  runId: z.string().min(1),
});

/** Senders that work off a standard queue. Of two at one line, one advances its cursor. */
export function sqsSenders(deps: { client: SQSClient; queueUrl: string }): Senders {
  return {
    async owed(line) {
      const send = new SendMessageCommand({
        QueueUrl: deps.queueUrl,
        MessageBody: JSON.stringify(line),
      });
      await answered("tell a sender", () => deps.client.send(send));
    },
  };
}
