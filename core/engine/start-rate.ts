import type { Instant } from "../kernel/json.ts";
import type { Operation, Table } from "../ports/table.ts";
import { rows } from "../store/rows.ts";
import { refuse } from "./refusal.ts";

const WINDOW_MS = 60_000;
/** Rows are wanted for the window after their own, too. */
const KEPT_MS = 3 * WINDOW_MS;

/** What is left of a tenant's starts, as `RateLimit` tells it. */
export type Rate = Readonly<{ limit: number; remaining: number; resetMs: number }>;

export type StartRate = Readonly<{
  rate: Rate;
  /** Counts a start, in the write of its first commit; refused when there are too many by then. */
  take: Operation;
}>;

/**
 * A tenant's starts in any minute, by all processes together.
 *
 * A sliding window made of two fixed ones: the minute before counts for the part of it that the
 * last 60 seconds still reach into, as if its starts had come evenly. The counter of this minute is
 * bounded by what that leaves, in the transaction that starts the run; so what two processes see at
 * once does not matter, and nothing is counted that did not start.
 */
export async function startRate(
  table: Table,
  tenant: string,
  limit: number,
  now: Instant,
): Promise<StartRate> {
  const begin = now - (now % WINDOW_MS);
  const [before, count] = await Promise.all([
    startsIn(table, tenant, begin - WINDOW_MS),
    startsIn(table, tenant, begin),
  ]);
  const weight = (begin + WINDOW_MS - now) / WINDOW_MS;
  const max = Math.max(0, limit - Math.ceil(before * weight));
  const remaining = Math.max(0, max - count);
  const resetMs = remaining > 0 ? begin + WINDOW_MS - now : waitMs(limit, before, count, now);
  return {
    rate: { limit, remaining, resetMs },
    take: {
      type: "add",
      key: rows.starts(tenant, begin),
      by: 1,
      max,
      expiresAt: begin + KEPT_MS,
    },
  };
}

export function rateRefusal({ limit, resetMs }: Rate) {
  const message = `the tenant may start ${limit} runs in a minute, and has`;
  return refuse("LIMIT_REACHED", message, {
    data: { limit: "startsPerMinute", max: limit },
    retryAfterMs: resetMs,
  });
}

async function startsIn(table: Table, tenant: string, begin: Instant): Promise<number> {
  return Number((await table.get(rows.starts(tenant, begin)))?.["count"] ?? 0);
}

/** Until one more fits: in this minute if the one before fades enough, else in the next. */
function waitMs(limit: number, before: number, count: number, now: Instant): number {
  const left = WINDOW_MS - (now % WINDOW_MS);
  const room = limit - count - 1;
  if (limit === 0) return WINDOW_MS;
  if (room >= 0 && before > 0) return Math.max(1, left - Math.floor((room / before) * WINDOW_MS));
  return left + Math.max(0, WINDOW_MS - Math.floor(((limit - 1) / count) * WINDOW_MS));
}
