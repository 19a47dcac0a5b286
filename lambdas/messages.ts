import { schedulerClient } from "../adapters/aws/scheduler-client.ts";
import { sqsClient } from "../adapters/aws/sqs-client.ts";
import { type SqsQueue, sqsQueue } from "../adapters/aws/sqs-queue.ts";
import { type SqsTimers, sqsTimers } from "../adapters/aws/sqs-timers.ts";
import type { Queue } from "../core/ports/queue.ts";
import type { Table } from "../core/ports/table.ts";
import type { Timers } from "../core/ports/timers.ts";
import { laneOf } from "./lane-of.ts";
import { log, newId, type Vars } from "./store.ts";

type TimerVars = Vars<
  "TIMER_QUEUE" | "TIMER_QUEUE_ARN" | "SCHEDULE_GROUP" | "SCHEDULE_ROLE" | "SCHEDULE_DEAD_LETTERS"
>;

let client: ReturnType<typeof sqsClient> | undefined;

/** One client for all queues of an instance. */
export function sqs(): ReturnType<typeof sqsClient> {
  client ??= sqsClient();
  return client;
}

export function queueOf({ SHARED_LANES }: Vars<"SHARED_LANES">, table: Table): SqsQueue {
  const shared = SHARED_LANES.split(",").filter((url) => url !== "");
  return sqsQueue({ client: sqs(), laneOf: laneOf({ table, shared }), newId });
}

export function timersOf(vars: TimerVars): SqsTimers {
  return sqsTimers({
    sqs: sqs(),
    scheduler: schedulerClient(),
    queueUrl: vars.TIMER_QUEUE,
    queueArn: vars.TIMER_QUEUE_ARN,
    group: vars.SCHEDULE_GROUP,
    role: vars.SCHEDULE_ROLE,
    deadLetters: vars.SCHEDULE_DEAD_LETTERS,
    now: () => Date.now(),
    newId,
  });
}

/**
 * For whoever has committed already: what the message would say is a row in the due index, so that
 * sending it failed makes the run late, and must not make the request that was done look undone.
 */
export function asHints(queue: Queue, timers: Timers): { queue: Queue; timers: Timers } {
  return {
    queue: {
      wake: (key) => Promise.resolve(queue.wake(key)).catch(failed("a wake-up", key.runId)),
    },
    timers: {
      set: (key, at) => Promise.resolve(timers.set(key, at)).catch(failed("a timer", key.runId)),
    },
  };
}

function failed(what: string, run: string): (error: unknown) => void {
  return (error) =>
    log.error(`${what} was lost; the sweep comes after it`, { run, error: String(error) });
}
