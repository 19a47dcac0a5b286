import { timedId } from "../../kernel/ids.ts";
import { isOwed } from "../../kernel/run.ts";
import { bytesOf, SIZES } from "../../kernel/sizes.ts";
import { Fault } from "../../ports/fault.ts";
import type { RunKey } from "../../ports/queue.ts";
import type { Item, Operation } from "../../ports/table.ts";
import { rows } from "../../store/rows.ts";
import {
  EVENT_LIFE_MS,
  eventIdRow,
  type SentEvent,
  sentEventOf,
  sentRow,
  WAIT,
} from "../../store/tenant-events.ts";
import { handleDeps } from "../contexts.ts";
import type { EngineDeps } from "../deps.ts";
import type { Engine } from "../engine.ts";
import type { DueHandlers } from "../fire-due.ts";
import { handle, handleOnce } from "../handle.ts";
import { ok, refuse } from "../refusal.ts";
import type { EventSent } from "../views.ts";
import { markTaken, takeEarly } from "./early-events.ts";
import { signalOf } from "./signal-of.ts";

/** How long one sending may go on: what is left is delivered when its row is due. */
const SEND_MS_MAX = 20_000;
const RUNS_AT_ONCE = 16;
const PAGE = 200;

/**
 * Events that are for whoever of the tenant waits for them.
 *
 * The event is a row before anybody is asked whether he waits, and stays one until all have it: a
 * sender that dies is carried on when the row is due. Each run takes an event once, by its id.
 */
export function eventsOf(deps: EngineDeps): Engine["events"] {
  return {
    async send({ tenant }, { name, key, payload, id }) {
      if (bytesOf(payload) > SIZES.inlineMax) {
        return refuse("PAYLOAD_TOO_LARGE", `a payload has at most ${SIZES.inlineMax} bytes`);
      }
      const sentAt = deps.clock.now();
      const event: SentEvent = {
        tenant,
        id: id ?? `evt_${timedId(sentAt, deps.randomness.hex())}`,
        name,
        key,
        payload: payload ?? null,
        sentAt,
      };
      const row = sentRow(event, { taken: false, settled: false });
      const isNamed = id !== undefined;
      const claim: Operation[] = isNamed
        ? [{ type: "put", item: eventIdRow(event), when: { type: "absent" } }]
        : [];
      const written = await deps.table.write([...claim, { type: "put", item: row }]);
      if (!written.ok) return ok(await sentBefore(deps, event, written.refused[0]?.item));
      return ok(await deliver(deps, event, row, isNamed));
    },
  };
}

/** The answer that the first sender of this id had, or would have had if it had not died. */
async function sentBefore(
  deps: EngineDeps,
  event: SentEvent,
  known: Item | undefined,
): Promise<EventSent> {
  if (!known) throw new Error(`event ${event.id} was refused by no row`);
  const key = known["key"];
  if (typeof known["delivered"] === "number") return answer(event, known["delivered"]);
  const first = {
    ...event,
    name: String(known["name"]),
    key: key === undefined ? undefined : String(key),
    sentAt: Number(known["sentAt"]),
  };
  const { pk, sk } = sentRow(first, { taken: false, settled: false });
  const row = await deps.table.get({ pk, sk });
  if (!row) return answer(event, 1);
  return deliver(deps, sentEventOf(row), row, true);
}

function answer({ id }: SentEvent, delivered: number): EventSent {
  return { id, delivered, buffered: delivered === 0 };
}

/** Hands an event to every run that waits, and keeps it when there was none. */
async function deliver(
  deps: EngineDeps,
  event: SentEvent,
  row: Item,
  isNamed: boolean,
): Promise<EventSent> {
  const until = deps.elapsed() + SEND_MS_MAX;
  let delivered = 0;
  for (const runId of await waiting(deps, row, event)) {
    // The first that takes it marks it; those after it need not, and do not wait for each other.
    if (delivered > 0) continue;
    if (await give(deps, event, { tenant: event.tenant, runId }, until, row)) delivered++;
  }
  if (delivered > 0) delivered += await giveAll(deps, event, row, until);
  delivered = await settle(deps, event, row, delivered);
  if (isNamed) await deps.table.write([{ type: "put", item: eventIdRow(event, { delivered }) }]);
  return answer(event, delivered);
}

/** To all that wait still, some at a time: whoever has it already takes it no second time. */
async function giveAll(
  deps: EngineDeps,
  event: SentEvent,
  row: Item,
  until: number,
): Promise<number> {
  const left = await waiting(deps, row, event);
  let given = 0;
  for (let from = 0; from < left.length; from += RUNS_AT_ONCE) {
    if (deps.elapsed() > until) {
      throw new Fault(`event ${event.id} is on its way to more runs`, { retryable: true });
    }
    const some = left.slice(from, from + RUNS_AT_ONCE);
    const took = await Promise.all(
      some.map((runId) => give(deps, event, { tenant: event.tenant, runId }, until)),
    );
    given += took.filter(Boolean).length;
  }
  return given;
}

/** By how much the clocks of two processes may differ. */
const SKEW_MS = 5_000;

/**
 * The runs that wait for the event, each once. Of a delivery that was broken off, only those that
 * waited when it began.
 */
async function waiting(
  deps: EngineDeps,
  { pk, taken }: Item,
  { sentAt }: SentEvent,
): Promise<readonly string[]> {
  const runs = new Set<string>();
  let after: string | undefined;
  for (let more = true; more; ) {
    const from = after === undefined ? {} : { after };
    const page = await deps.table.query({ pk, prefix: WAIT, limit: PAGE, ...from });
    for (const item of page.items) {
      const isLater = Number(item["since"]) > sentAt + SKEW_MS;
      if (taken !== true || !isLater) runs.add(String(item["run"]));
    }
    after = page.items.at(-1)?.sk;
    more = page.more && after !== undefined;
  }
  return [...runs];
}

/** Whether the run took it now. A row of a wait may be older than the run that it names. */
async function give(
  deps: EngineDeps,
  event: SentEvent,
  key: RunKey,
  until: number,
  mark?: Item,
): Promise<boolean> {
  const given = { ...signalOf(event), key, until };
  const also = mark && { also: () => [markTaken(mark)] };
  let handled = await handle(handleDeps(deps), { ...given, ...also });
  // Somebody who began to wait meanwhile took the row along: the others still get the event.
  if (handled.type === "refused") handled = await handle(handleDeps(deps), given);
  if (handled.type !== "accepted" || !handled.committed) return false;
  if (isOwed(handled.run, handled.at)) await deps.queue.wake(key);
  return true;
}

/** The event is gone once somebody had it, else it is kept for whoever waits later. */
async function settle(
  deps: EngineDeps,
  event: SentEvent,
  row: Item,
  delivered: number,
): Promise<number> {
  const { pk, sk } = row;
  const now = delivered > 0 ? undefined : await deps.table.get({ pk, sk });
  if (now && now["taken"] !== true) {
    const kept = sentRow(event, { taken: false, settled: true });
    const when = { type: "is", attributes: { taken: false } } as const;
    const { ok: isKept } = await deps.table.write([{ type: "put", item: kept, when }]);
    if (isKept) return 0;
  }
  await deps.table.write([{ type: "remove", key: { pk, sk } }]);
  return Math.max(1, delivered);
}

/** Looks for events that came before the run waited, as somebody should have who died. */
async function lookAgain(deps: EngineDeps, key: RunKey): Promise<void> {
  const handling = handleDeps(deps);
  const { run } = await deps.log.load(key);
  const given = { ...LOOKING, key, until: deps.elapsed() + SEND_MS_MAX };
  const now = { type: "accepted", events: [], run, at: run.at, context: undefined } as const;
  const last = await takeEarly(handling, given, { ...now, committed: false }, (more) =>
    handleOnce(handling, more),
  );
  if (last.committed && isOwed(last.run, last.at)) await deps.queue.wake(key);
}

const LOOKING = {
  command: { type: "run.advance" },
  actor: { kind: "system", id: "sweep" },
} as const;

/** What rows of the due index ask for that have to do with events of a tenant. */
export function eventHandlers(deps: EngineDeps): DueHandlers {
  const erase = ({ pk, sk }: Item) => deps.table.write([{ type: "remove", key: { pk, sk } }]);
  return {
    event: {
      isOwed: (row) => row["settled"] !== true,
      async fire(hint) {
        const row = await deps.table.get({ pk: hint.pk, sk: hint.sk });
        if (!row) return;
        const event = sentEventOf(row);
        if (deps.clock.now() >= event.sentAt + EVENT_LIFE_MS) await erase(row);
        else if (row["settled"] !== true) {
          const isNamed = await deps.table.get(rows.eventId(event.tenant, event.id));
          await deliver(deps, event, row, isNamed !== undefined);
        }
      },
    },
    eventId: { fire: async (row) => void (await erase(row)) },
    eventWait: {
      isOwed: () => true,
      async fire(hint) {
        const row = await deps.table.get({ pk: hint.pk, sk: hint.sk });
        if (row?.dueAt === undefined) return;
        await lookAgain(deps, { tenant: String(row["tenant"]), runId: String(row["run"]) });
        const { dueAt: _dueAt, dueShard: _dueShard, ...looked } = row;
        await deps.table.write([{ type: "put", item: looked, when: { type: "present" } }]);
      },
    },
  };
}
