import type { Event } from "../kernel/event.ts";
import type { Instant } from "../kernel/json.ts";
import type { Run } from "../kernel/run.ts";

/** Counts what happens, for whoever watches over all runs. It may lose counts, and slows nobody. */
export interface Metrics {
  /** Events that were committed to a run, and the run as it was before them. */
  committed(before: Run, events: readonly Event[], at: Instant): void;
}
