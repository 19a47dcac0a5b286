import type { Move } from "./event.ts";
import { frameOf } from "./frames.ts";
import { applyMoves } from "./moves.ts";
import { type Fork, type Run, type Token, tokensOf } from "./run.ts";
import type { Workflow } from "./workflow.ts";

/**
 * What the joins do after tokens moved, ended or were cancelled: asked again until nothing changes.
 *
 * An `all` join fires when no token that is not parked can still come to it; a join upstream goes
 * first. Where joins wait for each other, the earliest arrival fires, so a graph never deadlocks.
 * A counting join fires at its n-th arrival, or fails when none can come any more.
 *
 * Only the tokens of one scope are looked at: what an item does concerns no other item.
 */
export function settleJoins(
  workflow: Workflow,
  run: Run,
  scope: string | undefined,
): readonly Move[] {
  const moves: Move[] = [];
  let now = only(run, scope);
  for (;;) {
    const next = nextMoves(workflow, now);
    if (next.length === 0) break;
    moves.push(...next);
    now = applyMoves(now, next);
  }
  if (scope === undefined) return moves;
  return moves.map((move) => (move.op === "count" ? { ...move, scope } : move));
}

/** The run as if it were nothing but the scope. */
function only(run: Run, scope: string | undefined): Run {
  if (!run.scopes) return run;
  const within = tokensOf(run).filter((token) => token.scope === scope);
  const tokens = Object.fromEntries(within.map((token) => [token.id, token]));
  return { ...run, tokens, joins: frameOf(run, scope).joins };
}

function nextMoves(workflow: Workflow, run: Run): readonly Move[] {
  const parked = tokensOf(run).filter((token) => token.status === "parked");
  if (parked.length === 0) return [];
  const byArrival = parked.toSorted((a, b) => a.arrival - b.arrival);
  for (const token of byArrival) {
    if (workflow.nodes.get(token.node)?.join.type !== "atLeast") continue;
    const moves = countingMoves(workflow, run, token, byArrival);
    if (moves.length > 0) return moves;
  }
  const moves = allMoves(workflow, run, byArrival);
  return moves.length > 0 ? moves : stuckMoves(workflow, run, byArrival);
}

/**
 * Counting joins that only wait for each other will never be satisfied: the earliest gives up.
 *
 * A parked token can still move when one that moves can come to its join; what is left is stuck.
 */
function stuckMoves(workflow: Workflow, run: Run, parked: readonly Token[]): readonly Move[] {
  const counts = (token: Token) => workflow.nodes.get(token.node)?.join.type === "atLeast";
  if (!parked.some(counts)) return [];
  const moving = tokensOf(run).filter((token) => token.status !== "parked");
  let still = parked;
  for (let known = -1; known < moving.length; ) {
    known = moving.length;
    const freed = still.filter((token) => moving.some((one) => mayFree(workflow, one, token)));
    moving.push(...freed);
    still = still.filter((token) => !freed.includes(token));
  }
  const first = still.find(counts);
  return first ? countingMoves(workflow, run, first, parked, true) : [];
}

function mayFree(workflow: Workflow, one: Token, parked: Token): boolean {
  if (!workflow.reaches(one.node, parked.node)) return false;
  const split = workflow.splitOf.get(parked.node);
  return split === undefined || isSibling(one, parked, split);
}

function isSibling(one: Token, other: Token, split: string): boolean {
  return forkOf(one, split)?.instance === forkOf(other, split)?.instance;
}

function allMoves(workflow: Workflow, run: Run, parked: readonly Token[]): readonly Move[] {
  const live = tokensOf(run).filter((token) => token.status !== "parked");
  const isAll = (node: string) => workflow.nodes.get(node)?.join.type === "all";
  const joins = [...new Set(parked.map((token) => token.node))];
  const open = joins.filter(
    (join) => isAll(join) && !live.some((token) => workflow.reaches(token.node, join)),
  );
  const first =
    open.find((join) => !joins.some((other) => isUpstream(workflow, other, join))) ?? open[0];
  if (first === undefined) return [];
  return [mergeOf(parked.filter((token) => token.node === first))];
}

function isUpstream(workflow: Workflow, other: string, join: string): boolean {
  return other !== join && workflow.reaches(other, join) && !workflow.reaches(join, other);
}

/** The arrivals of one instance at a counting join: counted, fired, swallowed or given up. */
function countingMoves(
  workflow: Workflow,
  run: Run,
  token: Token,
  parked: readonly Token[],
  isStuck = false,
): readonly Move[] {
  const node = workflow.nodes.get(token.node);
  if (node?.join.type !== "atLeast") return [];
  const split = workflow.splitOf.get(node.id) ?? "";
  const fork = forkOf(token, split);
  const here = parked.filter(
    (other) => other.node === node.id && forkOf(other, split)?.instance === fork?.instance,
  );
  const name = `${node.id}#${fork?.instance ?? 0}`;
  const state = run.joins[name] ?? { arrived: 0, fired: false };
  if (state.fired) return [{ op: "end", tokens: here.map((other) => other.id) }];
  if (here.length >= node.join.n) {
    const arrived = here.slice(0, node.join.n);
    const moves: Move[] = [{ op: "count", join: name, arrived: node.join.n, fired: true }];
    const late = here.slice(node.join.n).map((other) => other.id);
    const cancelled =
      node.join.rest === "cancel" ? siblings(workflow, run, node.id, split, fork, here) : [];
    if (late.length + cancelled.length > 0) {
      moves.push({ op: "end", tokens: [...late, ...cancelled] });
    }
    moves.push({ ...mergeOf(arrived), leaves: split });
    return moves;
  }
  if (!isStuck && siblings(workflow, run, node.id, split, fork, here).length > 0) return [];
  return [
    { op: "count", join: name, arrived: here.length, fired: true },
    { ...mergeOf(here), leaves: split, unsatisfied: true },
  ];
}

/** Tokens of the same instance that are not here, and can still come. */
function siblings(
  workflow: Workflow,
  run: Run,
  join: string,
  split: string,
  fork: Fork | undefined,
  here: readonly Token[],
): number[] {
  return tokensOf(run)
    .filter(
      (token) =>
        !here.includes(token) &&
        forkOf(token, split)?.instance === fork?.instance &&
        workflow.reaches(token.node, join),
    )
    .map((token) => token.id);
}

function forkOf(token: Token, split: string): Fork | undefined {
  return token.forks?.findLast((fork) => fork.split === split);
}

function mergeOf(tokens: readonly Token[]): Extract<Move, { op: "merge" }> {
  const ids = tokens.map((token) => token.id);
  return { op: "merge", tokens: ids, into: ids[0] ?? 0 };
}
