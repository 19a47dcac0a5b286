import type { Instant } from "../kernel/json.ts";
import type { RunKey } from "./queue.ts";

/**
 * Wakes a run at an instant. A hint, like the queue's: it may fire early, late, twice or never.
 * The run's row in the `due` index is what counts, and a run that is woken for nothing stays as it
 * is; so timers are set and never taken back.
 */
export interface Timers {
  set(key: RunKey, at: Instant): void | Promise<void>;
}
