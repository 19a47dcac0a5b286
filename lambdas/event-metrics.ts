import type { Item } from "../core/ports/table.ts";

/** What becomes a metric of CloudWatch. Each costs by the month: they are few, without labels. */
const NAMES: Readonly<Record<string, string>> = {
  "run.created": "RunsCreated",
  "run.succeeded": "RunsSucceeded",
  "run.failed": "RunsFailed",
  "run.cancelled": "RunsCancelled",
  "step.started": "StepsStarted",
  "step.failed": "StepsFailed",
  "step.retrying": "StepsRetried",
};

/** Counts the events of commits, by the row of each. */
export function eventCounts(): { see(row: Item): void; line(at: number): string | undefined } {
  const counts = new Map<string, number>();
  return {
    see({ sk, types }) {
      if (!sk.startsWith("log#") || typeof types !== "string") return;
      for (const type of types.split(",")) {
        const name = NAMES[type];
        if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    },

    /**
     * A line of the log that CloudWatch makes metrics of: its Embedded Metric Format. A batch that
     * comes again is counted again.
     */
    line(at) {
      if (counts.size === 0) return undefined;
      const Metrics = [...counts.keys()].map((Name) => ({ Name, Unit: "Count" }));
      const CloudWatchMetrics = [{ Namespace: "Holdfast", Dimensions: [[]], Metrics }];
      return JSON.stringify({
        _aws: { Timestamp: at, CloudWatchMetrics },
        ...Object.fromEntries(counts),
      });
    },
  };
}
