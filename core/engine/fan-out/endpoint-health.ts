import { instantText } from "../../kernel/duration.ts";
import type { Instant } from "../../kernel/json.ts";
import { type Endpoint, isCallback } from "../../store/endpoints.ts";
import { wantsType } from "../../store/wants-type.ts";
import type { Tried } from "./attempt.ts";
import type { FanOutDeps } from "./deps.ts";
import { sendDirect } from "./direct-delivery.ts";
import { body } from "./webhook-body.ts";

/** An endpoint that has failed for so long, whatever it was sent, is switched off. */
export const FAILING_MS_MAX = 5 * 86_400_000;

/** Keeps in mind how an endpoint does; the endpoint as it is then. */
export async function noteHealth(
  deps: FanOutDeps,
  endpoint: Endpoint,
  { outcome, attempt }: Tried,
): Promise<Endpoint> {
  const now = deps.clock.now();
  const { failingSince } = endpoint;
  if (outcome === "gone") return disable(deps, endpoint, now, "it answered 410 Gone");
  if (outcome === "delivered") {
    return failingSince === null ? endpoint : change(deps, endpoint, { failingSince: null });
  }
  if (failingSince === null) return change(deps, endpoint, { failingSince: attempt.at });
  if (now - failingSince < FAILING_MS_MAX) return endpoint;
  return disable(deps, endpoint, now, `every attempt since ${instantText(failingSince)} failed`);
}

async function disable(deps: FanOutDeps, endpoint: Endpoint, now: Instant, reason: string) {
  const disabled = { enabled: false, disabledReason: reason, updatedAt: now };
  const changed = await change(deps, endpoint, disabled);
  if (changed.enabled || isCallback(endpoint.id)) return changed;
  const { tenant, id, url } = endpoint;
  deps.report.error("webhook disabled", { tenant, webhook: id, reason });
  await tellOthers(deps, changed, body("webhook.disabled", instantText(now), { id, url, reason }));
  return changed;
}

/** The tenant's other webhooks may be the only ones who can say it to a person. */
async function tellOthers(deps: FanOutDeps, { tenant, id, rev }: Endpoint, text: string) {
  const type = "webhook.disabled";
  for (const other of await deps.endpoints.enabled(tenant)) {
    if (other.id === id || !wantsType(other.types, type)) continue;
    await sendDirect(deps, other, { type, body: text, about: `${id}/${rev}` });
  }
}

/** Somebody may have changed it meanwhile: then it is as they say, and this is noted next time. */
async function change(deps: FanOutDeps, endpoint: Endpoint, by: Partial<Endpoint>) {
  const next = { ...endpoint, ...by };
  if (await deps.endpoints.replace(next)) return { ...next, rev: endpoint.rev + 1 };
  return (await deps.endpoints.ofSubscriber(endpoint.tenant, endpoint.id)) ?? next;
}
