import { ATTEMPTS_KEPT_MAX, type Attempt, type Delivery } from "../../store/deliveries.ts";
import { attemptDelivery, retryDelayMs, type Tried } from "./attempt.ts";
import type { FanOutDeps } from "./deps.ts";
import { noteHealth } from "./endpoint-health.ts";
import { CLAIM_MS } from "./line.ts";

/**
 * Tries a delivery that goes out of line.
 *
 * The first try is made whenever somebody looks, the others at their time. It is claimed first, by
 * pushing that on, so that of two senders one sends.
 */
export async function sendDelivery(
  deps: FanOutDeps,
  of: Readonly<{ tenant: string; id: string }>,
): Promise<void> {
  const was = await deps.deliveries.get(of.tenant, of.id);
  if (was?.status !== "pending" || was.due === null) return;
  const now = deps.clock.now();
  const isClaimed = was.claimed && !deps.alone;
  if (was.due > now && (was.failures > 0 || isClaimed)) return;
  const claimed = { ...was, due: now + CLAIM_MS, claimed: true };
  if (!(await deps.deliveries.put(claimed, was))) return;
  const held = { ...claimed, rev: was.rev + 1 };

  const endpoint = await deps.endpoints.ofSubscriber(of.tenant, was.endpoint);
  if (!endpoint) {
    await deps.deliveries.put({ ...held, status: "dead", due: null, updatedAt: now }, held);
    return;
  }
  const tried = await attemptDelivery(deps, endpoint, held);
  const after = settled(held, tried, deps.clock.now());
  await deps.deliveries.put(after, held);
  if (after.due !== null) {
    await deps.senders.owed({ type: "delivery", ...of }, after.due - deps.clock.now());
  }
  await noteHealth(deps, endpoint, tried);
}

/** The delivery after an attempt. */
export function settled(was: Delivery, tried: Tried, now: number): Delivery {
  const attempts = withAttempt(was.attempts, tried.attempt);
  const tellNoMore = { ...was, attempts, updatedAt: now, due: null, claimed: false };
  if (tried.outcome === "delivered") return { ...tellNoMore, status: "delivered", failures: 0 };
  const failures = was.failures + 1;
  const delayMs = tried.outcome === "gone" ? undefined : retryDelayMs(failures, tried.retryAfterMs);
  if (delayMs === undefined) return { ...tellNoMore, status: "dead", failures };
  return { ...tellNoMore, status: "pending", failures, due: now + delayMs };
}

function withAttempt(attempts: readonly Attempt[], attempt: Attempt): readonly Attempt[] {
  return [...attempts, attempt].slice(-ATTEMPTS_KEPT_MAX);
}
