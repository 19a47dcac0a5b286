import { fail, idsOf, nodeOf, succeed } from "../depart.ts";
import { type Draft, emit } from "../draft.ts";
import { instantText, parseDuration, parseInstant } from "../duration.ts";
import { type Instant, isObject, type Json } from "../json.ts";
import type { Run, Token } from "../run.ts";
import type { Signal, Wait } from "../wait.ts";
import { begin, tokenAt } from "./begin.ts";
import { valueOf } from "./pure.ts";

/** Waits for a time, a duration or an event. An event that came before is taken at once. */
export async function visitWait(draft: Draft, waiting: Token): Promise<void> {
  const token = begin(draft, waiting);
  const node = nodeOf(draft, token);
  const { fields } = node;
  const template = fields["event"] ?? fields["until"] ?? fields["for"];
  const value = await valueOf(draft, token, template);
  if (!value.ok) return fail(draft, token, value.error);
  if (fields["event"]) return waitForEvent(draft, token, value.value, node.timeoutMs);

  const until = dueOf(draft, fields["until"] ? "until" : "for", value.value);
  if (until === undefined) {
    const text = JSON.stringify(value.value) ?? "nothing";
    const message = `${node.id} cannot wait for ${text.slice(0, 100)}`;
    return fail(draft, token, { code: "INVALID_TIME", message });
  }
  if (until <= draft.at) return fire(draft, token, until);
  park(draft, token, { kind: "timer", until }, until);
}

export function dueOf(
  draft: Draft,
  field: "until" | "for",
  value: Json | undefined,
): Instant | undefined {
  if (typeof value !== "string") return undefined;
  if (field === "until") return parseInstant(value);
  const ms = parseDuration(value);
  return ms === undefined ? undefined : draft.at + ms;
}

async function waitForEvent(
  draft: Draft,
  token: Token,
  event: Json | undefined,
  timeoutMs: number | undefined,
): Promise<void> {
  const sought = eventNamed(event);
  if (!sought) {
    const message = `${token.node} waits for an event whose name or key no signal can have`;
    return fail(draft, token, { code: "INVALID_EVENT", message });
  }
  const early = buffered(draft.run, sought);
  if (early) return succeed(draft, token, { output: early.payload, signal: early.n });
  const until = timeoutMs === undefined ? undefined : draft.at + timeoutMs;
  const wait: Wait = {
    kind: "event",
    ...sought,
    ...(until !== undefined && { until }),
  };
  draft.rows++;
  park(draft, token, wait, until);
}

type Sought = Readonly<{ name: string; key?: string }>;

/** The event that a template names, if a signal can have its name and key. */
export function eventNamed(event: Json | undefined): Sought | undefined {
  const { name, key } = isObject(event) ? event : {};
  const text = key === undefined ? undefined : typeof key === "string" ? key : JSON.stringify(key);
  if (typeof name !== "string" || name === "" || !isSendable(name)) return undefined;
  if (text === undefined) return { name };
  return isSendable(text) ? { name, key: text } : undefined;
}

const NAME_LENGTH_MAX = 200;

/** Whether a signal can have such a name or key; it is also part of the key of a row. */
function isSendable(text: string): boolean {
  return text.length <= NAME_LENGTH_MAX && text.isWellFormed() && !/\p{Cc}/u.test(text);
}

/** The oldest signal that came before somebody waited for it, but for those that are taken. */
export function buffered(
  run: Run,
  { name, key }: Sought,
  taken: readonly number[] = [],
): Signal | undefined {
  return run.signals.find(
    (signal) => signal.name === name && signal.key === key && !taken.includes(signal.n),
  );
}

/** Opens a wait: rows, and nothing else, until somebody or the clock ends it. */
export function park(
  draft: Draft,
  token: Token,
  wait: Wait,
  dueAt?: Instant,
  took: readonly number[] = [],
): void {
  const ids = idsOf(token);
  emit(draft, {
    type: "step.waiting",
    ...ids,
    wait,
    ...(dueAt !== undefined && { dueAt }),
    ...(took.length > 0 && { took }),
  });
  if (dueAt !== undefined) emit(draft, { type: "timer.set", ...ids, dueAt });
}

/** The time of a timer has come. */
export async function fire(
  draft: Draft,
  token: Token,
  dueAt: Instant,
  won?: number,
): Promise<void> {
  emit(draft, { type: "timer.fired", ...idsOf(token), dueAt });
  const output = { firedAt: instantText(draft.at) };
  const outcome = won === undefined ? { output } : { output, won };
  return succeed(draft, tokenAt(draft, token.id), outcome);
}
