/**
 * AWS list prices that the bench reckons with: us-east-1, on demand, in US dollars, before the free
 * tier, as they were read on the day below. They change: read docs/cost.md before quoting them.
 */
export const PRICES = {
  readOn: "2026-11-21",
  region: "us-east-1",
  /** Per million write and read request units of DynamoDB. */
  writeUnitsM: 0.625,
  readUnitsM: 0.125,
  /** Per million requests of at most 64 KB. */
  sqsFifoM: 0.5,
  sqsStandardM: 0.4,
  /** Per million invocations, and per GB and second on arm64. */
  lambdaRequestsM: 0.2,
  lambdaGbSecond: 0.000_013_333_4,
  /** Per million requests of an API Gateway HTTP API. */
  httpApiM: 1,
  /** Per million traces that X-Ray records: of Lambda's invocations, one in twenty. */
  tracesM: 5,
  traced: 0.05,
  /** Per GB that is written to CloudWatch Logs. */
  logsGb: 0.5,
  /** Per million schedules of EventBridge Scheduler that were invoked. */
  schedulerM: 1,
} as const;

/** What the same ten steps cost elsewhere, per million steps, with its reckoning beside it. */
export const PEERS = [
  {
    name: "Step Functions Standard",
    usdPerMillionSteps: 25,
    reckoning: "one state transition a step at $25/M; three where a step is a choice and a retry",
  },
  {
    name: "Lambda durable functions",
    usdPerMillionSteps: 9.1,
    reckoning: "1.1 operations at $8/M, 1 KB written at $0.25/GB, kept 14 days, before Lambda",
  },
  {
    name: "Temporal Cloud",
    usdPerMillionSteps: 55,
    reckoning: "1.1 actions a step at $50/M, before storage and workers",
  },
] as const;
