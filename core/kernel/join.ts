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
  const gatherings = gather(workflow, run, byArrival);
  for (const gathering of gatherings) {
    const moves = countingMoves(workflow, run, gathering);
    if (moves.length > 0) return moves;
  }
  const moves = allMoves(workflow, run, byArrival);
  return moves.length > 0 ? moves : stuckMoves(workflow, run, byArrival, gatherings);
}

/** What has come to a counting join of one instance of its split, and what can still come. */
type Gathering = Readonly<{
  node: string;
  split: string;
  instance: number | undefined;
  /** In the order of their arrival. */
  here: readonly Token[];
  siblings: readonly Token[];
}>;

/** The counting joins at which tokens are parked, the earliest arrival first. */
function gather(workflow: Workflow, run: Run, byArrival: readonly Token[]): readonly Gathering[] {
  const counting = byArrival.filter((token) => isCounting(workflow, token.node));
  const found = new Map<string, Gathering & { here: Token[] }>();
  const families = new Map<string, ReadonlyMap<number | undefined, readonly Token[]>>();
  for (const token of counting) {
    const { node } = token;
    const split = workflow.splitOf.get(node) ?? "";
    const instance = forkOf(token, split)?.instance;
    const known = found.get(`${node}#${instance}`);
    if (known) {
      known.here.push(token);
      continue;
    }
    const family =
      families.get(split) ?? Map.groupBy(tokensOf(run), (one) => forkOf(one, split)?.instance);
    families.set(split, family);
    const siblings = (family.get(instance) ?? []).filter(
      (one) => !(one.status === "parked" && one.node === node) && workflow.reaches(one.node, node),
    );
    found.set(`${node}#${instance}`, { node, split, instance, here: [token], siblings });
  }
  return [...found.values()];
}

function isCounting(workflow: Workflow, node: string): boolean {
  return workflow.nodes.get(node)?.join.type === "atLeast";
}

/**
 * Counting joins that only wait for each other will never be satisfied: the earliest gives up.
 *
 * A parked token can still move when one that moves can come to its join; what is left is stuck.
 */
function stuckMoves(
  workflow: Workflow,
  run: Run,
  parked: readonly Token[],
  gatherings: readonly Gathering[],
): readonly Move[] {
  if (gatherings.every(({ siblings }) => siblings.some(isMoving))) return [];
  const moving = tokensOf(run).filter(isMoving);
  let still = parked;
  for (let known = -1; known < moving.length; ) {
    known = moving.length;
    const isFreed = (token: Token) => moving.some((one) => mayFree(workflow, one, token));
    const { true: freed = [], false: stuck = [] } = Object.groupBy(still, (token) =>
      isFreed(token) ? "true" : "false",
    );
    moving.push(...freed);
    still = stuck;
  }
  const stuck = new Set(still);
  const first = gatherings.find(({ here }) => here.some((token) => stuck.has(token)));
  return first ? countingMoves(workflow, run, first, true) : [];
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
  { node, split, instance, here, siblings }: Gathering,
  isStuck = false,
): readonly Move[] {
  const join = workflow.nodes.get(node)?.join;
  if (join?.type !== "atLeast") return [];
  const name = `${node}#${instance ?? 0}`;
  if (run.joins[name]?.fired) return [{ op: "end", tokens: idsOf(here) }];
  if (here.length >= join.n) {
    const moves: Move[] = [{ op: "count", join: name, arrived: join.n, fired: true }];
    const late = here.slice(join.n);
    const rest = idsOf(join.rest === "cancel" ? [...late, ...siblings] : late);
    if (rest.length > 0) moves.push({ op: "end", tokens: rest });
    moves.push({ ...mergeOf(here.slice(0, join.n)), leaves: split });
    return moves;
  }
  if (!isStuck && siblings.length > 0) return [];
  return [
    { op: "count", join: name, arrived: here.length, fired: true },
    { ...mergeOf(here), leaves: split, unsatisfied: true },
  ];
}

function forkOf(token: Token, split: string): Fork | undefined {
  return token.forks?.findLast((fork) => fork.split === split);
}

function mergeOf(tokens: readonly Token[]): Extract<Move, { op: "merge" }> {
  const ids = tokens.map((token) => token.id);
  return { op: "merge", tokens: ids, into: ids[0] ?? 0 };
}

function isMoving({ status }: Token): boolean {
  return status !== "parked";
}

function idsOf(tokens: readonly Token[]): readonly number[] {
  return tokens.map(({ id }) => id);
}
