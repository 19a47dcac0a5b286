import type { CommandOf } from "../command.ts";
import type { Reason } from "../decision.ts";
import { idsOf, succeed } from "../depart.ts";
import { type Draft, emit, weigh } from "../draft.ts";
import type { Json } from "../json.ts";
import { type Run, type Token, tokensOf } from "../run.ts";
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
  const { name, key, payload, id } = command;
  if (id !== undefined && draft.run.signalIds.includes(id)) return undefined;
  const token = tokensOf(draft.run).find(
    ({ wait }) => wait?.kind === "event" && wait.name === name && wait.key === key,
  );
  weigh(draft, payload);
  if (!token && isFull(draft.run, payload)) return { reason: "signals_full" };
  emit(draft, {
    type: "signal.received",
    name,
    payload,
    ...(key !== undefined && { key }),
    ...(id !== undefined && { id }),
    ...(token && { step: idsOf(token).step }),
  });
  if (token) await succeed(draft, token, { output: payload });
  return undefined;
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
  const [first, ...others] = open.filter(({ wait }) => wait?.kind !== "timer");
  if (!first) return { reason: "run_not_waiting" };
  if (others.length > 0) {
    return { reason: "wait_ambiguous", data: { waitingOn: waitingOn(draft.run) } };
  }
  if (first.wait?.kind !== "event") return { reason: "answer_is_approval" };
  const { name, key } = first.wait;
  emit(draft, {
    type: "signal.received",
    name,
    payload: command.body,
    step: stepOf(first),
    ...(key !== undefined && { key }),
  });
  await succeed(draft, first, { output: command.body });
  return undefined;
}

function stepOf(token: Token): string {
  return idsOf(token).step;
}
