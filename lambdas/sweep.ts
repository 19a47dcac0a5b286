import middy from "@middy/core";
import type { ScheduledEvent } from "aws-lambda";
import { log } from "./store.ts";
import { sweepRuntime } from "./sweep-runtime.ts";

const sweep = sweepRuntime();

/** A tenant that is being closed may take a turn of 15 s after the last look at the time. */
const MARGIN_MS = 20_000;

/** Each minute: does what is due and was not done. */
export const handler = middy<ScheduledEvent, void>().handler(async (_event, context) => {
  const swept = await sweep(context.getRemainingTimeInMillis() - MARGIN_MS);
  log.info("swept", swept);
});
