import { parseDuration } from "../kernel/duration.ts";
import type { SecondsOrDuration } from "./job-views.ts";
import { ok, type Result, refuse } from "./refusal.ts";

/** Whole seconds or an ISO 8601 duration, in milliseconds. */
export function msOf(given: SecondsOrDuration, path: string, msMax: number): Result<number> {
  const ms = typeof given === "number" ? given * 1_000 : parseDuration(given);
  if (ms !== undefined && ms <= msMax) return ok(ms);
  const message = `expected seconds, or an ISO 8601 duration, of at most ${msMax / 1_000} s`;
  return refuse("INVALID_REQUEST", `${path} has a fault: ${message}`, {
    errors: [{ path, code: "INVALID_VALUE", message }],
  });
}
