import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import * as z from "zod";
import { TimerMessage, WakeMessage } from "../adapters/aws/wake-message.ts";
import { eachRecord } from "./each-record.ts";
import { env } from "./env.ts";
import { timersOf } from "./messages.ts";
import { log } from "./store.ts";

const timers = timersOf(env("dead-letter"));
const Letter = z.union([TimerMessage, WakeMessage]);

const AGAIN_MS = 60_000;
const AGAIN_MS_MAX = 3_600_000;

/**
 * Gives a run another chance whose message nobody could work off: later, and later each time. A run
 * fails by what its own log counts, and never because its messages died in an outage.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(({ Records }) =>
  eachRecord(Records, async ({ body }) => {
    const { tenant, run: runId, again } = Letter.parse(JSON.parse(body));
    const at = Date.now() + Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** Math.min(again, 10));
    await timers.set({ tenant, runId }, at, again + 1);
    log.info("a stranded run gets another chance", { tenant, run: runId, again: again + 1 });
  }),
);
