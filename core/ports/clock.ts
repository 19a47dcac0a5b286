import type { Instant } from "../kernel/json.ts";

/** The time that runs live by. On a laptop it can be moved forward: see `/dev/clock`. */
export interface Clock {
  now(): Instant;
}
