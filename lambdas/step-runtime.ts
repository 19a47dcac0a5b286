import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { asmSecrets, secretsClient } from "../adapters/aws/asm-secrets.ts";
import { eventBridgeBus, eventBridgeClient } from "../adapters/aws/event-bridge-bus.ts";
import { lambdaClient, lambdaFunctions } from "../adapters/aws/lambda-functions.ts";
import { queueUrl } from "../adapters/aws/queue-url.ts";
import { holdLease } from "../adapters/aws/sqs-lease.ts";
import { driveDeps } from "../core/engine/create-engine.ts";
import { drive } from "../core/engine/drive.ts";
import { isOwed } from "../core/kernel/run.ts";
import { engineOf, NO_SIGNER } from "./engine.ts";
import { env } from "./env.ts";
import { workLane } from "./lane-worker.ts";
import { stateMachines } from "./machines.ts";
import { mailerOf } from "./mailer.ts";
import { asHints, queueOf, sqs, timersOf } from "./messages.ts";
import { log, storeOf } from "./store.ts";

/** How many effects of one run are in flight at once. */
const EFFECTS_MAX = 64;
/** A signal or a cancel reaches a call under way within this. */
const LOOK_EVERY_MS = 2_000;
/**
 * Nothing more is begun when this much of the function's time is left, so that what was begun can
 * end: most calls take less. One that takes longer is left, and made again under its key.
 */
const BEGIN_MARGIN_MS = 180_000;
/** When the function's time is nearly over, all is left as it is: the next worker goes on. */
const LEAVE_MARGIN_MS = 5_000;

/** All that drives runs; made once per instance. */
export function stepRuntime() {
  const vars = env("step");
  const store = storeOf(vars);
  const queue = queueOf(vars, store.table);
  const engine = engineOf({
    store,
    ...asHints(queue, timersOf(vars)),
    secrets: asmSecrets({ client: secretsClient(), prefix: vars.SECRETS_PREFIX }),
    signer: NO_SIGNER,
    models: vars.MODELS,
    tools: vars.TOOLS,
    channels: {
      ...(vars.MAIL_SENDER !== "" && { mailer: mailerOf(vars) }),
      bus: eventBridgeBus({ client: eventBridgeClient(), bus: vars.NOTICE_BUS }),
    },
    functions: lambdaFunctions(lambdaClient()),
    machines: stateMachines(),
    lookEveryMs: LOOK_EVERY_MS,
  });
  const driving = driveDeps(engine);

  return async ({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const leftMs = context.getRemainingTimeInMillis();
    const end = engine.elapsed() + leftMs - LEAVE_MARGIN_MS;
    const until = engine.elapsed() + Math.max(leftMs / 2, leftMs - BEGIN_MARGIN_MS);
    return workLane(
      {
        hold: (records, onLost) =>
          holdLease({
            client: sqs(),
            queueUrl: queueUrl(records[0]?.eventSourceARN ?? ""),
            handles: records.map(({ receiptHandle }) => receiptHandle),
            onLost,
          }),
        drive: (key) => drive(driving, key, { effectsMax: EFFECTS_MAX, until, offerUntil: end }),
        async isOwed(key) {
          const { run } = engine.cache.get(key) ?? (await engine.log.load(key));
          return run.seq > 0 && isOwed(run, engine.clock.now());
        },
        wake: (key, counts) => queue.wake(key, counts),
        hasTime: () => engine.elapsed() < until,
        leaveInMs: end - engine.elapsed(),
        chance: () => Math.random(),
        log,
      },
      Records,
    );
  };
}
