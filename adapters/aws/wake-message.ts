import * as z from "zod";

/**
 * What a lane carries: a run may have something to do. All that is to be known of it is in its log.
 *
 * `hop` counts the drives in a row that sent it on because their time was over; `again`, how often
 * it has come back from a dead-letter queue.
 */
export const WakeMessage = z.object({
  tenant: z.string().min(1),
  run: z.string().min(1),
  hop: z.int().min(0).default(0),
  again: z.int().min(0).default(0),
});

export type WakeMessage = z.output<typeof WakeMessage>;

/** What the timer queue carries. `fire` is chance, so that no two are taken for one. */
export const TimerMessage = z.object({
  tenant: z.string().min(1),
  run: z.string().min(1),
  /** The instant, in milliseconds. */
  at: z.number().min(0),
  fire: z.string(),
  again: z.int().min(0).default(0),
});

export type TimerMessage = z.output<typeof TimerMessage>;
