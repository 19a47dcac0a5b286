import { arrive } from "./arrive.ts";
import type { Move } from "./event.ts";
import { frameOf, withFrame } from "./frames.ts";
import { endTokens, enter, leave, leaveItems, settleMap } from "./item-moves.ts";
import { own } from "./json.ts";
import { goOnAgain } from "./kept-items.ts";
import type { Fork, Run, Token } from "./run.ts";
import { undoLast } from "./undo.ts";

/** The run after its tokens went on. Steps that the tokens had are already recorded. */
export function applyMoves(run: Run, moves: readonly Move[]): Run {
  return moves.reduce(applyMove, run);
}

function applyMove(run: Run, move: Move): Run {
  switch (move.op) {
    case "go":
      return arrive(
        leaveItems(run, move.token),
        tokenOf(run, move.token),
        move.token,
        move.to,
        move.park,
      );
    case "fork": {
      const parent = tokenOf(run, move.from);
      const seen = parent.seen ?? newestVisits(run, parent.scope);
      const forks = move.fork
        ? [...before(parent.forks ?? [], move.fork.split), move.fork]
        : parent.forks;
      const child: Token = { ...parent, seen, ...(forks && { forks }) };
      const made = { ...run, tokensMade: Math.max(run.tokensMade, move.token) };
      return arrive(made, child, move.token, move.to, move.park);
    }
    case "merge":
      return merge(run, move);
    case "end":
      return endTokens(run, move.tokens);
    case "undo":
      return undoLast(run, move.token);
    case "count": {
      const { arrived, fired, scope } = move;
      const { joins } = frameOf(run, scope);
      return withFrame(run, scope, { joins: { ...joins, [move.join]: { arrived, fired } } });
    }
    case "enter":
      return enter(run, move);
    case "leave":
      return leave(run, move);
    case "settle":
      return settleMap(run, move);
    case "again":
      return goOnAgain(run, move);
  }
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

function newestVisits(run: Run, scope: string | undefined): Readonly<Record<string, number>> {
  const seen: [string, number][] = [];
  for (const [node, results] of Object.entries(frameOf(run, scope).results)) {
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
