import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import type { Owed, Senders } from "../../core/ports/senders.ts";
import { answered } from "./aws-fault.ts";

const id = z.string().min(1);

/** What the webhook queue carries: who is owed. What is to be sent is in rows and logs. */
export const OwedMessage: z.ZodType<Owed> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("line"), tenant: id, subscriber: id, runId: id }),
  z.object({ type: z.literal("delivery"), tenant: id, id }),
  z.object({ type: z.literal("recovery"), tenant: id, webhook: id }),
]);

/** The longest that SQS delays a message. What is owed later is due in the index, and swept. */
const DELAY_S_MAX = 900;

/** Senders that work off a standard queue. Of two at one line, one advances its cursor. */
export function sqsSenders(deps: { client: SQSClient; queueUrl: string }): Senders {
  return {
    async owed(what, inMs = 0) {
      const delayS = Math.ceil(inMs / 1_000);
      if (delayS > DELAY_S_MAX) return;
      const send = new SendMessageCommand({
        QueueUrl: deps.queueUrl,
        MessageBody: JSON.stringify(what),
        DelaySeconds: Math.max(0, delayS),
      });
      await answered("tell a sender", () => deps.client.send(send));
    },
  };
}
