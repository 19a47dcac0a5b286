/** Questions about who leads where; nothing here knows what a node does. */
export type Graph = Readonly<{
  nodes: readonly string[];
  /** The nodes that one edge leads to, by any port. */
  next(node: string): readonly string[];
}>;

/** All nodes that a path of at least one edge leads to, past none of `except`. */
export function reachable(graph: Graph, from: string, except?: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [from];
  while (open.length > 0) {
    const node = open.pop() as string;
    for (const next of graph.next(node)) {
      if (next === except || seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return seen;
}

/** `reaches(a, b)` with each node's answer worked out once, when it is first asked. */
export function reachability(graph: Graph): (from: string, to: string) => boolean {
  const known = new Map<string, ReadonlySet<string>>();
  return (from, to) => {
    let set = known.get(from);
    if (!set) {
      set = reachable(graph, from);
      known.set(from, set);
    }
    return set.has(to);
  };
}

/**
 * Of the candidates, the one nearest to `node` that every path from `start` to it passes through.
 * Nearest is the one that is dominated by all the others.
 */
export function nearestDominator(
  graph: Graph,
  start: string,
  node: string,
  candidates: readonly string[],
): string | undefined {
  const dominators = candidates.filter((candidate) => {
    if (candidate === node) return false;
    if (candidate === start) return true;
    return !reachable(graph, start, candidate).has(node);
  });
  return dominators.find((one) =>
    dominators.every(
      (other) => other === one || other === start || !reachable(graph, start, other).has(one),
    ),
  );
}
