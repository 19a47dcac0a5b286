import type { Instant, Json } from "./json.ts";
import { type Run, type Token, tokensOf } from "./run.ts";
import type { Wait, WaitPart } from "./wait.ts";

/** An event that somebody waits for now: by which token, and as which part of what it waits for. */
export type OpenEvent = Readonly<{
  token: Token;
  /** Absent when it is all that the token waits for. */
  part?: number;
  name: string;
  key?: string;
}>;

type Several = Extract<Wait, { kind: "several" }>;

/** Every event that the run waits for, oldest token first. */
export function openEvents(run: Run): readonly OpenEvent[] {
  return tokensOf(run).flatMap((token): readonly OpenEvent[] => {
    const { wait } = token;
    if (wait?.kind === "event") return [{ token, ...named(wait) }];
    if (wait?.kind !== "several") return [];
    return openParts(wait).flatMap(({ part, is }) =>
      is.kind === "event" ? [{ token, part, ...named(is) }] : [],
    );
  });
}

function named({ name, key }: { name: string; key?: string }): { name: string; key?: string } {
  return { name, ...(key !== undefined && { key }) };
}

/** The parts of a wait that nothing has come for yet. */
export function openParts({ parts, got }: Several): readonly { part: number; is: WaitPart }[] {
  return parts.flatMap((is, part) => (Object.hasOwn(got, part) ? [] : [{ part, is }]));
}

/** When the clock has something to do with a wait for several: its next time, or its end. */
export function dueOfParts(wait: Several): Instant | undefined {
  let due = wait.until;
  for (const { is } of openParts(wait)) {
    if (is.kind === "timer" && (due === undefined || is.until < due)) due = is.until;
  }
  return due;
}

/** The token's wait with one part more that has come. */
export function withPart(token: Token, part: number, value: Json): Token {
  const { wait, dueAt: _due, ...rest } = token;
  if (wait?.kind !== "several") throw new Error(`token ${token.id} waits for one thing only`);
  const next: Several = { ...wait, got: { ...wait.got, [part]: value } };
  const dueAt = dueOfParts(next);
  return { ...rest, wait: next, ...(dueAt !== undefined && { dueAt }) };
}
