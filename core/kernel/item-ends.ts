import type { Move } from "./event.ts";
import { countOf, isWithin, type MapState, mapOf, mapState, scopeAround } from "./frames.ts";
import { own } from "./json.ts";
import { bytesOfItem, carve, tokensKept } from "./kept-items.ts";
import { applyMoves } from "./moves.ts";
import { type Run, type RunError, stepOf, type Token, tokensOf } from "./run.ts";
import { SIZES } from "./sizes.ts";
import type { MapPolicy, Workflow } from "./workflow.ts";

/** What follows when a token of an item went: the item may be over, and so may its map. */
export function settleItems(
  workflow: Workflow,
  run: Run,
  scope: string | undefined,
): readonly Move[] {
  if (scope === undefined) return [];
  if (tokensOf(run).some((token) => isWithin(token.scope, scope))) return [];
  return endItem(workflow, run, scope);
}

/** An item is over, well or by an error: its map goes on to the next, or is decided. */
export function endItem(
  workflow: Workflow,
  run: Run,
  scope: string,
  error?: RunError,
): readonly Move[] {
  const left: Move = { op: "leave", scope, ...(error && { error }) };
  const step = mapOf(scope);
  const after = applyMoves(run, [left]);
  const map = own(after.maps, step);
  const token = map?.token === undefined ? undefined : after.tokens[map.token];
  // Where its map has gone on before, what that is in may have waited for this item alone.
  if (!map || !token) return [left, ...settleItems(workflow, after, scopeAround(step))];
  if (token.status !== "mapping") return [left];
  if (!error || !isWorthKeeping(workflow, run, scope, map)) {
    return [left, ...goOn(workflow, after, step, map)];
  }
  const kept: Move = { ...left, keep: true };
  const keeping = applyMoves(run, [kept]);
  return [kept, ...goOn(workflow, keeping, step, mapState(keeping, step))];
}

/** How much of items that failed, and are tolerated, a map keeps for a retry: some of them. */
const KEPT_BYTES_MAX = 64 * 1024;

/** An item that fails its map can go on when the run is retried; others, as there is room. */
function isWorthKeeping(workflow: Workflow, run: Run, scope: string, map: MapState): boolean {
  if (isFailed(verdictOf(map, policyOf(workflow, map.node)))) return true;
  const { item } = carve(run, scope);
  return (map.kept?.bytes ?? 0) + bytesOfItem(item) <= KEPT_BYTES_MAX;
}

function isFailed(verdict: Verdict): boolean {
  return verdict === "failed" || verdict === "large";
}

/** The items that a map may begin now, or its end. */
export function goOn(workflow: Workflow, run: Run, step: string, map: MapState): readonly Move[] {
  const policy = policyOf(workflow, map.node);
  const verdict = verdictOf(map, policy);
  if (verdict !== "open") {
    const drop = map.open > 0 && policy.rest === "cancel";
    const keep = drop && isFailed(verdict);
    return [{ op: "settle", map: step, ...(drop && { drop }), ...(keep && { keep }) }];
  }
  const start = workflow.bodies.get(map.node)?.start ?? "";
  const parks = workflow.nodes.get(start)?.join.type !== "any";
  const { again = [] } = map;
  const left = again.length + countOf(map) - map.next;
  const count = Math.min(policy.concurrency - map.open, left);
  const moves: Move[] = [];
  let now = run;
  let made = run.tokensMade;
  for (let nth = 0; nth < count; nth++) {
    const index = again[nth] ?? map.next + nth - again.length;
    const kept = tokensKept(map, step, index);
    if (kept.length === 0) {
      const park = parks && { park: true };
      moves.push({ op: "enter", map: step, token: ++made, index, to: start, ...park });
      continue;
    }
    const some = goOnWith(workflow, now, { op: "again", map: step, index }, kept);
    moves.push(...some);
    now = applyMoves(now, some);
    made = Math.max(made, now.tokensMade);
  }
  return moves;
}

/** An item goes on where it was, and so do the maps in it whose failure was its own. */
function goOnWith(
  workflow: Workflow,
  run: Run,
  again: Move,
  tokens: readonly Token[],
): readonly Move[] {
  const moves = [again];
  for (const token of tokens) {
    const now = applyMoves(run, moves);
    const map = token.stopped ? own(now.maps, stepOf(token)) : undefined;
    if (map) moves.push(...goOn(workflow, now, stepOf(token), map));
  }
  return moves;
}

export type Verdict = "open" | "succeeded" | "failed" | "large";

/** Whether enough items have succeeded, or too many have failed. */
export function verdictOf(map: MapState, policy: MapPolicy): Verdict {
  const { next, open, succeeded, failed, bytes } = map;
  const count = countOf(map);
  const { minSuccessful: enough } = policy;
  if (bytes > SIZES.valueMax) return "large";
  if (failed > failuresMax(count, policy)) return "failed";
  if (enough !== undefined && succeeded >= enough) return "succeeded";
  const isDone = next >= count && open === 0 && map.again === undefined;
  return isDone ? "succeeded" : "open";
}

function failuresMax(count: number, { tolerate, minSuccessful }: MapPolicy): number {
  const spare = minSuccessful === undefined ? count : count - minSuccessful;
  if (tolerate === undefined) return minSuccessful === undefined ? 0 : spare;
  const allowed = tolerate.percent ? Math.floor((count * tolerate.of) / 100) : tolerate.of;
  return Math.min(allowed, spare);
}

export function policyOf(workflow: Workflow, node: string): MapPolicy {
  const policy = workflow.nodes.get(node)?.map;
  if (!policy) throw new Error(`${node} of workflow ${workflow.name} is no map`);
  return policy;
}
