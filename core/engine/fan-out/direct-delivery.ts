import { digestId } from "../../kernel/ids.ts";
import type { Delivery } from "../../store/deliveries.ts";
import type { Endpoint } from "../../store/endpoints.ts";
import type { FanOutDeps } from "./deps.ts";

/** When the sweep looks at a delivery whose hint was lost. */
const HINT_LOST_MS = 60_000;

/** Derived from what is told to whom, so that whoever tells it again uses the same. */
export function deliveryId(deps: Pick<FanOutDeps, "hash">, endpoint: string, about: string) {
  return `msg_${digestId(deps.hash(`delivery/${endpoint}/${about}`))}`;
}

/** Sends something that belongs to no run, once for each `about`. */
export async function sendDirect(
  deps: FanOutDeps,
  endpoint: Endpoint,
  { type, body, about }: Readonly<{ type: string; body: string; about: string }>,
): Promise<Delivery> {
  const now = deps.clock.now();
  const { tenant, id: endpointId } = endpoint;
  const delivery: Delivery = {
    tenant,
    id: deliveryId(deps, `${tenant}/${endpointId}`, about),
    endpoint: endpointId,
    runId: null,
    seq: null,
    type,
    status: "pending",
    body,
    attempts: [],
    createdAt: now,
    updatedAt: now,
    due: now + HINT_LOST_MS,
    failures: 0,
    claimed: false,
    rev: 0,
  };
  if (await deps.deliveries.put(delivery, undefined)) {
    await deps.senders.owed({ type: "delivery", tenant, id: delivery.id });
  }
  return delivery;
}

/** Makes a delivery go out once more, by the schedule from its beginning. */
export async function sendAgain(deps: FanOutDeps, was: Delivery): Promise<Delivery> {
  const now = deps.clock.now();
  const next: Delivery = {
    ...was,
    status: "pending",
    due: now + HINT_LOST_MS,
    failures: 0,
    claimed: false,
    updatedAt: now,
  };
  if (!(await deps.deliveries.put(next, was))) {
    return (await deps.deliveries.get(was.tenant, was.id)) ?? next;
  }
  await deps.senders.owed({ type: "delivery", tenant: was.tenant, id: was.id });
  return next;
}
