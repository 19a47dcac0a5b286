import type { Move } from "./event.ts";
import { own } from "./json.ts";
import type { Fork, Run, Token } from "./run.ts";

/** The run after its tokens went on. Steps that the tokens had are already recorded. */
export function applyMoves(run: Run, moves: readonly Move[]): Run {
  return moves.reduce(applyMove, run);
}

function applyMove(run: Run, move: Move): Run {
  switch (move.op) {
    case "go":
      return arrive(run, tokenOf(run, move.token), move.token, move.to, move.park);
    case "fork": {
      const parent = tokenOf(run, move.from);
      const seen = parent.seen ?? newestVisits(run);
      const forks = move.fork
        ? [...before(parent.forks ?? [], move.fork.split), move.fork]
        : parent.forks;
      const child: Token = { ...parent, seen, ...(forks && { forks }) };
      const made = { ...run, tokensMade: Math.max(run.tokensMade, move.token) };
      return arrive(made, child, move.token, move.to, move.park);
    }
    case "merge":
      return merge(run, move);
    case "end": {
      const tokens = { ...run.tokens };
      for (const id of move.tokens) delete tokens[id];
      return { ...run, tokens };
    }
    case "count": {
      const { arrived, fired } = move;
      return { ...run, joins: { ...run.joins, [move.join]: { arrived, fired } } };
    }
  }
}

function arrive(run: Run, from: Token, id: number, to: string, park?: boolean): Run {
  const token: Token = {
    id,
    node: to,
    status: park ? "parked" : "ready",
    visit: 0,
    attempt: 0,
    recoveries: 0,
    call: 0,
    since: run.at,
    arrival: run.arrivals + 1,
    ...(from.forks && { forks: from.forks }),
    ...(from.seen && { seen: from.seen }),
  };
  return { ...run, arrivals: run.arrivals + 1, tokens: { ...run.tokens, [id]: token } };
}

function merge(run: Run, move: Extract<Move, { op: "merge" }>): Run {
  const merged = move.tokens.map((id) => tokenOf(run, id));
  const first = tokenOf(run, move.into);
  const tokens = { ...run.tokens };
  for (const token of merged) delete tokens[token.id];
  const seen: Record<string, number> = {};
  for (const token of merged) {
    for (const [node, visit] of Object.entries(token.seen ?? {})) {
      seen[node] = Math.max(visit, own(seen, node) ?? 0);
    }
  }
  const forks = before(commonForks(merged), move.leaves);
  const { forks: _forks, seen: _seen, ...bare } = first;
  tokens[first.id] = {
    ...bare,
    status: "ready",
    ...(forks.length > 0 && { forks }),
    ...(Object.keys(seen).length > 0 && { seen }),
    ...(move.unsatisfied && { unsatisfied: true }),
  };
  return { ...run, tokens };
}

function commonForks(tokens: readonly Token[]): readonly Fork[] {
  const [first, ...others] = tokens.map((token) => token.forks ?? []);
  const common: Fork[] = [];
  for (const [index, fork] of (first ?? []).entries()) {
    const shared = others.every((forks) => {
      const other = forks[index];
      return other?.split === fork.split && other.instance === fork.instance;
    });
    if (!shared) break;
    common.push(fork);
  }
  return common;
}

/** A path that comes round to a split again, or leaves by its join, leaves the instance behind. */
function before(forks: readonly Fork[], split: string | undefined): readonly Fork[] {
  const at = forks.findIndex((fork) => fork.split === split);
  return at < 0 ? forks : forks.slice(0, at);
}

function newestVisits(run: Run): Readonly<Record<string, number>> {
  const seen: [string, number][] = [];
  for (const [node, results] of Object.entries(run.results)) {
    const newest = results.at(-1);
    if (newest) seen.push([node, newest.visit]);
  }
  return Object.fromEntries(seen);
}

function tokenOf(run: Run, id: number): Token {
  const token = run.tokens[id];
  if (!token) throw new Error(`run ${run.id} has no token ${id}`);
  return token;
}
