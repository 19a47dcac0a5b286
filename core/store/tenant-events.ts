import type { Instant, Json } from "../kernel/json.ts";
import type { Run } from "../kernel/run.ts";
import type { Item, Operation } from "../ports/table.ts";
import { dueAt, dueShard, rows } from "./rows.ts";

/** An event that was sent to whoever of the tenant waits for it. */
export type SentEvent = Readonly<{
  tenant: string;
  id: string;
  name: string;
  key: string | undefined;
  payload: Json;
  sentAt: Instant;
}>;

/** How long an event that nobody waits for is kept, and the id of each is known. */
export const EVENT_LIFE_MS = 7 * 86_400_000;
/** When somebody looks again at a delivery, or a wait, that may have been broken off. */
const LOOK_AGAIN_MS = 60_000;

/** Begins the sort key of events that are on their way, or kept: oldest first. */
export const SENT = "sent#";
/** Begins the sort key of the rows of those who wait. */
export const WAIT = "wait#";

/**
 * An event while it is on its way, and after that as long as it is kept. `taken` says that a run
 * has had it: from then on it is for nobody who only begins to wait.
 */
export function sentRow(event: SentEvent, state: { taken: boolean; settled: boolean }): Item {
  const { tenant, id, name, key, payload, sentAt } = event;
  const due = sentAt + (state.settled ? EVENT_LIFE_MS : LOOK_AGAIN_MS);
  return {
    pk: rows.event(tenant, name, key ?? ""),
    sk: `${SENT}${dueAt(sentAt, id)}`,
    kind: "event",
    tenant,
    ...state,
    dueShard: dueShard(id),
    dueAt: dueAt(due, `event#${id}`),
    content: JSON.stringify({ id, name, payload, sentAt, ...(key !== undefined && { key }) }),
  };
}

export function sentEventOf(row: Item): SentEvent {
  const content = JSON.parse(row.content ?? "{}") as Omit<SentEvent, "tenant">;
  return { ...content, key: content.key, tenant: String(row["tenant"]) };
}

/**
 * Hands an event to one run that begins to wait, if nobody had it before. While the event is on
 * its way its row stays, for those who waited already.
 */
export function takeSent(row: Item): Operation {
  const when = { type: "is", attributes: { taken: false } } as const;
  if (row["settled"] !== true) return { type: "put", item: { ...row, taken: true }, when };
  const { pk, sk } = row;
  return { type: "remove", key: { pk, sk }, when };
}

/** What the sender of an event with an id of its own is told, whenever it asks again. */
export function eventIdRow(event: SentEvent, told?: { delivered: number }): Item {
  const { tenant, id, name, key, sentAt } = event;
  return {
    ...rows.eventId(tenant, id),
    kind: "eventId",
    tenant,
    name,
    ...(key !== undefined && { key }),
    sentAt,
    ...told,
    dueShard: dueShard(id),
    dueAt: dueAt(sentAt + EVENT_LIFE_MS, `eventid#${id}`),
  };
}

/**
 * One wait for one event, so that an event of the tenant finds its runs. It is due once: should we
 * die before we have looked for events that came earlier, somebody looks then.
 */
export function eventWaitRow(
  run: Pick<Run, "tenant" | "id" | "at">,
  { name, key, step }: { name: string; key?: string | undefined; step: string },
): Item {
  return {
    pk: rows.event(run.tenant, name, key ?? ""),
    sk: `${WAIT}${run.id}#${step}`,
    kind: "eventWait",
    tenant: run.tenant,
    run: run.id,
    since: run.at,
    dueShard: dueShard(run.id),
    dueAt: dueAt(run.at + LOOK_AGAIN_MS, `wait#${run.id}#${step}`),
  };
}
