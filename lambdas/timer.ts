import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { TimerMessage } from "../adapters/aws/wake-message.ts";
import { eachRecord } from "./each-record.ts";
import { env } from "./env.ts";
import { queueOf, timersOf } from "./messages.ts";
import { storeOf } from "./store.ts";

const vars = env("timer");
const queue = queueOf(vars, storeOf(vars).table);
const timers = timersOf(vars);

/** Wakes the runs whose time has come. A timer that fires early is set again for the rest. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(({ Records }) =>
  eachRecord(Records, async ({ body }) => {
    const { tenant, run: runId, at, again } = TimerMessage.parse(JSON.parse(body));
    const key = { tenant, runId };
    if (at > Date.now()) return timers.set(key, at, again);
    return queue.wake(key, { again });
  }),
);
