import { fail, idsOf, nodeOf, succeed } from "../depart.ts";
import { type Draft, emit, weigh } from "../draft.ts";
import { isObject, type Json } from "../json.ts";
import { dueOfParts, openParts } from "../open-events.ts";
import type { Token } from "../run.ts";
import { SIZES } from "../sizes.ts";
import type { Signal, Wait, WaitPart } from "../wait.ts";
import { begin, tokenAt } from "./begin.ts";
import { valueOf } from "./pure.ts";
import { buffered, dueOf, eventNamed, fire, park } from "./wait.ts";

type Several = Extract<Wait, { kind: "several" }>;

/** Each has a row of its own, and all of them are in the commit that opens the wait. */
export const PARTS_MAX = 20;

/** Waits for the first of several events and times, or for all of them. */
export async function visitSeveral(draft: Draft, waiting: Token): Promise<void> {
  const token = begin(draft, waiting);
  const node = nodeOf(draft, token);
  const mode = node.fields["any"] ? "any" : "all";
  const value = await valueOf(draft, token, node.fields[mode]);
  if (!value.ok) return fail(draft, token, value.error);
  const parts = partsOf(draft, value.value);
  if (!parts) {
    const message = `${node.id} waits for something that is no event and no time`;
    return fail(draft, token, { code: "INVALID_EVENT", message });
  }
  const until = node.timeoutMs === undefined ? undefined : draft.at + node.timeoutMs;
  const wait: Several = { kind: "several", mode, parts, got: {}, ...(until && { until }) };
  draft.rows += parts.length;
  return mode === "any" ? waitForAny(draft, token, wait) : waitForAll(draft, token, wait);
}

function partsOf(draft: Draft, value: Json | undefined): readonly WaitPart[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > PARTS_MAX) return undefined;
  const parts: WaitPart[] = [];
  for (const entry of value as readonly Json[]) {
    const part = isObject(entry) ? partOf(draft, entry) : undefined;
    if (!part) return undefined;
    parts.push(part);
  }
  return parts;
}

function partOf(draft: Draft, entry: { readonly [key: string]: Json }): WaitPart | undefined {
  if (entry["event"] !== undefined) {
    const event = eventNamed(entry["event"]);
    return event && { kind: "event", ...event };
  }
  const field = entry["until"] === undefined ? "for" : "until";
  const until = dueOf(draft, field, entry[field]);
  return until === undefined ? undefined : { kind: "timer", until };
}

/** What came before somebody waited wins, in the order in which the node names it. */
async function waitForAny(draft: Draft, token: Token, wait: Several): Promise<void> {
  for (const [won, part] of wait.parts.entries()) {
    if (part.kind === "timer") {
      if (part.until <= draft.at) return fire(draft, token, part.until, won);
      continue;
    }
    const early = buffered(draft.run, part);
    if (early) return succeed(draft, token, { output: early.payload, signal: early.n, won });
  }
  park(draft, token, wait, dueOfParts(wait));
}

async function waitForAll(draft: Draft, token: Token, wait: Several): Promise<void> {
  const got: Record<string, Json> = {};
  const took: Signal[] = [];
  for (const [index, part] of wait.parts.entries()) {
    if (part.kind === "timer") continue;
    const taken = took.map(({ n }) => n);
    const early = buffered(draft.run, part, taken);
    if (!early) continue;
    took.push(early);
    got[index] = early.payload;
  }
  if (weigh(draft, got) > SIZES.inlineMax) {
    const message = `what came for ${token.node} is larger than ${SIZES.inlineMax} bytes`;
    return fail(draft, token, { code: "OUTPUT_TOO_LARGE", message });
  }
  const known = { ...wait, got };
  const numbers = took.map(({ n }) => n);
  park(draft, token, known, dueOfParts(known), numbers);
  await fireParts(draft, tokenAt(draft, token.id));
}

/** One of all has come: the wait is over when it was the last. */
export async function settleParts(draft: Draft, token: Token): Promise<void> {
  const { wait } = token;
  if (wait?.kind !== "several" || openParts(wait).length > 0) return;
  const output = wait.parts.map((_, part) => wait.got[part] ?? null);
  await succeed(draft, token, { output });
}

/** The clock has come to a time of a wait for several, or to the end of its patience. */
export async function fireParts(draft: Draft, token: Token): Promise<void> {
  const { wait } = token;
  if (wait?.kind !== "several") return;
  const due = openParts(wait).flatMap(({ part, is }) =>
    is.kind === "timer" && is.until <= draft.at ? [{ part, until: is.until }] : [],
  );
  due.sort((a, b) => a.until - b.until);
  const [first] = due;
  const isLate = wait.until !== undefined && wait.until <= draft.at;
  if (isLate && (first === undefined || first.until > (wait.until ?? 0))) return late(draft, token);
  if (first && wait.mode === "any") return fire(draft, token, first.until, first.part);
  for (const { part, until } of due) {
    emit(draft, { type: "timer.fired", ...idsOf(token), dueAt: until, part });
  }
  const now = tokenAt(draft, token.id);
  const isOpen = now.wait?.kind === "several" && openParts(now.wait).length > 0;
  if (isOpen && isLate) return late(draft, now);
  return settleParts(draft, now);
}

function late(draft: Draft, token: Token): Promise<void> {
  const message = `the wait of ${token.node} expired`;
  return fail(draft, token, { code: "TIMEOUT", message, retryable: false }, "timeout");
}
