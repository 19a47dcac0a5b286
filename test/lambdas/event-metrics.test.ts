import { expect, test } from "vitest";
import { eventCounts } from "../../lambdas/event-metrics.ts";

const row = (sk: string, types: string) => ({ pk: "t#run#r", sk, types });

test("Events of a batch are one line that CloudWatch makes metrics of (H2)", () => {
  const counts = eventCounts();
  counts.see(row("log#000000000001", "run.created,step.started"));
  counts.see(row("log#000000000003", "step.succeeded,step.started,run.waiting"));
  counts.see(row("log#000000000006", "step.failed,run.failed"));
  counts.see(row("head", "run.created"));
  counts.see({ pk: "t#run#r", sk: "log#000000000008" });

  expect(JSON.parse(counts.line(1_700_000_000_000) ?? "")).toEqual({
    _aws: {
      Timestamp: 1_700_000_000_000,
      CloudWatchMetrics: [
        {
          Namespace: "Holdfast",
          Dimensions: [[]],
          Metrics: ["RunsCreated", "StepsStarted", "StepsFailed", "RunsFailed"].map((Name) => ({
            Name,
            Unit: "Count",
          })),
        },
      ],
    },
    RunsCreated: 1,
    StepsStarted: 2,
    StepsFailed: 1,
    RunsFailed: 1,
  });
});

test("A batch of which nothing is counted is no line", () => {
  const counts = eventCounts();
  counts.see(row("log#000000000001", "task.decided"));

  expect(counts.line(0)).toBeUndefined();
});
