import type { Backoff } from "./workflow.ts";

/**
 * The pause before attempt `failed + 1`: exponential, capped, with full jitter by default, which
 * spreads callers best (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * @param chance in [0, 1): a function of run, step and attempt, so that a replay gets the same.
 */
export function backoffMs(backoff: Backoff, failed: number, chance: number): number {
  const full = Math.min(
    backoff.delayMsMax,
    backoff.initialMs * backoff.factor ** Math.min(failed - 1, 64),
  );
  return Math.ceil(backoff.jitter === "full" ? full * chance : full);
}

/** A number in [0, 1) from a hex digest. */
export function chanceOf(hex: string): number {
  return Number.parseInt(hex.slice(0, 12), 16) / 0x1_0000_0000_0000;
}
