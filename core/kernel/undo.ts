import { arrive } from "./arrive.ts";
import type { EventOf, Move } from "./event.ts";
import { type Run, stepId, type Token, tokensOf } from "./run.ts";

/** What comes after a step that ended while the run is being undone: the step before it. */
export function nextUndo(run: Run, ended?: number): readonly Move[] {
  const moves: Move[] = ended === undefined ? [] : [{ op: "end", tokens: [ended] }];
  const others = tokensOf(run).filter(({ id }) => id !== ended);
  if (others.length > 0 || (run.undo ?? []).length === 0) return moves;
  return [...moves, { op: "undo", token: run.tokensMade + 1 }];
}

/** From here on the run only undoes what it did, and then it ends. */
export function undoing(run: Run, event: EventOf<"run.running">): Run {
  const { scopes: _scopes, maps: _maps, pausedWithParent, ...rest } = run;
  const { error, reason, awaits = [], paused } = event;
  const kept = awaits.flatMap((id): [string, Token][] => {
    const token = run.tokens[id];
    return token ? [[String(id), token]] : [];
  });
  const end = { ...(error && { error }), ...(reason !== undefined && { reason }) };
  return {
    ...rest,
    status: paused ? "paused" : "running",
    ...(paused && pausedWithParent && { pausedWithParent }),
    tokens: Object.fromEntries(kept),
    joins: {},
    undoing: end,
  };
}

/** The step that succeeded last is undone: a token is at the node that does it. */
export function undoLast(run: Run, id: number): Run {
  const undo = run.undo ?? [];
  const last = undo.at(-1);
  if (!last) throw new Error(`run ${run.id} has nothing to undo at event ${run.seq}`);
  const { node, visit, by } = last;
  const made = { ...run, undo: undo.slice(0, -1), tokensMade: Math.max(run.tokensMade, id) };
  const arrived = arrive(made, { seen: { [node]: visit } }, id, by);
  const token = arrived.tokens[id];
  if (!token) return arrived;
  const undoes = { ...token, undoes: stepId(node, visit) };
  return { ...arrived, tokens: { ...arrived.tokens, [id]: undoes } };
}
