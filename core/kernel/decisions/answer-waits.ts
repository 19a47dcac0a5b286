import type { CommandOf } from "../command.ts";
import type { Reason } from "../decision.ts";
import { idsOf, succeed } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import type { Json } from "../json.ts";
import { keepBounded } from "../large-values.ts";
import { tokenAt } from "../nodes/begin.ts";
import { settleParts } from "../nodes/wait-several.ts";
import { type OpenEvent, openEvents } from "../open-events.ts";
import { type Run, tokensOf } from "../run.ts";
import { bytesOf, SIZES } from "../sizes.ts";
import { waitingOn } from "../waiting-on.ts";

/** How many events a run keeps that nothing waits for yet. */
export const SIGNALS_MAX = 1_000;

export type Refused = Readonly<{ reason: Reason; data?: Json }>;

/** An event for this run: to the wait that it is for, else kept until something waits for it. */
export async function receiveSignal(
  draft: Draft,
  command: CommandOf<"run.signal">,
): Promise<Refused | undefined> {
  const { name, key, id } = command;
  if (id !== undefined && draft.run.signalIds.includes(id)) return undefined;
  const open = openEvents(draft.run).find((one) => one.name === name && one.key === key);
  if (!open && command.unlessWaiting === "ignore") return undefined;
  const payload = keepBounded(draft, command.payload);
  if (open) {
    await receive(draft, open, payload, id);
    return undefined;
  }
  if (isFull(draft.run, payload)) return { reason: "signals_full" };
  const ids = id === undefined ? {} : { id };
  emit(draft, { type: "signal.received", name, payload, ...keyed(key), ...ids });
  return undefined;
}

/** An event comes to the token that waits for it. */
async function receive(
  draft: Draft,
  { token, part, name, key }: OpenEvent,
  payload: Json,
  id?: string,
): Promise<void> {
  const { wait } = token;
  const isOneOfAll = wait?.kind === "several" && wait.mode === "all" && part !== undefined;
  emit(draft, {
    type: "signal.received",
    name,
    payload,
    step: idsOf(token).step,
    ...keyed(key),
    ...(id !== undefined && { id }),
    ...(isOneOfAll && { token: token.id, part }),
  });
  if (isOneOfAll) return settleParts(draft, tokenAt(draft, token.id));
  return succeed(draft, token, { output: payload, ...(part !== undefined && { won: part }) });
}

function keyed(key: string | undefined): { key?: string } {
  return key === undefined ? {} : { key };
}

function isFull({ signals }: Run, payload: Json): boolean {
  if (signals.length >= SIGNALS_MAX) return true;
  let bytes = bytesOf(payload);
  for (const signal of signals) bytes += bytesOf(signal.payload);
  return bytes > SIZES.signalsMax;
}

/** Answers the only open wait, whatever it is for. Approvals have a way of their own. */
export async function respond(
  draft: Draft,
  command: CommandOf<"run.respond">,
): Promise<Refused | undefined> {
  const open = tokensOf(draft.run).filter(({ status }) => status === "waiting");
  const [first, ...others] = open.filter(
    ({ wait }) => !["timer", "job", "child"].includes(wait?.kind ?? ""),
  );
  if (!first) return { reason: "run_not_waiting" };
  if (others.length > 0) {
    return { reason: "wait_ambiguous", data: { waitingOn: waitingOn(draft.run) } };
  }
  if (first.wait?.kind === "approval") return { reason: "answer_is_approval" };
  if (first.wait && "task" in first.wait) {
    return { reason: "answer_is_task", data: { task: first.wait.task } };
  }
  const [event, ...more] = openEvents(draft.run);
  if (!event) return { reason: "run_not_waiting" };
  if (more.length > 0) {
    return { reason: "wait_ambiguous", data: { waitingOn: waitingOn(draft.run) } };
  }
  await receive(draft, event, keepBounded(draft, command.body));
  return undefined;
}
