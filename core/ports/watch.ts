import type { RunKey } from "./queue.ts";

/** Tells readers that wait for a run that something was committed. A hint, like the queue's. */
export interface Watch {
  /** Calls `listener` after commits of the run until the returned function is called. */
  follow(key: RunKey, listener: (settled: boolean) => void): () => void;
  /** `settled`: the run has ended, or waits for something other than its own next attempt. */
  committed(key: RunKey, settled: boolean): void;
}
