import type { Check } from "./check.ts";
import { type Graph, nearestDominator, reachable } from "./graph.ts";
import { isObject, type JsonObject } from "./json.ts";

/** What the graph as a whole must be: all of it reached, with an end, and joins that work. */
export function checkGraph(
  start: string,
  nodes: readonly JsonObject[],
  edges: readonly JsonObject[],
  byId: ReadonlyMap<string, JsonObject>,
  check: Check,
): void {
  const out = new Map<string, string[]>();
  const succeeds = new Set<string>();
  for (const { from, to, on } of edges) {
    if (typeof from !== "string" || typeof to !== "string" || !byId.has(to)) continue;
    out.set(from, [...(out.get(from) ?? []), to]);
    if (on === undefined || on === "success" || on === "approved") succeeds.add(from);
  }
  const graph: Graph = { nodes: [...byId.keys()], next: (node) => out.get(node) ?? [] };
  const reached = new Set([start, ...reachable(graph, start)]);
  const ends = (id: string) => byId.get(id)?.["type"] === "end" || !succeeds.has(id);
  for (const [index, node] of nodes.entries()) {
    const id = node["id"];
    if (typeof id !== "string" || byId.get(id) !== node) continue;
    const path = `nodes[${index}]`;
    if (!reached.has(id)) {
      const text = `nothing leads to "${id}" from the start`;
      check.error(path, "UNREACHABLE_NODE", text);
    } else if (!ends(id) && ![...reachable(graph, id)].some(ends)) {
      check.error(path, "NO_WAY_TO_END", `no path leads from "${id}" to an end`);
    }
    checkJoin(node, `${path}.join`, start, graph, byId, check);
  }
}

function checkJoin(
  node: JsonObject,
  path: string,
  start: string,
  graph: Graph,
  byId: ReadonlyMap<string, JsonObject>,
  check: Check,
): void {
  const { join, id } = node;
  if (join === undefined || join === "any" || typeof id !== "string") return;
  const arrivals = graph.nodes.filter((other) => graph.next(other).includes(id));
  if (arrivals.length === 0 && id !== start) {
    check.error(path, "JOIN_UNREACHED", "no edge leads to this join");
  }
  if (!isObject(join)) return;
  const splits = graph.nodes.filter((other) => byId.get(other)?.["split"] === "all");
  if (nearestDominator(graph, start, id, splits) === undefined) {
    const text = 'a counting join needs one node with split: "all" that every path to it passes';
    check.error(path, "JOIN_WITHOUT_SPLIT", text);
  }
}
