/** Questions about who leads where; nothing here knows what a node does. */
export type Graph = Readonly<{
  nodes: readonly string[];
  /** The nodes that one edge leads to, by any port. */
  next(node: string): readonly string[];
}>;

/** All nodes that a path of at least one edge leads to. */
export function reachable(graph: Graph, from: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [from];
  while (open.length > 0) {
    const node = open.pop() as string;
    for (const next of graph.next(node)) {
      if (seen.has(next)) continue;
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
 * For each node that can be reached, the node that every path to it passes last before it: its
 * immediate dominator (Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", 2001).
 */
export function dominators(graph: Graph, start: string): ReadonlyMap<string, string> {
  const order = postorder(graph, start);
  const rank = new Map(order.map((node, index) => [node, index]));
  const before = new Map<string, string[]>();
  for (const node of order) {
    for (const next of graph.next(node)) before.set(next, [...(before.get(next) ?? []), node]);
  }
  const found = new Map([[start, start]]);
  const meet = (one: string, other: string): string => {
    let [a, b] = [one, other];
    while (a !== b) {
      if ((rank.get(a) ?? 0) < (rank.get(b) ?? 0)) a = found.get(a) ?? start;
      else b = found.get(b) ?? start;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order.toReversed()) {
      if (node === start) continue;
      const known = (before.get(node) ?? []).filter((other) => found.has(other));
      const [first, ...others] = known;
      if (first === undefined) continue;
      const best = others.reduce(meet, first);
      if (found.get(node) === best) continue;
      found.set(node, best);
      changed = true;
    }
  }
  return found;
}

/** The nearest node above `node` in the tree of dominators for which `isWanted` holds. */
export function nearestAbove(
  tree: ReadonlyMap<string, string>,
  node: string,
  isWanted: (node: string) => boolean,
): string | undefined {
  for (let at = node; ; ) {
    const above = tree.get(at);
    if (above === undefined || above === at) return undefined;
    if (isWanted(above)) return above;
    at = above;
  }
}

/** Nodes after all that they lead to, without recursion: a chain may be a thousand long. */
function postorder(graph: Graph, start: string): readonly string[] {
  const order: string[] = [];
  const seen = new Set([start]);
  const stack = [{ node: start, at: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = graph.next(top.node)[top.at++];
    if (next === undefined) {
      order.push(top.node);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ node: next, at: 0 });
    }
  }
  return order;
}
