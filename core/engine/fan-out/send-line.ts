import { parseInstant } from "../../kernel/duration.ts";
import type { Instant } from "../../kernel/json.ts";
import type { Line } from "../../ports/senders.ts";
import { type Delivery, deliveryPut } from "../../store/deliveries.ts";
import type { Endpoint } from "../../store/endpoints.ts";
import type { LineState } from "../../store/lines.ts";
import { wantsType } from "../../store/wants-type.ts";
import type { EventView } from "../views.ts";
import { attemptDelivery } from "./attempt.ts";
import type { FanOutDeps } from "./deps.ts";
import { deliveryId } from "./direct-delivery.ts";
import { noteHealth } from "./endpoint-health.ts";
import { eventsAfter } from "./events-after.ts";
import { advance, CLAIM_MS, claim, type Held, toldUpTo } from "./line.ts";
import { settled } from "./send-delivery.ts";
import { type RunFacts, wantsRun } from "./wanted.ts";
import { webhookBody } from "./webhook-body.ts";

/**
 * Tells an endpoint what it has not heard of one run, one event after the other.
 *
 * It reads the log from the line's cursor, sends, and moves the cursor on in the write that keeps
 * the delivery. A crash between the two sends the same again under the same id. An event that fails
 * holds up those after it, until it is delivered or given up; other lines go on.
 */
export async function sendLine(deps: FanOutDeps, line: Line, until: number): Promise<void> {
  let held = await claim(deps, line);
  if (!held) return;
  const key = { tenant: line.tenant, runId: line.runId };
  let endpoint = await deps.endpoints.ofSubscriber(line.tenant, line.subscriber);
  const facts = await deps.factsOf(key);
  // Its owner or its run is gone, and with it whatever it was owed.
  if (!endpoint || !facts) return deps.lines.remove(line);

  while (held) {
    const { owed } = held.state;
    const found = await next(deps, endpoint, held, facts);
    if (!found.event) {
      const seq = Math.max(found.upTo, owed);
      held = await advance(deps, held, (state) => toldUpTo(deps, state, seq));
      if (held?.state.state === "idle") return;
      continue;
    }
    if (deps.elapsed() >= until) return leave(deps, held);
    const told = await tell(deps, endpoint, held, found.event, facts);
    held = told.held;
    endpoint = told.endpoint;
    if (held && held.state.state !== "claimed") return;
  }
}

/** The time of this sender is over: another one goes on. */
async function leave(deps: FanOutDeps, held: Held): Promise<void> {
  await advance(deps, held, (state) => ({ ...state, state: "owed", due: deps.clock.now() }));
  await deps.senders.owed({ type: "line", ...held.line });
}

/** The next event that the endpoint is to hear of, or how far there is none. */
async function next(
  deps: FanOutDeps,
  endpoint: Endpoint,
  { line, state }: Held,
  facts: RunFacts,
): Promise<{ event?: EventView; upTo: number }> {
  let upTo = state.seq;
  if (!endpoint.enabled || !wantsRun(endpoint, facts)) return { upTo };
  for (;;) {
    const { events, more } = await eventsAfter(deps, line, upTo);
    for (const event of events) {
      if (await isWanted(deps, endpoint, state, event)) return { event, upTo };
      upTo = event.seq;
    }
    if (!more) return { upTo };
  }
}

async function isWanted(
  deps: FanOutDeps,
  endpoint: Endpoint,
  { recover }: LineState,
  event: EventView,
): Promise<boolean> {
  if (!wantsType(endpoint.types, event.type)) return false;
  if (event.seq > recover) return (parseInstant(event.at) ?? 0) >= endpoint.from;
  const before = await deps.deliveries.get(endpoint.tenant, idOf(deps, endpoint, event));
  return before?.status !== "delivered";
}

type Told = Readonly<{ held: Held | undefined; endpoint: Endpoint }>;

async function tell(
  deps: FanOutDeps,
  endpoint: Endpoint,
  held: Held,
  event: EventView,
  facts: RunFacts,
): Promise<Told> {
  const was = await deliveryOf(deps, endpoint, held.state, event, facts);
  const tried = await attemptDelivery(deps, endpoint, was);
  const now = deps.clock.now();
  const health = await noteHealth(deps, endpoint, tried);
  const made = settled(was, tried, now);
  // An endpoint that was switched off is not tried again, so neither is what it was owed.
  const delivery: Delivery =
    made.status === "pending" && !health.enabled ? { ...made, status: "dead" } : made;
  const kept = { ...delivery, due: null };
  const after = (state: LineState) => afterAttempt(state, delivery, event.seq, now);
  const told = await advance(deps, held, after, [deliveryPut(kept)]);
  if (told?.state.state === "waiting") {
    await deps.senders.owed({ type: "line", ...told.line }, told.state.due - now);
  }
  return { held: told, endpoint: health };
}

function afterAttempt(
  state: LineState,
  { status, failures, due }: Delivery,
  seq: number,
  now: Instant,
): LineState {
  if (status !== "pending") return { ...state, seq, failures: 0, due: now + CLAIM_MS };
  return { ...state, failures, state: "waiting", due: due ?? now };
}

async function deliveryOf(
  deps: FanOutDeps,
  endpoint: Endpoint,
  { failures }: LineState,
  event: EventView,
  facts: RunFacts,
): Promise<Delivery> {
  const now = deps.clock.now();
  const { tenant, id: endpointId } = endpoint;
  const id = idOf(deps, endpoint, event);
  const before = await deps.deliveries.get(tenant, id);
  return {
    tenant,
    id,
    endpoint: endpointId,
    runId: event.runId,
    seq: event.seq,
    type: event.type,
    status: "pending",
    body: before?.body ?? webhookBody(event, facts),
    attempts: before?.attempts ?? [],
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    due: null,
    failures,
    claimed: false,
    rev: before?.rev ?? 0,
  };
}

function idOf(deps: FanOutDeps, { tenant, id }: Endpoint, { runId, seq }: EventView): string {
  return deliveryId(deps, `${tenant}/${id}`, `${runId}/${seq}`);
}
