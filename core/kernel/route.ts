import { type Draft, scopeOf } from "./draft.ts";
import type { Move } from "./event.ts";
import { isTrue, type Scope } from "./expression.ts";
import { ExpressionError } from "./expression-limits.ts";
import type { Run, RunError, Token } from "./run.ts";
import { type Edge, matchesCode, type Node } from "./workflow.ts";

/** Where a token goes next, or the error that it meets because it can go nowhere. */
export type Routed =
  | Readonly<{ ok: true; moves: readonly Move[] }>
  | Readonly<{ ok: false; error: RunError }>;

/**
 * Rules one and two of the language: the edges of the outcome's port, tried in order.
 *
 * `run` is the run in which the outcome is already recorded, because conditions may look at it.
 * A success without edges ends the token. Any other port without edges is the caller's failure.
 */
export async function route(
  draft: Draft,
  run: Run,
  token: Token,
  port: string,
  error?: RunError,
): Promise<Routed> {
  const { workflow } = draft.context;
  const node = workflow.nodes.get(token.node);
  if (!node) throw new Error(`workflow ${workflow.name} has no node ${token.node}`);
  const edges = (workflow.edges.get(node.id) ?? []).filter(
    (edge) => edge.port === port && (!error || matchesCode(error.code, edge.errors)),
  );
  if (edges.length === 0) {
    if (port === "success") return { ok: true, moves: [{ op: "end", tokens: [token.id] }] };
    return { ok: false, error: error ?? uncaught(node, port) };
  }
  const taken = await taking(edges, node, scopeOf(draft, run, token));
  if ("code" in taken) return { ok: false, error: taken };
  if (taken.length === 0) {
    if (error) return { ok: false, error };
    const message = `none of the edges of ${node.id} holds`;
    return { ok: false, error: { code: "NO_EDGE", message, node: node.id } };
  }
  return { ok: true, moves: movesOf(draft, run, token, node, taken) };
}

function uncaught(node: Node, port: string): RunError {
  return port === "timeout"
    ? { code: "TIMEOUT", message: `the wait of ${node.id} expired`, node: node.id }
    : { code: "REJECTED", message: `${node.id} was decided as ${port}`, node: node.id };
}

async function taking(
  edges: readonly Edge[],
  node: Node,
  scope: Scope,
): Promise<readonly Edge[] | RunError> {
  const taken: Edge[] = [];
  for (const edge of edges) {
    try {
      if (!(await holds(edge, scope))) continue;
    } catch (cause) {
      if (!(cause instanceof ExpressionError)) throw cause;
      const message = `the condition of the edge from ${edge.from} to ${edge.to}: ${cause.message}`;
      return { code: cause.code, message, node: node.id };
    }
    taken.push(edge);
    if (node.split === "first") break;
  }
  return taken;
}

async function holds(edge: Edge, scope: Scope): Promise<boolean> {
  if (edge.when === undefined || typeof edge.when === "boolean") return edge.when ?? true;
  return isTrue(await edge.when.evaluate(scope));
}

function movesOf(
  draft: Draft,
  run: Run,
  token: Token,
  node: Node,
  edges: readonly Edge[],
): readonly Move[] {
  const parks = (to: string) =>
    draft.context.workflow.nodes.get(to)?.join.type === "any" ? {} : { park: true };
  const [first] = edges;
  if (node.split === "first" && first) {
    return [{ op: "go", token: token.id, to: first.to, ...parks(first.to) }];
  }
  const counted = [...draft.context.workflow.splitOf.values()].includes(node.id);
  const forks = edges.map((edge, index): Move => {
    const id = run.tokensMade + 1 + index;
    const fork = counted ? { fork: { split: node.id, instance: token.arrival } } : {};
    return { op: "fork", token: id, from: token.id, to: edge.to, ...parks(edge.to), ...fork };
  });
  return [...forks, { op: "end", tokens: [token.id] }];
}
