import * as z from "zod";
import { EventTypes } from "./event-types.ts";
import { count, idOf, isPlainObject, line } from "./fields.ts";

export const FRAME_RUNS_MAX = 100;
export const FRAME_AFTER_MAX = 1_000;

const SubscriptionId = line(64, "The client's own name for it; every frame about it says it.");

const After = z
  .record(idOf("A run.", "run_01hzy"), count("Its last event that the client has."))
  .refine(
    (after) => isPlainObject(after) && Object.keys(after).length <= FRAME_AFTER_MAX,
    `expected at most ${FRAME_AFTER_MAX} runs`,
  );

/** What a client may say on a WebSocket: one JSON object a frame. */
export const ClientFrame = z.discriminatedUnion("action", [
  z.strictObject({
    action: z.literal("subscribe"),
    id: SubscriptionId,
    runs: z
      .union([z.literal("*"), z.array(idOf("A run.", "run_01hzy")).min(1).max(FRAME_RUNS_MAX)])
      .default("*"),
    types: EventTypes.optional(),
    after: After.optional(),
    since: z.iso.datetime({ offset: true }).max(40).optional(),
  }),
  z.strictObject({ action: z.literal("unsubscribe"), id: SubscriptionId }),
  z.strictObject({ action: z.literal("ping"), id: SubscriptionId.optional() }),
]);

export type ClientFrame = z.output<typeof ClientFrame>;
