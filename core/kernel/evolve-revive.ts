import type { EventOf } from "./event.ts";
import { reviveMaps } from "./kept-items.ts";
import { applyMoves } from "./moves.ts";
import { revive } from "./revive-token.ts";
import type { Run } from "./run.ts";

/** A failed run keeps what it had under way. */
export function halted(before: Run, failed: Run): Run {
  const { tokens, joins, signals, scopes, maps, undo } = before;
  const items = { ...(scopes && { scopes }), ...(maps && { maps }), ...(undo && { undo }) };
  return { ...failed, halted: { tokens, joins, signals, ...items } };
}

/** A failed run goes on: the tokens that its failure stopped are there again. */
export function revived(run: Run, event: EventOf<"run.resumed">): Run {
  const { halted: kept, endedAt: _ended, error: _error, units: _units, ...rest } = run;
  if (!kept) throw new Error(`run ${run.id} was resumed at event ${run.seq} and had not failed`);
  const tokens = Object.entries(kept.tokens).map(
    ([id, token]) => [id, revive(token, run.at)] as const,
  );
  const next: Run = {
    ...rest,
    ...kept,
    status: "running",
    tokens: Object.fromEntries(tokens),
    ...(event.deadline !== undefined && { deadline: event.deadline }),
    ...(event.units && { units: event.units }),
    ...(event.vars && { vars: { ...run.vars, ...event.vars } }),
  };
  return applyMoves(reviveMaps(next, kept.tokens), event.moves ?? []);
}
