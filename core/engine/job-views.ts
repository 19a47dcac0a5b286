import type { Json } from "../kernel/json.ts";

export type PollRequest = Readonly<{
  tools: readonly string[];
  /** Who asks, for the record. */
  worker: string;
  wait?: SecondsOrDuration | undefined;
  max?: number | undefined;
}>;

/** ISO 8601 when it is a text. */
export type SecondsOrDuration = number | string;

/** Work for whoever holds its lease. */
export type JobView = Readonly<{
  id: string;
  lease: string;
  runId: string;
  node: string;
  tool: string;
  input: Json;
  /** The same for all attempts of one visit. */
  idempotencyKey: string;
  attempt: number;
  /** When the lease is over, unless a heartbeat comes before. */
  leaseUntil: string;
  /** When the attempt is over, whatever comes. */
  deadline: string;
}>;

export type HeartbeatView = Readonly<{
  id: string;
  runId: string;
  /** The run does not want the job any more: stop. */
  cancelled: boolean;
  leaseUntil?: string;
  deadline?: string;
}>;

export type JobDone = Readonly<{ lease: string; output?: Json | undefined }>;

export type JobFailed = Readonly<{
  lease: string;
  code?: string | undefined;
  message?: string | undefined;
  retryable?: boolean | undefined;
  retryAfter?: SecondsOrDuration | undefined;
}>;

export type JobReceipt = Readonly<{
  id: string;
  runId: string;
  status: "completed" | "failed";
  /** Why the attempt failed, though the worker may have said that it was done. */
  error?: { code: string; message: string };
}>;
