import { parseDuration } from "../../core/kernel/duration.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import type { Problem } from "../../core/kernel/problem.ts";

const LEASE_MS_MIN = 1_000;
const LEASE_MS_MAX = 12 * 60 * 60 * 1_000;

/** Every fault of a `worker` tool's configuration, which says only how long a lease is. */
export function workerProblems(config: JsonObject, at: string): Problem[] {
  const problems = Object.keys(config)
    .filter((field) => field !== "lease")
    .map((field) => ({
      path: `${at}.${field}`,
      code: "UNKNOWN_FIELD",
      message: "is not a field of worker tools",
    }));
  const { lease } = config;
  if (lease === undefined) return problems;
  const ms = typeof lease === "string" ? parseDuration(lease) : undefined;
  if (ms !== undefined && ms >= LEASE_MS_MIN && ms <= LEASE_MS_MAX) return problems;
  const message = "must be an ISO 8601 duration of 1 second to 12 hours";
  return [...problems, { path: `${at}.lease`, code: "LEASE_INVALID", message }];
}
