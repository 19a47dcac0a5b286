import * as z from "zod";
import { count } from "./fields.ts";
import { WorkflowName } from "./workflows.ts";

const usd = (description: string) => z.number().min(0).meta({ description });
const Day = z.iso.date().max(10);

const sums = {
  runs: count("Runs that were made."),
  succeeded: count("Of these."),
  failed: count("Of these."),
  cancelled: count("Of these."),
  live: count("Not ended yet: what they spend is counted when they end."),
  steps: count("Steps of runs that have ended."),
  inputTokens: count("That models took."),
  outputTokens: count("That models made."),
  modelUsd: usd("What models cost, by the prices that are configured."),
  awsUsdEstimated: usd("What the requests to AWS cost at list prices, without models and tools."),
};

const SUMS = {
  runs: 2,
  succeeded: 1,
  failed: 0,
  cancelled: 0,
  live: 1,
  steps: 7,
  inputTokens: 1200,
  outputTokens: 300,
  modelUsd: 0.0021,
  awsUsdEstimated: 0.0000276,
};

export const Usage = z
  .strictObject({
    from: Day,
    to: Day,
    days: z
      .array(
        z.strictObject({
          date: Day,
          workflows: z.array(z.strictObject({ workflow: WorkflowName, ...sums })).max(100_000),
        }),
      )
      .max(366)
      .meta({ description: "Days in UTC on which runs were made, newest first." }),
    total: z.strictObject(sums),
    complete: z.boolean().meta({
      description: "False when there was too much to look at: ask again, and it goes on.",
    }),
  })
  .meta({
    id: "TenantUsage",
    description: "What the tenant's runs came to, by day and workflow.",
    examples: [
      {
        from: "2026-11-01",
        to: "2026-11-30",
        days: [{ date: "2026-11-21", workflows: [{ workflow: "refund", ...SUMS }] }],
        total: SUMS,
        complete: true,
      },
    ],
  });

export const UsageQuery = z.strictObject({
  from: Day.optional().meta({ description: "The first day; 29 days before the last unless said." }),
  to: Day.optional().meta({ description: "The last day; today unless said." }),
});
