import { sqsSenders } from "../adapters/aws/sqs-senders.ts";
import type { EngineDeps } from "../core/engine/deps.ts";
import type { FanOutDeps } from "../core/engine/fan-out/deps.ts";
import type { Secrets } from "../core/ports/secrets.ts";
import { fanOutParts } from "../wiring/fan-out-parts.ts";
import { sqs } from "./messages.ts";
import { outboundPolicy } from "./outbound-policy.ts";
import { log, type Vars } from "./store.ts";

/** What tells the world in a deployment: many functions send, so each claims what it sends. */
export function fanOutOf(
  { WEBHOOK_QUEUE }: Vars<"WEBHOOK_QUEUE">,
  engine: EngineDeps,
  secrets: Secrets,
): FanOutDeps {
  const senders = sqsSenders({ client: sqs(), queueUrl: WEBHOOK_QUEUE });
  return fanOutParts(engine, { secrets, senders, report: log, ...outboundPolicy(), alone: false });
}
