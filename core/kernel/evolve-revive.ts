import type { EventOf } from "./event.ts";
import { reviveMap } from "./item-moves.ts";
import { type Instant, own } from "./json.ts";
import { applyMoves } from "./moves.ts";
import { type Halted, type Run, stepOf, type Token } from "./run.ts";

/** A failed run keeps what it had under way. */
export function halted(before: Run, failed: Run): Run {
  const { tokens, joins, signals, scopes, maps, undo } = before;
  const items = { ...(scopes && { scopes }), ...(maps && { maps }), ...(undo && { undo }) };
  return { ...failed, halted: { tokens, joins, signals, ...items } };
}

/** A failed run goes on: the tokens that its failure stopped are there again. */
export function revived(run: Run, event: EventOf<"run.resumed">, at: Instant): Run {
  const { halted: kept, endedAt: _ended, error: _error, units: _units, ...rest } = run;
  if (!kept) throw new Error(`run ${run.id} was resumed at event ${run.seq} and had not failed`);
  const tokens = Object.entries(kept.tokens).map(([id, token]) => [id, revive(token, at)] as const);
  const next: Run = {
    ...rest,
    ...kept,
    status: "running",
    tokens: Object.fromEntries(tokens),
    ...(event.deadline !== undefined && { deadline: event.deadline }),
    ...(event.units && { units: event.units }),
    ...(event.vars && { vars: { ...run.vars, ...event.vars } }),
  };
  return applyMoves(withMaps(next, kept), event.moves ?? []);
}

/** Maps whose failure ended the run begin what is missing again: see the moves of the event. */
function withMaps(run: Run, { tokens }: Halted): Run {
  const maps = { ...run.maps };
  const alive = { ...run.tokens };
  for (const token of Object.values(tokens)) {
    const step = stepOf(token);
    const map = token.stopped ? own(run.maps, step) : undefined;
    const again = run.tokens[token.id];
    if (!map || !again) continue;
    maps[step] = reviveMap(run, step, map, token.id);
    alive[token.id] = { ...again, status: "mapping" };
  }
  return run.maps ? { ...run, maps, tokens: alive } : run;
}

/**
 * Waits for a time or an event go on as they were. A call that was in flight is an orphan, which
 * the next driver takes over. Whatever else was under way begins again, as the same visit.
 */
function revive(token: Token, at: Instant): Token {
  const { stopped, wait, dueAt: _due, recovering: _recovering, ...bare } = token;
  const isUnderWay = token.status !== "ready" && token.status !== "mapping";
  if (token.visit === 0 || (!stopped && !isUnderWay)) {
    return stopped ? { ...bare, since: at } : token;
  }
  if (!stopped && token.status === "waiting" && isOpenAgain(token)) return { ...token, since: at };
  const fresh = { ...bare, recoveries: 0, since: at };
  if (!stopped && token.status === "running") return { ...fresh, spent: token.attempt - 1 };
  const gated = wait?.kind === "approval" && wait.gate === true;
  return { ...fresh, status: "ready", spent: token.attempt, ...(gated && { gated }) };
}

/** Whether a wait can be taken up where it was: a task was closed, and is not opened again. */
function isOpenAgain({ wait }: Token): boolean {
  return wait?.kind === "timer" || wait?.kind === "event" || wait?.kind === "several";
}
