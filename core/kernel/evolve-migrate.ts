import type { EventOf } from "./event.ts";
import { own } from "./json.ts";
import { applyMoves } from "./moves.ts";
import type { Halted, Run, Token } from "./run.ts";

type Migrated = EventOf<"run.migrated">;
type Standing = Pick<Run, "tokens" | "joins" | "undo">;

/** The run under its new definition: what nodes are called there, and what begins anew. */
export function migrated(run: Run, event: Migrated): Run {
  const { map = {} } = event;
  const name = (node: string) => own(map, node) ?? node;
  const keys = <Value>(record: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [name(key), value]));
  const next: Run = {
    ...run,
    ...standing(run, event, name),
    workflow: event.to,
    visits: keys(run.visits),
    calls: keys(run.calls),
    results: keys(run.results),
    ...(run.halted && { halted: { ...run.halted, ...standing(run.halted, event, name) } }),
  };
  return applyMoves(next, event.moves ?? []);
}

function standing(
  { tokens, joins, undo }: Standing | Halted,
  event: Migrated,
  name: (node: string) => string,
): Standing {
  const renamed = Object.entries(tokens).map(([id, token]) => [
    id,
    moved(begunAnew(token, event), name),
  ]);
  return {
    tokens: Object.fromEntries(renamed),
    joins,
    ...(undo && { undo: undo.map((one) => ({ ...one, node: name(one.node), by: name(one.by) })) }),
  };
}

function moved(token: Token, name: (node: string) => string): Token {
  const { node, seen, forks, scope } = token;
  return {
    ...token,
    node: name(node),
    // In an item, names are those of the body, which keep theirs.
    ...(seen &&
      scope === undefined && {
        seen: Object.fromEntries(Object.entries(seen).map(([one, visit]) => [name(one), visit])),
      }),
    ...(forks && { forks: forks.map((fork) => ({ ...fork, split: name(fork.split) })) }),
  };
}

function begunAnew(token: Token, { anew = [], reopened = [] }: Migrated): Token {
  if (anew.includes(token.id)) {
    const { input: _old, ...rest } = token;
    return rest;
  }
  if (!reopened.includes(token.id)) return token;
  const { wait: _wait, dueAt: _due, ...rest } = token;
  return { ...rest, status: "ready", recoveries: 0, spent: token.attempt };
}
