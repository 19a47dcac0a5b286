import { rows } from "../store/rows.ts";
import type { Limits } from "./access.ts";
import type { EngineDeps } from "./deps.ts";
import { refuse } from "./refusal.ts";

/**
 * Why nothing more may begin this month, if models have cost what the tenant may spend. Runs are
 * counted when they end, so those under way may still pass the limit, by what they spend.
 */
export async function spentRefusal(
  { table, clock }: Pick<EngineDeps, "table" | "clock">,
  tenant: string,
  { monthlyUsd }: Limits,
) {
  if (monthlyUsd === undefined) return undefined;
  const now = clock.now();
  const spent = Number((await table.get(rows.spent(tenant, now)))?.["count"] ?? 0) / 1e6;
  if (spent < monthlyUsd) return undefined;
  const date = new Date(now);
  const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  const message = `models may cost the tenant $${monthlyUsd} a month, and have cost $${spent}`;
  return refuse("LIMIT_REACHED", message, {
    data: { limit: "monthlyUsd", max: monthlyUsd },
    retryAfterMs: next - now,
  });
}
