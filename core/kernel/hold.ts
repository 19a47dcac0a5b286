import type { Instant, Json } from "./json.ts";
import { hasEnded, type Run, type Token, tokensOf } from "./run.ts";

/** A limit of which a run takes a unit while it is active. */
export type Unit = Readonly<{ name: string; max: number }>;

/** Why a run that was made has not begun: its time has not come, or a limit has no room for it. */
export type Hold = Readonly<{
  /** Not before then. */
  until?: Instant;
  /** The limit in whose line it stands. */
  line?: string;
  /** What it takes when it begins. */
  units?: readonly Unit[];
}>;

export type HoldEvent =
  /** A run that was held begins, and holds a unit of these limits until it ends. */
  | Readonly<{ type: "run.admitted"; units?: readonly string[] }>
  /** A run that has not begun stands in the line of a limit. */
  | Readonly<{ type: "run.lined"; line: string }>;

/** The token of a run that has not begun, with what holds it. */
export function heldToken(run: Run): (Token & Readonly<{ hold: Hold }>) | undefined {
  for (const token of tokensOf(run)) {
    if (token.status === "held" && token.hold) return { ...token, hold: token.hold };
  }
  return undefined;
}

/** Whether its time has come, and only the limits are left to ask. */
export function isToAsk(run: Run, now: Instant): boolean {
  const held = heldToken(run);
  const { line, until, units = [] } = held?.hold ?? {};
  return held !== undefined && line === undefined && units.length > 0 && (until ?? 0) <= now;
}

export function ofHold(run: Run, event: HoldEvent, at: Instant): Run {
  return event.type === "run.admitted"
    ? released(run, event.units, at)
    : lined(run, event.line, at);
}

function released(run: Run, units: readonly string[] | undefined, at: Instant): Run {
  const held = heldToken(run);
  if (!held) return run;
  const { hold: _hold, dueAt: _due, ...rest } = held;
  const token: Token = { ...rest, status: "ready", since: at };
  return {
    ...run,
    ...(units && units.length > 0 && { units }),
    tokens: { ...run.tokens, [token.id]: token },
  };
}

/** It stands in the line of a limit from now on. */
function lined(run: Run, line: string, at: Instant): Run {
  const held = heldToken(run);
  if (!held) return run;
  const { dueAt: _due, ...rest } = held;
  const { until: _until, ...hold } = held.hold;
  const token: Token = { ...rest, since: at, hold: { ...hold, line } };
  return { ...run, tokens: { ...run.tokens, [token.id]: token } };
}

/** What holds it, as readers see it. */
export function heldBy({ hold }: Token): { readonly [key: string]: Json } {
  if (hold?.line === undefined) return { kind: "timer" };
  return { kind: "limit", name: hold.line === "activeRuns" ? "maxActiveRuns" : "concurrency" };
}

/** Ended, held, or waiting for something other than its own next attempt. */
export function isSettled(run: Run): boolean {
  if (hasEnded(run) || run.status === "paused") return true;
  return tokensOf(run).some(
    ({ status }) => status === "held" || (status === "waiting" && run.status === "waiting"),
  );
}
