import type { Move } from "./event.ts";
import { isWithin, type MapState, mapOf, scopeAround } from "./frames.ts";
import { own } from "./json.ts";
import { applyMoves } from "./moves.ts";
import { type Run, type RunError, tokensOf } from "./run.ts";
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
  const moves: Move[] = [{ op: "leave", scope, ...(error && { error }) }];
  const step = mapOf(scope);
  const after = applyMoves(run, moves);
  const map = own(after.maps, step);
  const token = map?.token === undefined ? undefined : after.tokens[map.token];
  if (!map || !token) {
    // The map has gone on before. What it is in may have waited for this item alone.
    moves.push(...settleItems(workflow, after, scopeAround(step)));
  } else if (token.status === "mapping") moves.push(...goOn(workflow, after, step, map));
  return moves;
}

/** The items that a map may begin now, or its end. */
export function goOn(workflow: Workflow, run: Run, step: string, map: MapState): readonly Move[] {
  const policy = policyOf(workflow, map.node);
  if (verdictOf(map, policy) !== "open") {
    const drop = map.open > 0 && policy.rest === "cancel";
    return [{ op: "settle", map: step, ...(drop && { drop }) }];
  }
  const start = workflow.bodies.get(map.node)?.start ?? "";
  const parks = workflow.nodes.get(start)?.join.type !== "any";
  const { again = [] } = map;
  const left = again.length + map.items.length - map.next;
  const count = Math.min(policy.concurrency - map.open, left);
  return Array.from({ length: Math.max(0, count) }, (_, index) => ({
    op: "enter",
    map: step,
    token: run.tokensMade + 1 + index,
    index: again[index] ?? map.next + index - again.length,
    to: start,
    ...(parks && { park: true }),
  }));
}

export type Verdict = "open" | "succeeded" | "failed" | "large";

/** Whether enough items have succeeded, or too many have failed. */
export function verdictOf(map: MapState, policy: MapPolicy): Verdict {
  const { items, next, open, succeeded, failed, bytes } = map;
  const { minSuccessful: enough } = policy;
  if (bytes > SIZES.mapMax) return "large";
  if (failed > failuresMax(items.length, policy)) return "failed";
  if (enough !== undefined && succeeded >= enough) return "succeeded";
  const isDone = next >= items.length && open === 0 && map.again === undefined;
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
